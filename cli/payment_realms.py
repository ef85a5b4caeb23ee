"""What `flask payments` asks of each realm's orders; the commands are the same for both.

What a command does not ask for is not imported: to list payments is no reason to know how they are made."""
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Protocol

from cli.naming import named_order, named_premium_order

if TYPE_CHECKING:
    from app.actor import Actor
    from app.payments.checkout import Checkout
    from app.payments.pay import Payment
    from app.payments.records import PaymentRefund

Facts = dict[str, Any]
CHECKOUT_NAMES = {"marketplace": "orderManagementOrder", "network": "premiumsubscription"}
"""What the payments of a realm are kept under: to list them, nobody need know what is paid for."""


class RealmPayments(Protocol):
    """The orders of one realm as the terminal meets them; who requests a refund here asks no gateway."""

    @property
    def checkout(self) -> "Checkout":
        """How the orders are paid."""

    def order(self, text: str) -> Facts:
        """Return the order that an operator names; raises NotFound."""

    def found(self, text: str, limit: int) -> Collection[str]:
        """Return the ids of the orders that the text names, or of whom it names, at most so many."""

    def differences(self) -> list[str]:
        """Return where orders and payments do not agree, a sentence each."""

    def refunds_due(self) -> list[Facts]:
        """Return the orders whose money should go back."""

    def disputes(self, *, closed_too: bool = False, order_id: str | None = None) -> list[Facts]:
        """Return what banks take back, of all orders or of one."""

    def reread(self, actor: "Actor", order_id: str, *, reason: str) -> "Payment":
        """Read an order's payment anew from the gateway."""

    def request_refund(self, actor: "Actor", order_id: str, **terms: Any) -> "PaymentRefund":
        """Request that `amount` in major units goes back, None for all that is left."""

    def request_surplus(self, actor: "Actor", order_id: str, *, reason: str) -> "PaymentRefund":
        """Request that what was paid too much goes back."""


def payments_of(realm: str) -> RealmPayments:
    """Return what `flask payments` asks of the orders of a realm."""
    return _OF_REALM[realm]


class _Goods:
    """Orders of the marketplace."""

    @property
    def checkout(self) -> "Checkout":
        from blueprints.marketplace.order_management.settlement import CHECKOUT

        return CHECKOUT

    def order(self, text: str) -> Facts:
        from blueprints.marketplace.order_management.queries import known_order

        return known_order(named_order(text))

    def found(self, text: str, limit: int) -> Collection[str]:
        from blueprints.marketplace.order_management.inspection import orders_meant

        return orders_meant(text, limit)

    def differences(self) -> list[str]:
        from blueprints.marketplace.order_management.ledger_entries import differences

        return differences()

    def refunds_due(self) -> list[Facts]:
        from blueprints.marketplace.order_management.dues import refunds_due

        return refunds_due()

    def disputes(self, **which: Any) -> list[Facts]:
        from blueprints.marketplace.order_management.dues import disputes

        return disputes(**which)

    def reread(self, actor: "Actor", order_id: str, *, reason: str) -> "Payment":
        from blueprints.marketplace.order_management.paying import reread_payment

        return reread_payment(actor, order_id, reason=reason)

    def request_refund(self, actor: "Actor", order_id: str, **terms: Any) -> "PaymentRefund":
        from blueprints.marketplace.order_management.refunds import request_order_refund

        return request_order_refund(actor, order_id, cancelled_too=True, **terms)

    def request_surplus(self, actor: "Actor", order_id: str, *, reason: str) -> "PaymentRefund":
        from blueprints.marketplace.order_management.refunds import request_surplus_refund

        return request_surplus_refund(actor, order_id, reason=reason)


class _Premium:
    """Orders of premium, in the network."""

    @property
    def checkout(self) -> "Checkout":
        from blueprints.network.profile.premium_settlement import CHECKOUT

        return CHECKOUT

    def order(self, text: str) -> Facts:
        from blueprints.network.profile.premium_inspection import known_order

        return known_order(named_premium_order(text))

    def found(self, text: str, limit: int) -> Collection[str]:
        from blueprints.network.profile.premium_inspection import find_orders

        return find_orders(text, limit)

    def differences(self) -> list[str]:
        from blueprints.network.profile.premium_checks import differences

        return differences()

    def refunds_due(self) -> list[Facts]:
        from blueprints.network.profile.premium_inspection import refunds_due

        return refunds_due()

    def disputes(self, **which: Any) -> list[Facts]:
        from blueprints.network.profile.premium_inspection import disputes

        return disputes(**which)

    def reread(self, actor: "Actor", order_id: str, *, reason: str) -> "Payment":
        from blueprints.network.profile.premium_inspection import reread_payment

        return reread_payment(actor, order_id, reason=reason)

    def request_refund(self, actor: "Actor", order_id: str, **terms: Any) -> "PaymentRefund":
        from blueprints.network.profile.premium import request_order_refund

        return request_order_refund(actor, order_id, **terms)

    def request_surplus(self, actor: "Actor", order_id: str, *, reason: str) -> "PaymentRefund":
        from blueprints.network.profile.premium_inspection import request_surplus

        return request_surplus(actor, order_id, reason=reason)


_OF_REALM: dict[str, RealmPayments] = {"marketplace": _Goods(), "network": _Premium()}
