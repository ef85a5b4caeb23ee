"""What `flask payments` asks of each realm's orders; the commands are the same for both."""
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.actor import Actor
from app.payments.checkout import Checkout
from app.payments.pay import Payment
from blueprints.marketplace.order_management import ledger_entries, paying, queries, settlement
from blueprints.network.profile import premium, premium_checks, premium_inspection, premium_settlement
from blueprints.platform.checkout.inspection import reread
from cli.naming import named_order

Facts = dict[str, Any]


@dataclass(frozen=True)
class RealmPayments:
    """The orders of one realm as the terminal meets them.

    `order` takes what an operator types. `reread`, `refund` and `refund_surplus` take the actor, the order's id and a
    reason; `refund` also an amount in major units, None for all that is left."""

    checkout: Checkout
    order: Callable[[str], Facts]
    differences: Callable[[], list[str]]
    refunds_due: Callable[[], list[Facts]]
    disputes: Callable[..., list[Facts]]
    reread: Callable[..., Payment]
    refund: Callable[..., Payment]
    refund_surplus: Callable[..., Payment]


def _reread_premium(actor: Actor, order_id: str, *, reason: str) -> Payment:
    """Read it anew; that an operator did leaves an entry of the audit by itself (decisions/079)."""
    return reread(premium_settlement.CHECKOUT, actor, order_id)


REALM_PAYMENTS = {
    "marketplace": RealmPayments(
        settlement.CHECKOUT, lambda text: queries.known_order(named_order(text)), ledger_entries.differences,
        queries.refunds_due, queries.disputes, paying.reread_payment,
        partial(paying.refund_order, cancelled_too=True), paying.refund_surplus),
    "network": RealmPayments(
        premium_settlement.CHECKOUT, premium_inspection.known_order, premium_checks.differences,
        premium_inspection.refunds_due, premium_inspection.disputes, _reread_premium, premium.refund_order,
        premium_inspection.refund_surplus),
}
