"""What a service tells the checkout flow about its own order object; the flow itself knows no marketplace.

The flow decides when an order is paid, failed or refunded, under the order's lock; the service says what that means."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, select

from app.actor import Actor
from app.data.entity import Entity
from app.data.person_rows import MOST_OBLIGATIONS, Person
from app.data.reads import fetch
from app.identity.access import Predicate, staff
from app.payments.gateway_records import PaymentDispute
from app.payments.records import PaymentAttempt, PaymentRefund
from app.payments.states import UNSETTLED_STATES
from app.runtime import runtime

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

Order = Any
"""The service's own order, whatever its class: the locked entity, or a plain row with the same attributes."""


def _nothing(*_: object) -> None:
    """What a checkout does that has nothing to add."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What one order asks for: `amount` in minor units of `currency`, from whom, and the words on the receipt."""

    amount: int
    currency: str
    payer_id: str
    description: str


@dataclass(frozen=True)
class Checkout:
    """One kind of order that is paid. Every `on_…` runs in the transaction that holds the order's lock.

    `bill` stays the same while a payment is open: money of another amount goes back.
    `accepts_payment`: money that arrives is the order's. `wants_payment`: besides, more may be done to get it; an
    order whose time is up wants no more, but what was paid in the last moment is still its own.
    `may_be_sold`: its payer and its sellers may trade now; money that arrives while they may not goes back."""

    name: str
    label: str
    realm: str
    order: type[Entity]
    reference: type[Entity]
    customer: type[Entity]
    method: type[Entity]
    topics: Mapping[str, str]
    bill: Callable[[Order], Bill]
    default_method: Callable[[Order], str | None]
    refuse_unpayable: Callable[[Order], None]
    accepts_payment: Callable[[Order], bool]
    wants_payment: Callable[[Order], bool]
    may_be_sold: Callable[[Order], bool]
    on_started: Callable[["UnitOfWork", Order, PaymentAttempt], None]
    on_paid: Callable[["UnitOfWork", Order, PaymentAttempt], None]
    on_unpaid: Callable[["UnitOfWork", Order, PaymentAttempt], None]
    on_surplus: Callable[["UnitOfWork", Order, PaymentAttempt], None]
    on_refunded: Callable[["UnitOfWork", Order, PaymentAttempt, PaymentRefund], None]
    on_refund_lost: Callable[["UnitOfWork", Order, PaymentAttempt, PaymentRefund], None]
    on_disputed: Callable[["UnitOfWork", Order, PaymentDispute, bool], None]
    """A dispute began, moved or ended; the flag says that its status changed, not only where the money is."""
    lock_first: Callable[["UnitOfWork", str], None] = _nothing
    """Locks what decides over several orders of one payer, before the order with that id is locked."""
    key_prefix: str = ""
    """Before an order's id in what the gateway does once: the order of another realm may have the same id."""
    overseers: Predicate = staff
    """Who sees everybody's payments, customers and cards, and corrects references by hand."""
    on_corrected: Callable[[Actor, str, str], object] = _nothing
    """A reference of this order was written by hand, in that transaction: what was done, for the record of it."""

    def metadata(self, attempt: PaymentAttempt) -> dict[str, str]:
        """Return what comes back with every webhook of the attempt (§7.3)."""
        return {"order": self.label, "orderId": attempt.order_id, "checkoutName": self.name,
                "attempt": str(attempt.number)}

    def may_start(self, actor: Actor, order: Order) -> bool:
        """Return whether the actor may pay this order: its payer, or a superAdmin for them."""
        return actor.is_super_admin or actor.is_user(self.bill(order).payer_id)

    def may_look(self, actor: Actor, order: Order) -> bool:
        """Return whether the actor may have the payment looked up: its payer or who oversees payments."""
        return self.overseers(actor) or actor.is_user(self.bill(order).payer_id)


class Checkouts(dict[str, Checkout]):
    """The kinds of orders that one application takes payments for, by name."""


def checkout_named(name: str) -> Checkout | None:
    """Return the checkout of that name."""
    return runtime().part(Checkouts).get(name)


def checkouts() -> list[Checkout]:
    """Return all checkouts."""
    return list(runtime().part(Checkouts).values())


def open_payments_of(realm: str, user_id: str) -> list[str]:
    """Return the payments of a person that are under way, and those that a bank takes back, a sentence each."""
    own = attempts_of(Person(realm, user_id))
    under_way = fetch(select(PaymentAttempt.order_id).where(own, PaymentAttempt.state.in_(UNSETTLED_STATES))
                      .distinct().limit(MOST_OBLIGATIONS))
    disputed = fetch(select(PaymentDispute.id, PaymentDispute.order_id).join(PaymentAttempt, and_(
        PaymentAttempt.checkout == PaymentDispute.checkout, PaymentAttempt.order_id == PaymentDispute.order_id)).where(
        own, PaymentDispute.closed_at.is_(None)).distinct().limit(MOST_OBLIGATIONS))
    return [*(f"a payment of order {row.order_id} is under way" for row in under_way),
            *(f"dispute {row.id} of order {row.order_id} is open" for row in disputed)]


def attempts_of(person: Person) -> ColumnElement[bool]:
    """Return the condition of a person's attempts to pay, in the realm the person is of: an export has them."""
    here = [name for name, checkout in runtime().part(Checkouts).items() if checkout.realm == person.realm]
    return and_(PaymentAttempt.user_id == person.id, PaymentAttempt.checkout.in_(here))
