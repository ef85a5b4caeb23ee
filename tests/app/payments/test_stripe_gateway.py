"""The Stripe adapter against a real localstripe process."""
import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from stripe import WebhookSignature

from app.clock import now
from app.payments.gateway.port import Charge, GatewayUnavailable, InvalidWebhook, Payer, PaymentRefused
from app.payments.gateway.stripe import StripeGateway
from tests.app.payments.stand_in import (
    DECLINED_AT_ATTACH,
    DECLINED_AT_CHARGE,
    SECRET_KEY,
    VISA,
    WEBHOOK_SECRET,
    FlakyGateway,
    LocalStripe,
)
from tests.components import wait_until

MADE = "/v1/payment_intents"


def charge_of(method_id: str, order_id: str | None = None, **others) -> Charge:
    metadata = {"orderId": order_id or str(uuid.uuid4()), "checkoutName": "orderManagementOrder"}
    return Charge(10_500, "USD", method_id, description="Order #1", metadata=metadata, return_url="https://x", **others)


def a_key() -> str:
    return f"{uuid.uuid4()}-1"


def a_customer(gateway: StripeGateway) -> str:
    return gateway.create_customer(Payer("marketplace", str(uuid.uuid4()), "ann@example.com", "Ann"), a_key())


class TestRefusals:
    def test_a_card_declined_at_attach_is_refused_with_the_gateways_code(self, gateway):
        with pytest.raises(PaymentRefused) as refusal:
            gateway.attach_card(a_customer(gateway), DECLINED_AT_ATTACH)
        assert (refusal.value.code, refusal.value.message) == ("card_declined", "Your card was declined.")

    @pytest.mark.parametrize("name", ["pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"])
    def test_stripes_declined_card_is_declined_by_localstripe_too_at_either_step(self, gateway, name):
        with pytest.raises(PaymentRefused) as at_attach:
            gateway.attach_card(a_customer(gateway), name)
        with pytest.raises(PaymentRefused) as at_charge:
            gateway.charge(charge_of(name), a_key())
        assert at_attach.value.code == at_charge.value.code == "card_declined"

    def test_a_card_declined_at_the_charge_is_refused_and_takes_no_money(self, gateway, localstripe):
        charge = charge_of(DECLINED_AT_CHARGE)
        with pytest.raises(PaymentRefused) as refusal:
            gateway.charge(charge, a_key())
        assert refusal.value.code == "card_declined"
        assert [one["status"] for one in localstripe.intents(**charge.metadata)] == ["requires_payment_method"]

    def test_an_unknown_card_is_refused(self, gateway):
        with pytest.raises(PaymentRefused) as refusal:
            gateway.charge(charge_of("pm_nowhere"), a_key())
        assert refusal.value.code == "resource_missing"

    @pytest.mark.parametrize("method_id", ["", "nonsense", "../customers", "pm_1/attach", "pm_\u00e9\u0000", "a" * 500])
    def test_a_malformed_card_id_is_refused(self, gateway, method_id):
        with pytest.raises(PaymentRefused):
            gateway.attach_card(a_customer(gateway), method_id)
        with pytest.raises(PaymentRefused):
            gateway.charge(charge_of(method_id or "x"), a_key())

    def test_an_unknown_intent_is_refused_as_missing(self, gateway):
        for ask in (gateway.retrieve_intent, gateway.cancel_intent):
            with pytest.raises(PaymentRefused) as refusal:
                ask("pi_nowhere")
            assert refusal.value.status == 404

    def test_a_refusal_serializes_to_the_documented_payment_result(self, gateway):
        with pytest.raises(PaymentRefused) as refusal:
            gateway.charge(charge_of(DECLINED_AT_CHARGE), a_key())
        result = refusal.value.serialized()
        assert (result["result"], result["status"], result["errCode"]) == ("ERR", 500, "card_declined")
        assert result["message"] == "Stripe error message: Your card was declined."


class TestPayments:
    def test_a_good_card_pays_in_one_step(self, gateway):
        intent = gateway.charge(charge_of(VISA), a_key())
        assert (intent.status, intent.amount, intent.currency) == ("succeeded", 10_500, "USD")
        assert intent.client_secret
        assert gateway.retrieve_intent(intent.id) == intent

    def test_a_kept_card_pays_for_its_customer(self, gateway, localstripe):
        customer_id = a_customer(gateway)
        card = gateway.attach_card(customer_id, localstripe.make_card("4242424242424242"))
        assert (card.holder_name, card.holder_zip, card.info["last4"]) == ("Ann Holder", "34662", "4242")
        assert card.info["brand"] == "visa"
        assert localstripe.cards_of(customer_id) == [card.method_id]
        assert gateway.charge(charge_of(card.method_id, customer_id=customer_id), a_key()).status == "succeeded"
        gateway.detach_card(card.method_id)
        assert localstripe.cards_of(customer_id) == []

    def test_a_card_that_asks_for_action_pays_after_the_bank_said_yes(self, gateway, localstripe):
        intent = gateway.charge(charge_of(localstripe.make_card()), a_key())
        assert intent.status == "requires_action"
        localstripe.authenticate(intent.id)
        assert gateway.retrieve_intent(intent.id).status == "succeeded"

    def test_stripes_card_that_asks_for_action_does_so_at_localstripe_too(self, gateway):
        name, customer_id = "pm_card_authenticationRequired", a_customer(gateway)
        assert gateway.charge(charge_of(name), a_key()).status == "requires_action"
        kept = gateway.attach_card(customer_id, name).method_id
        assert gateway.charge(charge_of(kept, customer_id=customer_id), a_key()).status == "requires_action"

    def test_a_card_whose_owner_says_no_fails_with_the_reason(self, gateway, localstripe):
        intent = gateway.charge(charge_of(localstripe.make_card()), a_key())
        localstripe.authenticate(intent.id, success=False)
        failed = gateway.retrieve_intent(intent.id)
        assert failed.status == "requires_payment_method"
        assert failed.error_code == "payment_intent_authentication_failure"

    def test_an_open_payment_is_cancelled_and_a_final_one_comes_back_as_it_is(self, gateway, localstripe):
        waiting = gateway.charge(charge_of(localstripe.make_card()), a_key())
        assert gateway.cancel_intent(waiting.id).status == "canceled"
        assert gateway.cancel_intent(waiting.id).status == "canceled"
        paid = gateway.charge(charge_of(VISA), a_key())
        assert gateway.cancel_intent(paid.id).status == "succeeded"

    def test_payments_are_found_by_their_metadata(self, gateway):
        wanted, other = charge_of(VISA), charge_of(VISA)
        first, _, second = (gateway.charge(one, a_key()) for one in (wanted, other, wanted))
        found = gateway.find_intents({"orderId": wanted.metadata["orderId"]}, now() - timedelta(minutes=5))
        assert [intent.id for intent in found] == [first.id, second.id]

    @pytest.mark.parametrize(("currency", "minor", "at_stripe"), [("ISK", 500, 50_000), ("UGX", 500, 50_000),
                                                                  ("MGA", 50_000, 500), ("JPY", 500, 500)])
    def test_stripe_is_asked_in_its_own_units(self, gateway, localstripe, currency, minor, at_stripe):
        """docs.stripe.com/currencies: króna and shilling in hundredths, ariary in whole units, unlike ISO 4217."""
        intent = gateway.charge(replace(charge_of(VISA), amount=minor, currency=currency), a_key())
        assert (intent.amount, intent.currency) == (minor, currency)
        assert localstripe.call("GET", f"/v1/payment_intents/{intent.id}")["amount"] == at_stripe
        back = gateway.refund(intent.id, minor, currency, {}, a_key())
        assert (back.amount, localstripe.refunds(intent.id)[0]["amount"]) == (minor, at_stripe)

    @pytest.mark.parametrize(("amount", "currency"), [(50_001, "MGA"), (1_235, "KWD")])
    def test_an_amount_stripe_has_no_unit_for_is_refused(self, gateway, amount, currency):
        with pytest.raises(PaymentRefused):
            gateway.charge(replace(charge_of(VISA), amount=amount, currency=currency), a_key())

    def test_money_goes_back_in_parts(self, gateway):
        paid = gateway.charge(charge_of(VISA), a_key())
        part = gateway.refund(paid.id, 500, "USD", {"refund": "r1"}, a_key())
        assert (part.status, part.amount, part.currency, part.intent_id) == ("succeeded", 500, "USD", paid.id)
        gateway.refund(paid.id, 1_000, "USD", {}, a_key())
        assert sorted(refund.amount for refund in gateway.find_refunds(paid.id)) == [500, 1_000]
        assert gateway.retrieve_refund(part.id) == part


    def test_what_was_sent_is_listed_whether_it_arrived_or_not(self, gateway):
        since = now() - timedelta(minutes=5)
        paid = gateway.charge(charge_of(VISA), a_key())
        told = [event for event in gateway.list_events(since) if event.intent_id == paid.id]
        assert [(event.type, event.intent) for event in told] == [("payment_intent.succeeded", replace(
            paid, client_secret=told[0].intent.client_secret))]
        assert "client_secret" not in told[0].raw["data"]["object"]


class TestTrouble:
    """An answer that does not come says nothing about the money."""

    def test_a_slow_gateway_is_unavailable(self, impatient, flaky):
        speaks = Event()
        with flaky.failing(MADE, opens=speaks), pytest.raises(GatewayUnavailable):
            impatient.charge(charge_of(VISA), a_key())
        speaks.set()

    def test_an_error_of_the_gateways_own_is_unavailable(self, gateway, flaky):
        with flaky.failing(MADE, status=500), pytest.raises(GatewayUnavailable) as trouble:
            gateway.charge(charge_of(VISA), a_key())
        assert trouble.value.status == 500

    def test_a_gateway_that_is_down_is_unavailable(self):
        nobody = StripeGateway(SECRET_KEY, WEBHOOK_SECRET, api_base="http://127.0.0.1:9", timeout_seconds=1, retries=0)
        with pytest.raises(GatewayUnavailable):
            nobody.retrieve_intent("pi_1")

    def test_a_wrong_key_is_our_fault_and_not_the_buyers(self, flaky):
        locked_out = StripeGateway("nonsense", WEBHOOK_SECRET, api_base=flaky.url, retries=0)
        with pytest.raises(GatewayUnavailable):
            locked_out.charge(charge_of(VISA), a_key())

    @pytest.mark.parametrize("how", [{"opens": Event()}, {"drop": True}, {"status": 500}], ids=["slow", "cut", "500"])
    def test_a_payment_whose_answer_was_lost_is_found_again_and_not_made_twice(self, gateway, impatient, flaky,
                                                                               localstripe, how):
        charge, key = charge_of(VISA), a_key()
        with flaky.failing(MADE, after=True, **how), pytest.raises(GatewayUnavailable):
            impatient.charge(charge, key)
        wait_until(lambda: localstripe.intents(**charge.metadata) != [], "the gateway has made it")
        how.get("opens", Event()).set()
        found = gateway.find_intents(charge.metadata, now() - timedelta(minutes=5))
        assert [intent.status for intent in found] == ["succeeded"]
        assert len(localstripe.intents(**charge.metadata)) == 1

    def test_the_same_key_pays_once(self, gateway, localstripe):
        charge, key = charge_of(VISA), a_key()
        assert gateway.charge(charge, key) == gateway.charge(charge, key)
        assert len(localstripe.intents(**charge.metadata)) == 1

    def test_the_library_sends_a_lost_call_again_with_its_key(self, flaky, localstripe):
        patient = StripeGateway(SECRET_KEY, WEBHOOK_SECRET, api_base=flaky.url, timeout_seconds=30, retries=1)
        charge = charge_of(VISA)
        with flaky.failing(MADE, after=True, drop=True):
            assert patient.charge(charge, a_key()).status == "succeeded"
        assert len(localstripe.intents(**charge.metadata)) == 1

    def test_a_key_used_for_something_else_says_nothing_about_the_money(self, gateway):
        key = a_key()
        gateway.charge(charge_of(VISA), key)
        with pytest.raises(GatewayUnavailable):
            gateway.charge(charge_of(VISA), key)


class TestWebhooks:
    def event(self, localstripe: LocalStripe, gateway: StripeGateway) -> bytes:
        gateway.charge(charge_of(VISA), a_key())
        return json.dumps(localstripe.events("payment_intent.succeeded")[-1]).encode()

    def signed(self, body: bytes, **how) -> str:
        return WebhookSignature.generate_signature_header(body.decode(), how.pop("secret", WEBHOOK_SECRET), **how)

    def test_an_unsigned_event_is_refused(self, gateway, localstripe):
        for signature in (None, "", "nonsense", "t=1,v1=", "t=x,v1=1", "v1=\u00e9,t=1"):
            with pytest.raises(InvalidWebhook):
                gateway.parse_webhook(self.event(localstripe, gateway), signature)

    def test_an_event_signed_by_somebody_else_is_refused(self, gateway, localstripe):
        body = self.event(localstripe, gateway)
        with pytest.raises(InvalidWebhook):
            gateway.parse_webhook(body, self.signed(body, secret="whsec_other"))

    def test_an_event_changed_on_its_way_is_refused(self, gateway, localstripe):
        body = self.event(localstripe, gateway)
        with pytest.raises(InvalidWebhook):
            gateway.parse_webhook(body.replace(b"10500", b"10501"), self.signed(body))

    def test_an_old_event_is_refused(self, gateway, localstripe):
        body = self.event(localstripe, gateway)
        with pytest.raises(InvalidWebhook):
            gateway.parse_webhook(body, self.signed(body, timestamp=1_700_000_000))

    @pytest.mark.parametrize("body", [
        b"", b"[]", b"{}", b"null", b'{"data": {"object": []}}', b'{"id": "e", "type": "t"}',
        b'{"data": {"object": {"object": "payment_intent"}}}', b"\xff\xfe", b"1e999",
        b'{"id": "e", "type": "t", "created": 1e30, "data": {"object": {}}}'])
    def test_a_signed_body_that_is_no_event_is_refused(self, gateway, body):
        signature = self.signed(body) if body != b"\xff\xfe" else "t=1,v1=1"
        with pytest.raises(InvalidWebhook):
            gateway.parse_webhook(body, signature)

    def test_a_signed_event_tells_its_payment_and_order(self, gateway, localstripe):
        body = self.event(localstripe, gateway)
        event = gateway.parse_webhook(body, self.signed(body))
        assert event.is_handled
        assert event.intent is not None
        assert event.type == "payment_intent.succeeded"
        assert (event.intent.status, event.intent.amount) == ("succeeded", 10_500)
        assert event.intent.metadata["checkoutName"] == "orderManagementOrder"
        assert event.intent_id == event.intent.id

    def test_an_event_about_something_else_is_not_handled(self, gateway):
        body = b'{"id": "evt_1", "type": "invoice.created", "created": 1, "data": {"object": {"object": "invoice"}}}'
        event = gateway.parse_webhook(body, self.signed(body))
        assert not event.is_handled

    def test_a_refund_event_names_the_payment_it_gives_back(self, gateway):
        refund = {"object": "refund", "id": "re_1", "payment_intent": "pi_1", "amount": 5, "currency": "usd",
                  "status": "failed"}
        body = json.dumps({"id": "evt_2", "type": "refund.failed", "created": 1, "data": {"object": refund}}).encode()
        event = gateway.parse_webhook(body, self.signed(body))
        assert (event.refund.status, event.intent_id, event.is_handled) == ("failed", "pi_1", True)

    def test_a_dispute_event_names_the_payment_the_bank_takes_back(self, gateway):
        dispute = {"object": "dispute", "id": "dp_1", "payment_intent": "pi_1", "amount": 500, "currency": "isk",
                   "status": "needs_response", "reason": "fraudulent", "evidence": {"customer_name": "Mia"},
                   "evidence_details": {"due_by": 86_400}}
        body = json.dumps({"id": "evt_3", "type": "charge.dispute.created", "created": 1,
                           "data": {"object": dispute}}).encode()
        event = gateway.parse_webhook(body, self.signed(body))
        assert (event.intent_id, event.is_handled, event.dispute.amount) == ("pi_1", True, 5)
        assert event.dispute.answer_until == datetime(1970, 1, 2, tzinfo=UTC)
        assert "Mia" not in str(event.raw)


def test_the_stand_in_refuses_a_second_call_while_the_first_is_under_way(flaky: FlakyGateway):
    """Stripe answers 409 then; the stand-in must too, or the race tests prove nothing."""
    patient = StripeGateway(SECRET_KEY, WEBHOOK_SECRET, api_base=flaky.url, timeout_seconds=60, retries=0)
    charge, key, seen = charge_of(VISA), a_key(), []
    flaky.pause.clear()
    first = Thread(target=lambda: seen.append(patient.charge(charge, key).status))
    first.start()
    assert flaky.under_way.wait(60)
    with pytest.raises(GatewayUnavailable) as refusal:
        patient.charge(charge, key)
    flaky.pause.set()
    first.join(60)
    assert (refusal.value.status, seen) == (409, ["succeeded"])
