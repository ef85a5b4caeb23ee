"""A gateway in memory with Stripe's manners, for properties that need thousands of payments.

What it does is what localstripe and the documents say; the adapter itself is tried against a real process elsewhere."""
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.payments.gateway.port import (
    Card,
    Charge,
    GatewayEvent,
    GatewayUnavailable,
    Intent,
    Payer,
    PaymentRefused,
    Refund,
)

GOOD, DECLINED, ASKS, LOST, AWAY = "pm_good", "pm_declined", "pm_asks", "pm_lost", "pm_away"
_NO_ANSWER = 499  # below 500, so that nobody leaves this gateway alone for a while


class MemoryGateway:
    """Keeps intents and refunds; `LOST` pays but does not answer, `AWAY` neither pays nor answers."""

    def __init__(self) -> None:
        self.intents: dict[str, Intent] = {}
        self.refunds: dict[str, Refund] = {}
        self.lost_refunds = 0
        self._by_key: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def charge(self, charge: Charge, key: str) -> Intent:
        if charge.method_id == AWAY:
            raise GatewayUnavailable("away", "away", _NO_ANSWER)
        if key not in self._by_key:
            status = {DECLINED: "requires_payment_method", ASKS: "requires_action"}.get(charge.method_id, "succeeded")
            made = Intent(f"pi_{next(self._numbers)}", status, charge.amount, charge.currency, "secret",
                          dict(charge.metadata))
            self.intents[made.id] = made
            self._by_key[key] = made.id
        if charge.method_id == LOST:
            raise GatewayUnavailable("lost", "lost", _NO_ANSWER)
        made = self.intents[self._by_key[key]]
        if charge.method_id == DECLINED:
            raise PaymentRefused("Your card was declined.", "card_declined", 402, made.id)
        return made

    def retrieve_intent(self, intent_id: str) -> Intent:
        if intent_id not in self.intents:
            raise PaymentRefused("No such payment_intent", "resource_missing", 404)
        return self.intents[intent_id]

    def find_intents(self, metadata: dict[str, str], since: datetime) -> Sequence[Intent]:
        return [one for one in self.intents.values() if metadata.items() <= one.metadata.items()]

    def cancel_intent(self, intent_id: str) -> Intent:
        intent = self.retrieve_intent(intent_id)
        if intent.status != "succeeded":
            self.intents[intent_id] = replace(intent, status="canceled")
        return self.intents[intent_id]

    def refund(self, intent_id: str, amount: int, currency: str, metadata: dict[str, str], key: str) -> Refund:
        if key not in self._by_key:
            intent = self.retrieve_intent(intent_id)
            given = sum(one.amount for one in self.find_refunds(intent_id) if one.status != "failed")
            if intent.status != "succeeded" or given + amount > intent.amount:
                raise PaymentRefused("more than was paid", "amount_too_large", 400)
            made = Refund(f"re_{next(self._numbers)}", intent_id, amount, intent.currency, "succeeded", dict(metadata))
            self.refunds[made.id] = made
            self._by_key[key] = made.id
        if self.lost_refunds:
            self.lost_refunds -= 1
            raise GatewayUnavailable("lost", "lost", _NO_ANSWER)
        return self.refunds[self._by_key[key]]

    def retrieve_refund(self, refund_id: str) -> Refund:
        return self.refunds[refund_id]

    def find_refunds(self, intent_id: str) -> Sequence[Refund]:
        return [one for one in self.refunds.values() if one.intent_id == intent_id]

    def create_customer(self, payer: Payer, key: str) -> str:
        return f"cus_{payer.user_id}"

    def knows_customer(self, customer_id: str) -> bool:
        return True

    def delete_customer(self, customer_id: str) -> None:
        """Nothing is kept."""

    def attach_card(self, customer_id: str, method_id: str) -> Card:
        return Card(method_id, customer_id, None, None, {})

    def detach_card(self, method_id: str) -> None:
        """Nothing is kept."""

    def list_events(self, since: datetime) -> Sequence[GatewayEvent]:
        return []

    def parse_webhook(self, payload: bytes, signature: str | None) -> GatewayEvent:
        raise NotImplementedError("the real adapter verifies signatures")

    # What payers, banks and people at the dashboard do

    def takes_a_stray_payment(self, order_id: str, amount: int) -> Intent:
        """Take money for an order by a payment that nobody here started."""
        metadata = {"orderId": order_id, "checkoutName": "orderManagementOrder", "attempt": "99"}
        made = Intent(f"pi_{next(self._numbers)}", "succeeded", amount, "USD", "secret", metadata)
        self.intents[made.id] = made
        return made

    def sends_back(self, refund_id: str) -> Refund:
        """Let the payer's bank not take the refund: its money is here again."""
        self.refunds[refund_id] = replace(self.refunds[refund_id], status="failed")
        return self.refunds[refund_id]

    def authenticate(self, intent_id: str, *, success: bool) -> None:
        """Answer the bank's question, if it is still asked."""
        intent = self.intents[intent_id]
        if intent.status == "requires_action":
            self.intents[intent_id] = replace(intent, status="succeeded" if success else "requires_payment_method")
