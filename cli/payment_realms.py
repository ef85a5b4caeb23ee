"""What `flask payments` asks of each realm's orders; the commands are the same for both.

What a command does not ask for is not imported: to list payments is no reason to know how they are made."""
from collections.abc import Callable, Collection, Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from cli.naming import named_order, named_premium_order

if TYPE_CHECKING:
    from app.actor import Actor
    from app.payments.checkout import Checkout
    from app.payments.pay import Payment
    from app.payments.records import PaymentRefund

Facts = dict[str, Any]
CHECKOUT_NAMES = {"marketplace": "orderManagementOrder", "network": "premiumsubscription"}
"""What the payments of a realm are kept under: to list them, nobody need know what is paid for."""


class RealmPayments:
    """The orders of one realm as the terminal meets them; who requests a refund here asks no gateway."""

    def __init__(self, named: Callable[[str], str], places: Mapping[str, str], **refund_terms: Any) -> None:
        self._named, self._places, self._refund_terms = named, places, refund_terms

    @property
    def checkout(self) -> "Checkout":
        """How the orders are paid."""
        return self._of_service("checkout")

    def order(self, text: str) -> Facts:
        """Return the order that an operator names; raises NotFound."""
        return self._of_service("order")(self._named(text))

    def found(self, text: str, limit: int) -> Collection[str]:
        """Return the ids of the orders that the text names, or of whom it names, at most so many."""
        return self._of_service("found")(text, limit)

    def differences(self) -> list[str]:
        """Return where orders and payments do not agree, a sentence each."""
        return self._of_service("differences")()

    def refunds_due(self) -> list[Facts]:
        """Return the orders whose money should go back."""
        return self._of_service("refunds_due")()

    def disputes(self, *, closed_too: bool = False, order_id: str | None = None) -> list[Facts]:
        """Return what banks take back, of all orders or of one."""
        return self._of_service("disputes")(closed_too=closed_too, order_id=order_id)

    def reread(self, actor: "Actor", order_id: str, *, reason: str) -> "Payment":
        """Read an order's payment anew from the gateway."""
        return self._of_service("reread")(actor, order_id, reason=reason)

    def request_refund(self, actor: "Actor", order_id: str, **terms: Any) -> "PaymentRefund":
        """Request that `amount` in major units goes back, None for all that is left."""
        return self._of_service("request_refund")(actor, order_id, **self._refund_terms, **terms)

    def request_surplus(self, actor: "Actor", order_id: str, *, reason: str) -> "PaymentRefund":
        """Request that what was paid too much goes back."""
        return self._of_service("request_surplus")(actor, order_id, reason=reason)

    def _of_service(self, name: str) -> Any:
        return resolve_name(self._places[name])


def payments_of(realm: str) -> RealmPayments:
    """Return what `flask payments` asks of the orders of a realm."""
    return _OF_REALM[realm]


_ORDERS, _PREMIUM = "blueprints.marketplace.order_management", "blueprints.network.profile"
_OF_REALM = {
    "marketplace": RealmPayments(named_order, {
        "checkout": f"{_ORDERS}.settlement:CHECKOUT",
        "order": f"{_ORDERS}.queries:known_order",
        "found": f"{_ORDERS}.inspection:orders_meant",
        "differences": f"{_ORDERS}.ledger_entries:differences",
        "refunds_due": f"{_ORDERS}.dues:refunds_due",
        "disputes": f"{_ORDERS}.dues:disputes",
        "reread": f"{_ORDERS}.paying:reread_payment",
        "request_refund": f"{_ORDERS}.refunds:request_order_refund",
        "request_surplus": f"{_ORDERS}.refunds:request_surplus_refund",
    }, cancelled_too=True),
    "network": RealmPayments(named_premium_order, {
        "checkout": f"{_PREMIUM}.premium_settlement:CHECKOUT",
        "order": f"{_PREMIUM}.premium_inspection:known_order",
        "found": f"{_PREMIUM}.premium_inspection:find_orders",
        "differences": f"{_PREMIUM}.premium_checks:differences",
        "refunds_due": f"{_PREMIUM}.premium_inspection:refunds_due",
        "disputes": f"{_PREMIUM}.premium_inspection:disputes",
        "reread": f"{_PREMIUM}.premium_inspection:reread_payment",
        "request_refund": f"{_PREMIUM}.premium:request_order_refund",
        "request_surplus": f"{_PREMIUM}.premium_inspection:request_surplus",
    }),
}
"""Where each service has what is asked, `module:name`: it is imported when it is asked for."""
