"""The port to a payment gateway: what the checkout flow may ask of one, in our own words.

A refusal says that no money moved; an unavailable gateway says that nobody knows, so the outcome must be looked up."""
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from app.clock import now
from app.data.columns import iso


class PaymentGateError(Exception):
    """The gateway did not do what was asked; `code` is its own word for why, `status` its HTTP status."""

    def __init__(self, message: str, code: str, status: int = 500, intent_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.intent_id = intent_id

    def serialized(self) -> dict[str, Any]:
        """Return the `paymentResult` of a caught gateway error (rules-marketplace §7.3)."""
        return {"result": "ERR", "status": 500, "message": f"Stripe error message: {self.message}",
                "errCode": self.code, "date": iso(now()), "success": False}


class PaymentRefused(PaymentGateError):
    """The gateway answered no: a declined card, an unknown card, an amount it does not take. No money moved."""


class GatewayUnavailable(PaymentGateError):
    """No usable answer: down, slow, throttled, an error of its own, our key refused. Money may have moved."""


class InvalidWebhook(Exception):
    """A webhook without a valid, fresh signature, or one that is no event at all."""


@dataclass(frozen=True, slots=True)
class Payer:
    """The person a gateway customer is opened for."""

    realm: str
    user_id: str
    email: str | None = None
    fullname: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A card kept at the gateway; `info` is brand, last4, funding, exp_month, exp_year and checks when known."""

    method_id: str
    customer_id: str | None
    holder_name: str | None
    holder_zip: str | None
    info: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Charge:
    """One attempt to be paid: `amount` in minor units of `currency`; metadata comes back with every webhook."""

    amount: int
    currency: str
    method_id: str
    customer_id: str | None = None
    description: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    return_url: str | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """What the gateway says of one payment; `status` is Stripe's word, `amount` in minor units of `currency`."""

    id: str
    status: str
    amount: int
    currency: str
    client_secret: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """What the gateway says of money given back; `status` is Stripe's: pending, succeeded, failed, canceled, …"""

    id: str
    intent_id: str | None
    amount: int
    currency: str
    status: str
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dispute:
    """What the gateway says of a payment that its bank takes back; `status` and `reason` are Stripe's words.

    `answer_until` is when evidence must be there, None when none is wanted."""

    id: str
    amount: int
    currency: str
    status: str
    reason: str | None = None
    answer_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """A verified webhook: its unique id, what it is about, and the state it carried when it was sent."""

    id: str
    type: str
    created: datetime
    intent: Intent | None = None
    refund: Refund | None = None
    dispute: Dispute | None = None
    intent_id: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_handled(self) -> bool:
        """True for the kinds of event the checkout flow knows what to do with."""
        return self.type in HANDLED_EVENTS


INTENT_EVENTS = frozenset({
    "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled",
    "payment_intent.processing", "payment_intent.requires_action"})
REFUND_EVENTS = frozenset({
    "refund.created", "refund.updated", "refund.failed", "charge.refund.updated", "charge.refunded"})
DISPUTE_EVENTS = frozenset({
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated"})
HANDLED_EVENTS = INTENT_EVENTS | REFUND_EVENTS | DISPUTE_EVENTS


class PaymentGateway(Protocol):
    """What the flow needs of a gateway. Every call may raise PaymentRefused or GatewayUnavailable.

    `key` is the idempotency key: the same call with the same key happens once, however often it is sent."""

    def create_customer(self, payer: Payer, key: str) -> str:
        """Open a customer for the payer and return its id."""

    def knows_customer(self, customer_id: str) -> bool:
        """Return whether the customer is there and not deleted."""

    def delete_customer(self, customer_id: str) -> None:
        """Forget the customer with name, e-mail and cards, but not what was paid; one that is gone is no error."""

    def attach_card(self, customer_id: str, method_id: str) -> Card:
        """Keep a card for the customer; a declined card is refused here already."""

    def detach_card(self, method_id: str) -> None:
        """Forget a kept card."""

    def charge(self, charge: Charge, key: str) -> Intent:
        """Create and confirm a payment in one step."""

    def retrieve_intent(self, intent_id: str) -> Intent:
        """Return the payment as it is now."""

    def find_intents(self, metadata: dict[str, str], since: datetime) -> Sequence[Intent]:
        """Return the payments made since then whose metadata has all these entries, oldest first."""

    def cancel_intent(self, intent_id: str) -> Intent:
        """Cancel a payment that is not final; one that already is comes back as it is."""

    def refund(self, intent_id: str, amount: int, currency: str, metadata: dict[str, str], key: str) -> Refund:
        """Give back `amount` minor units of a payment, which was in that currency."""

    def retrieve_refund(self, refund_id: str) -> Refund:
        """Return the refund as it is now."""

    def find_refunds(self, intent_id: str) -> Sequence[Refund]:
        """Return everything given back of a payment."""

    def list_events(self, since: datetime) -> Sequence[GatewayEvent]:
        """Return the handled events that were sent since then, oldest first, whether they arrived or not."""

    def parse_webhook(self, payload: bytes, signature: str | None) -> GatewayEvent:
        """Return the event of a raw request body; raises InvalidWebhook unless the signature is right and fresh."""
