"""The payment gateway port on Stripe, and on localstripe when an API base is set.

Imported on first use only: the Stripe library is large, and most requests never need it."""
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import stripe

from app.data.money import least_step
from app.payments.gateway.port import (
    HANDLED_EVENTS,
    Card,
    Charge,
    Dispute,
    GatewayEvent,
    GatewayUnavailable,
    Intent,
    InvalidWebhook,
    Payer,
    PaymentRefused,
    Refund,
)

log = logging.getLogger(__name__)

CONNECT_SECONDS = 3.0
WEBHOOK_TOLERANCE_SECONDS = 300
LOOKED_THROUGH_AT_MOST = 10_000
METHOD_ID = re.compile(r"(?:pm|card|src)_[A-Za-z0-9_]{1,250}")
CARD_FACTS = ("brand", "last4", "checks", "funding", "exp_month", "exp_year")
# localstripe refuses parameters it does not know; Stripe does without them too (components.md).
UNKNOWN_TO_LOCALSTRIPE = ("return_url", "description", "created")
# Test cards of Stripe's that localstripe does not know or pays with: what declines there at the same step. One that
# asks for action has no name there, only a number (rules-marketplace §7.5).
LIKE_AT_LOCALSTRIPE = {
    "attach": {"pm_card_chargeDeclined": "pm_card_visa_chargeDeclined"},
    "charge": dict.fromkeys(("pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"), "pm_card_chargeCustomerFail")}
ASKS_FOR_ACTION, ITS_NUMBER = "pm_card_authenticationRequired", "4000002500003155"
# Of an event's subject: a secret, and what is written about a buyer for a bank to read.
NOT_KEPT = ("client_secret", "evidence")
# Stripe's unit where it is not ISO 4217's (docs.stripe.com/currencies, special cases): times, divided by.
UNIT_AT_STRIPE = {"ISK": (100, 1), "UGX": (100, 1), "MGA": (1, 100)}


class StripeGateway:
    """Stripe behind the port; one per process, safe for threads."""

    def __init__(self, secret_key: str, webhook_secret: str, *, api_base: str = "", timeout_seconds: float = 10.0,
                 retries: int = 1) -> None:
        self._webhook_secret = webhook_secret
        self._is_local = bool(api_base)
        self._client = stripe.StripeClient(
            secret_key, base_addresses={"api": api_base} if api_base else {},
            http_client=stripe.RequestsClient(timeout=(min(CONNECT_SECONDS, timeout_seconds), timeout_seconds)),
            max_network_retries=retries).v1

    def create_customer(self, payer: Payer, key: str) -> str:
        """Open a customer for the payer and return its id."""
        parameters = {"email": payer.email, "name": payer.fullname,
                      "metadata": {"realm": payer.realm, "userId": payer.user_id}}
        with _translated():
            return str(self._client.customers.create(self._known(parameters), {"idempotency_key": key}).id)

    def knows_customer(self, customer_id: str) -> bool:
        """Return whether the customer is there and not deleted."""
        try:
            with _translated():
                found = self._client.customers.retrieve(customer_id).to_dict()
        except PaymentRefused as refused:
            if refused.code == "resource_missing":
                return False
            raise
        return not found.get("deleted")

    def delete_customer(self, customer_id: str) -> None:
        """Forget the customer with name, e-mail and cards, but not what was paid; one that is gone is no error."""
        try:
            with _translated():
                self._client.customers.delete(customer_id)
        except PaymentRefused as refused:
            if refused.code != "resource_missing":
                raise

    def attach_card(self, customer_id: str, method_id: str) -> Card:
        """Keep a card for the customer; a declined card is refused here already."""
        with _translated():
            card_id = self._card_id(method_id, "attach")
            return _card(self._client.payment_methods.attach(card_id, {"customer": customer_id}).to_dict())

    def detach_card(self, method_id: str) -> None:
        """Forget a kept card."""
        with _translated():
            self._client.payment_methods.detach(_sound(method_id))

    def charge(self, charge: Charge, key: str) -> Intent:
        """Create and confirm a payment in one step; only cards, so no redirect page is needed."""
        parameters = {"amount": _at_stripe(charge.amount, charge.currency), "currency": charge.currency.lower(),
                      "customer": charge.customer_id, "payment_method_types": ["card"], "confirm": True,
                      "description": charge.description, "metadata": charge.metadata, "return_url": charge.return_url}
        with _translated():
            parameters["payment_method"] = self._card_id(charge.method_id, "charge")
            made = self._client.payment_intents.create(self._known(parameters), {"idempotency_key": key})
            return _intent(made.to_dict())

    def retrieve_intent(self, intent_id: str) -> Intent:
        """Return the payment as it is now."""
        with _translated():
            return _intent(self._client.payment_intents.retrieve(intent_id).to_dict())

    def find_intents(self, metadata: dict[str, str], since: datetime) -> Sequence[Intent]:
        """Return the payments made since then whose metadata has all these entries, oldest first."""
        parameters = {"limit": 100, "created": {"gte": int(since.timestamp())}}
        with _translated():
            listed = self._client.payment_intents.list(self._known(parameters)).auto_paging_iter()
            found = [_intent(one.to_dict()) for one in islice(listed, LOOKED_THROUGH_AT_MOST)
                     if metadata.items() <= _entries(one.metadata).items()]
        return found if self._is_local else found[::-1]

    def cancel_intent(self, intent_id: str) -> Intent:
        """Cancel a payment that is not final; one that already is comes back as it is."""
        try:
            with _translated():
                return _intent(self._client.payment_intents.cancel(intent_id).to_dict())
        except PaymentRefused as refused:
            if refused.status == 404:
                raise
            return self.retrieve_intent(intent_id)

    def refund(self, intent_id: str, amount: int, currency: str, metadata: dict[str, str], key: str) -> Refund:
        """Give back `amount` minor units of a payment, which was in that currency."""
        parameters = {"payment_intent": intent_id, "amount": _at_stripe(amount, currency), "metadata": metadata}
        with _translated():
            return _refund(self._client.refunds.create(self._known(parameters), {"idempotency_key": key}).to_dict())

    def retrieve_refund(self, refund_id: str) -> Refund:
        """Return the refund as it is now."""
        with _translated():
            return _refund(self._client.refunds.retrieve(refund_id).to_dict())

    def find_refunds(self, intent_id: str) -> Sequence[Refund]:
        """Return everything given back of a payment."""
        with _translated():
            listed = self._client.refunds.list({"payment_intent": intent_id, "limit": 100})
            return [_refund(one.to_dict()) for one in listed.auto_paging_iter()]

    def list_events(self, since: datetime) -> Sequence[GatewayEvent]:
        """Return the handled events that were sent since then, oldest first, whether they arrived or not."""
        parameters = {"limit": 100, "created": {"gte": int(since.timestamp())}, "types": sorted(HANDLED_EVENTS)}
        if self._is_local:
            del parameters["types"]
        with _translated():
            listed = self._client.events.list(parameters).auto_paging_iter()  # type: ignore[arg-type]
            plain = [one.to_dict() for one in islice(listed, LOOKED_THROUGH_AT_MOST)]
        found = [_event(one) for one in plain if one["type"] in HANDLED_EVENTS]
        return sorted(found, key=lambda event: event.created)

    def parse_webhook(self, payload: bytes, signature: str | None) -> GatewayEvent:
        """Return the event of a raw request body; raises InvalidWebhook unless the signature is right and fresh."""
        try:
            stripe.WebhookSignature.verify_header(payload, signature, self._webhook_secret, WEBHOOK_TOLERANCE_SECONDS)
        except (stripe.SignatureVerificationError, UnicodeDecodeError, TypeError) as fault:
            raise InvalidWebhook("The Stripe signature is missing, wrong or too old") from fault
        try:
            return _event(json.loads(payload))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError) as fault:
            raise InvalidWebhook("The body is no Stripe event") from fault

    def _card_id(self, method_id: str, step: str) -> str:
        """Return the id of a card if it can be one; at localstripe, of one that does there what Stripe's does."""
        if self._is_local and method_id == ASKS_FOR_ACTION:
            card: Any = {"number": ITS_NUMBER, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
            return str(self._client.payment_methods.create({"type": "card", "card": card}).id)
        return _sound(LIKE_AT_LOCALSTRIPE[step].get(method_id, method_id) if self._is_local else method_id)

    def _known(self, parameters: dict[str, Any]) -> Any:
        unknown = UNKNOWN_TO_LOCALSTRIPE if self._is_local else ()
        return {name: value for name, value in parameters.items() if value is not None and name not in unknown}


@contextmanager
def _translated() -> Iterator[None]:
    """Turn Stripe's errors into the port's two kinds: refused for certain, or not known."""
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        raise PaymentRefused(error.user_message or "refused", error.code or _refusal_code(error.http_status),
                             error.http_status or 400, _intent_of_error(error)) from error
    except stripe.StripeError as error:
        log.warning("payment gateway unavailable: %s %s %s %s", type(error).__name__, error.http_status, error.code,
                    error.user_message)  # which may name our hosts or our key: not for payers
        raise GatewayUnavailable("The payment gateway does not answer", error.code or "gateway_unavailable",
                                 error.http_status or 503) from error
    except ValueError as error:
        raise PaymentRefused(str(error), "invalid_request", 400) from error


def _sound(method_id: str) -> str:
    """Return the id of a card if it can be one, so that nothing else reaches the gateway's paths."""
    if not METHOD_ID.fullmatch(method_id):
        raise PaymentRefused("No such payment method", "resource_missing", 404)
    return method_id


def _at_stripe(minor: int, currency: str) -> int:
    if minor % least_step(currency):  # a row from before such prices were refused
        raise PaymentRefused(f"Payments in {currency} are made in coarser steps", "invalid_amount", 400)
    times, divided_by = UNIT_AT_STRIPE.get(currency, (1, 1))
    return minor * times // divided_by


def _minor(amount: int, currency: str) -> int:
    times, divided_by = UNIT_AT_STRIPE.get(currency, (1, 1))
    return amount * divided_by // times


def _refusal_code(status: int | None) -> str:
    return "resource_missing" if status == 404 else "invalid_request"


def _intent_of_error(error: stripe.StripeError) -> str | None:
    described = error.json_body.get("error", {}) if isinstance(error.json_body, dict) else {}
    intent = described.get("payment_intent") if isinstance(described, dict) else None
    return intent.get("id") if isinstance(intent, dict) else None


def _entries(metadata: Any) -> dict[str, str]:
    plain = metadata.to_dict() if hasattr(metadata, "to_dict") else metadata
    return {str(name): str(value) for name, value in (plain or {}).items()}


def _intent(data: Mapping[str, Any]) -> Intent:
    fault, currency = data.get("last_payment_error") or {}, data["currency"].upper()
    return Intent(id=data["id"], status=data["status"], amount=_minor(data["amount"], currency), currency=currency,
                  client_secret=data.get("client_secret"), metadata=_entries(data.get("metadata")),
                  error_code=fault.get("decline_code") or fault.get("code"), error_message=fault.get("message"))


def _refund(data: Mapping[str, Any]) -> Refund:
    currency = data["currency"].upper()
    return Refund(id=data["id"], intent_id=_id_of(data.get("payment_intent")),
                  amount=_minor(data["amount"], currency), currency=currency, status=data.get("status") or "pending",
                  metadata=_entries(data.get("metadata")))


def _dispute(data: Mapping[str, Any]) -> Dispute:
    currency, due = data["currency"].upper(), (data.get("evidence_details") or {}).get("due_by")
    return Dispute(id=data["id"], amount=_minor(data["amount"], currency), currency=currency, status=data["status"],
                   reason=data.get("reason"), answer_until=datetime.fromtimestamp(int(due), UTC) if due else None)


def _card(data: Mapping[str, Any]) -> Card:
    card, billing = data.get("card") or {}, data.get("billing_details") or {}
    info = {name: card[name] for name in CARD_FACTS if name in card}
    return Card(method_id=data["id"], customer_id=_id_of(data.get("customer")), holder_name=billing.get("name"),
                holder_zip=(billing.get("address") or {}).get("postal_code"), info=info)


def _id_of(reference: Any) -> str | None:
    """Return the id of what Stripe gives as an id or, expanded, as an object."""
    return reference.get("id") if isinstance(reference, Mapping) else reference


def _event(data: Mapping[str, Any]) -> GatewayEvent:
    subject = data["data"]["object"]
    kind = subject.get("object")
    intent = _intent(subject) if kind == "payment_intent" else None
    refund = _refund(subject) if kind == "refund" else None
    dispute = _dispute(subject) if kind == "dispute" else None
    intent_id = intent.id if intent else _id_of(subject.get("payment_intent"))
    created = datetime.fromtimestamp(int(data["created"]), UTC)
    shown = {name: value for name, value in subject.items() if name not in NOT_KEPT}
    return GatewayEvent(id=str(data["id"]), type=str(data["type"]), created=created, intent=intent, refund=refund,
                        dispute=dispute, intent_id=intent_id, raw={**data, "data": {"object": shown}})
