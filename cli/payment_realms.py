"""What `flask payments` asks of each realm's orders; the commands are the same for both."""
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cli.naming import named_order, named_premium_order

if TYPE_CHECKING:
    from app.payments.checkout import Checkout
    from app.payments.pay import Payment
    from app.payments.records import PaymentRefund

Facts = dict[str, Any]


@dataclass(frozen=True)
class RealmPayments:
    """The orders of one realm as the terminal meets them.

    `order` takes what an operator types, `found` the same or whose they are, and how many at most: it returns ids.
    `reread`, `request_refund` and `request_surplus` take the actor, the order's
    id and a reason; `request_refund` also an amount in major units, None for all that is left. What requests a refund
    asks no gateway."""

    checkout: "Checkout"
    order: Callable[[str], Facts]
    found: Callable[[str, int], Collection[str]]
    differences: Callable[[], list[str]]
    refunds_due: Callable[[], list[Facts]]
    disputes: Callable[..., list[Facts]]
    reread: "Callable[..., Payment]"
    request_refund: "Callable[..., PaymentRefund]"
    request_surplus: "Callable[..., PaymentRefund]"


CHECKOUT_NAMES = {"marketplace": "orderManagementOrder", "network": "premiumsubscription"}
"""What the payments of a realm are kept under: to list them, nobody need know what is paid for."""


def payments_of(realm: str) -> RealmPayments:
    """Return what `flask payments` asks of the orders of a realm."""
    return _OF_REALM[realm]()


def _goods() -> RealmPayments:
    from blueprints.marketplace.order_management import (
        inspection,
        ledger_entries,
        paying,
        queries,
        refunds,
        settlement,
    )

    return RealmPayments(
        settlement.CHECKOUT, lambda text: queries.known_order(named_order(text)),
        inspection.orders_meant, ledger_entries.differences,
        queries.refunds_due, queries.disputes, paying.reread_payment,
        partial(refunds.request_order_refund, cancelled_too=True), refunds.request_surplus_refund)


def _premium() -> RealmPayments:
    from blueprints.network.profile import premium, premium_checks, premium_inspection, premium_settlement

    return RealmPayments(
        premium_settlement.CHECKOUT, lambda text: premium_inspection.known_order(named_premium_order(text)),
        premium_inspection.find_orders, premium_checks.differences, premium_inspection.refunds_due,
        premium_inspection.disputes, premium_inspection.reread_payment, premium.request_order_refund,
        premium_inspection.request_surplus)


_OF_REALM = {"marketplace": _goods, "network": _premium}
