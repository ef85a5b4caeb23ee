"""Premium: what it costs, who has it until when, and what ends it (NET-27, NET-28, decision 19)."""
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import moved_clock
from app.data.reads import fetch
from app.jobs.worker import run_all_due_work, run_job
from app.notify.models import MailMessage
from blueprints.network.profile.premium_queries import is_premium, premium_among, premium_until
from tests.app.payments.stand_in import DECLINED_AT_CHARGE
from tests.network.premium.club import ORDERS, PROFILE, Club, days_between, length, ok, refused


@pytest.fixture
def costs(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change what premium costs: costs(price="12", currency="EUR", days=7)."""
    def change(**plan: Any) -> None:
        held = app.extensions["guildhall"]
        changed = {f"premium_{name}": value for name, value in plan.items()}
        monkeypatch.setattr(held, "settings", replace(held.settings, **changed))
    return change


class TestOrdering:
    def test_only_for_oneself_and_ones_own_profile(self, club):
        refused(club.try_order(club.ann, by=club.ben), 403)
        refused(club.try_order(profileId=club.profiles[club.ben.user_id]), 403)
        refused(club.try_order(profileId=str(uuid.uuid4())), 404)
        by_staff = ok(club.try_order(club.ann, by=club.super_admin), 201)["premiumsubscription"]
        assert by_staff["_owner"] == club.ann.user_id

    def test_a_client_need_not_say_who_it_is(self, club):
        assert club.order(userId=None)["userId"] == club.ann.user_id

    @pytest.mark.parametrize("fields", [{"price": 9.99}, {"price": 0}, {"price": -10}, {"currency": "EUR"},
                                        {"currency": "XXX"}, {"profileId": "x"}, {"price": None}, {"currency": None}])
    def test_only_at_what_it_costs(self, club, fields):
        refused(club.try_order(**fields), 400)
        assert ok(club.ann.get(ORDERS))["premiumsubscriptions"] == []

    def test_net_27_one_order_is_open_at_a_time(self, club):
        first = club.order()
        refused(club.try_order(), 400, "SubscriptionOpen")
        ok(club.ann.delete(f"{ORDERS}/{first['id']}"))
        second = club.order()
        ok(club.start(second["id"]))
        club.order()

    def test_net_27_the_name_of_its_status_is_the_clients_until_the_payment_starts(self, club):
        order = club.order(status="wanted")
        assert order["status"] == "wanted"
        path = f"{ORDERS}/{order['id']}"
        assert ok(club.ann.patch(path, json={"status": "soon"}))["premiumsubscription"]["status"] == "soon"
        ok(club.start(order["id"]))
        ignored = ok(club.ann.patch(path, json={"status": "free", "_paymentConfirmation": "pending"}))
        assert (ignored["premiumsubscription"]["status"], ignored["premiumsubscription"]["_paymentConfirmation"]) == (
            "completed", "paid")

    def test_neither_person_nor_profile_of_an_order_changes(self, club):
        path = f"{ORDERS}/{club.order()['id']}"
        refused(club.ann.patch(path, json={"userId": club.ben.user_id}), 403)
        refused(club.ann.patch(path, json={"profileId": club.profiles[club.ben.user_id]}), 400)

    def test_what_is_paid_or_being_paid_is_not_deleted(self, club):
        order = club.order()
        ok(club.start(order["id"], club.localstripe.make_card()))
        refused(club.ann.delete(f"{ORDERS}/{order['id']}"), 400, "PaymentInProgress")
        ok(club.start(order["id"]))
        refused(club.ann.delete(f"{ORDERS}/{order['id']}"), 400, "SubscriptionPaid")

    def test_money_for_an_order_that_was_deleted_goes_back(self, club):
        order = club.order()
        club.start(order["id"], DECLINED_AT_CHARGE)
        ok(club.ann.delete(f"{ORDERS}/{order['id']}"))
        made = club.localstripe.call("POST", "/v1/payment_intents", amount=1000, currency="usd", confirm=True,
                                     payment_method=club.localstripe.make_card("4242424242424242"), metadata={
                                         "orderId": order["id"], "checkoutName": "premiumsubscription", "attempt": "9"})
        run_job("reconcile-payments")
        run_job("settle-payments")
        assert [one["amount"] for one in club.localstripe.refunds(made["id"])] == [1000]
        assert not is_premium(club.ann.user_id)


class TestPrice:
    def test_net_27_the_plan_says_what_it_costs_and_until_when_one_has_it(self, club, costs):
        assert club.plan() == {"price": 10, "currency": "USD", "days": 30, "isPremium": False, "premiumUntil": None}
        paid = club.paid()
        assert club.plan() == {"price": 10, "currency": "USD", "days": 30, "isPremium": True,
                               "premiumUntil": paid["periodEnd"]}
        costs(price="12.50", currency="EUR", days=7)
        assert club.plan(club.ben) == {"price": 12.5, "currency": "EUR", "days": 7, "isPremium": False,
                                       "premiumUntil": None}
        refused(club.visitor.get(f"{PROFILE}/v1/premiumplan"), 401)

    def test_net_27_an_order_is_paid_at_its_price_for_a_day(self, club, costs):
        order = club.order()
        costs(price="15", days=60)
        with moved_clock(hours=23):
            answer = ok(club.start(order["id"]))
            assert answer["paymentResult"]["amount"] == 10
            assert length(answer["premiumsubscription"]) == 30

    def test_net_27_after_a_day_it_is_priced_anew(self, club, costs):
        order = club.order()
        with moved_clock(hours=25):
            costs(price="15")
            refused(club.start(order["id"]), 400, "PriceChanged")
            path = f"{ORDERS}/{order['id']}"
            refused(club.ann.patch(path, json={"price": 10}), 400)
            assert ok(club.ann.patch(path, json={"price": 15}))["premiumsubscription"]["price"] == 15
            assert ok(club.start(order["id"]))["paymentResult"]["amount"] == 15

    def test_an_old_order_at_the_price_of_today_is_paid(self, club):
        order = club.order()
        with moved_clock(days=3):
            ok(club.start(order["id"]))
            assert is_premium(club.ann.user_id)

    def test_the_price_is_frozen_once_a_payment_started(self, club, costs):
        order = club.order()
        ok(club.start(order["id"], DECLINED_AT_CHARGE))
        costs(price="15")
        refused(club.ann.patch(f"{ORDERS}/{order['id']}", json={"price": 15}), 400, "PriceFrozen")
        assert ok(club.start(order["id"]))["paymentResult"]["amount"] == 10

    def test_a_price_that_is_no_amount_of_its_currency_sells_nothing(self, club, costs):
        costs(price="9.99", currency="JPY")
        refused(club.try_order(), 400, "PremiumNotSold")


class TestPeriod:
    def test_net_27_premium_begins_at_the_payment_and_the_clock_ends_it(self, club):
        assert premium_until(club.ann.user_id) is None
        order = club.paid()
        assert length(order) == 30
        assert premium_among([club.ann.user_id, club.ben.user_id]) == {club.ann.user_id}
        with moved_clock(days=29):
            assert is_premium(club.ann.user_id)
        with moved_clock(days=31):
            assert not is_premium(club.ann.user_id)
            assert club.read(order["id"])["_paymentConfirmation"] == "paid"

    def test_net_27_the_next_one_begins_where_the_present_one_ends(self, club):
        first = club.paid()
        with moved_clock(days=10):
            second = club.paid()
        assert second["periodStart"] == first["periodEnd"]
        assert length(second) == 30
        with moved_clock(days=59):
            assert is_premium(club.ann.user_id)

    def test_one_bought_after_the_end_begins_anew(self, club):
        first = club.paid()
        with moved_clock(days=40):
            assert club.paid()["periodStart"] > first["periodEnd"]

    def test_a_declined_payment_makes_nobody_premium(self, club):
        club.start(club.order(status="completed")["id"], DECLINED_AT_CHARGE)
        assert not is_premium(club.ann.user_id)


class TestRefund:
    def test_only_the_super_admin_gives_back(self, club):
        order = club.paid()
        for person in (club.ann, club.admin):
            refused(club.refund(order["id"], by=person), 403)
        refused(club.refund(club.order(club.ben)["id"]), 400, "OrderNotPaid")
        refused(club.refund(str(uuid.uuid4())), 404)
        refused(club.refund(order["id"], amount=10.01), 400, "RefundTooLarge")
        assert is_premium(club.ann.user_id)

    def test_net_27_a_full_refund_ends_it_and_later_periods_move_up(self, club):
        first, second = club.paid(), club.paid()
        with moved_clock(days=10):
            answer = ok(club.refund(first["id"]))
            assert (answer["paymentResult"]["refundStatus"], answer["paymentResult"]["amount"]) == ("succeeded", 10)
            ended, moved = club.read(first["id"]), club.read(second["id"])
            assert (ended["status"], ended["_paymentConfirmation"]) == ("refunded", "canceled")
            assert days_between(first["periodStart"], ended["periodEnd"]) == pytest.approx(10, abs=0.01)
            assert moved["periodStart"] == ended["periodEnd"]
            assert length(moved) == 30
            assert is_premium(club.ann.user_id)
            ok(club.refund(second["id"]))
            assert not is_premium(club.ann.user_id)
            assert length(club.read(second["id"])) == pytest.approx(0, abs=0.01)

    def test_a_part_given_back_leaves_premium_until_the_whole_is(self, club):
        order = club.paid()
        ok(club.refund(order["id"], amount=4))
        assert is_premium(club.ann.user_id)
        assert club.read(order["id"])["status"] == "completed"
        assert ok(club.refund(order["id"]))["paymentResult"]["amount"] == 6
        assert not is_premium(club.ann.user_id)

    def test_the_same_call_again_gives_nothing_more_back(self, club):
        order, key = club.paid(), {"Idempotency-Key": "back-1"}
        first = ok(club.refund(order["id"], amount=4, headers=key))["paymentResult"]["refundId"]
        assert ok(club.refund(order["id"], amount=4, headers=key))["paymentResult"]["refundId"] == first
        [ticket] = ok(club.ann.get(f"{PROFILE}/v1/premiumsubscriptionpayments2"))["sys_premiumsubscriptionPayments"]
        assert [one["amount"] for one in club.localstripe.refunds(ticket["paymentId"])] == [400]

    def test_a_refund_made_at_stripe_ends_it_by_its_webhook(self, club):
        order = club.paid()
        payment_id = ok(club.ann.get(f"{PROFILE}/v1/premiumsubscriptionpaymentbyorderid/{order['id']}"))[
            "sys_premiumsubscriptionPayment"]["paymentId"]
        made = club.localstripe.call("POST", "/v1/refunds", payment_intent=payment_id, amount=1000)
        ok(club.webhook({"id": "evt_refund", "type": "refund.created", "created": 1_900_000_000,
                         "data": {"object": {**made, "object": "refund"}}}))
        assert club.read(order["id"])["status"] == "refunded"
        assert not is_premium(club.ann.user_id)


class TestDispute:
    def dispute(self, club: Club, order: dict[str, Any], status: str, at: int, kind: str = "updated") -> None:
        ticket = ok(club.ann.get(f"{PROFILE}/v1/premiumsubscriptionpaymentbyorderid/{order['id']}"))
        said = {"object": "dispute", "id": f"dp_{order['id']}", "amount": 1000, "currency": "usd", "status": status,
                "reason": "fraudulent", "payment_intent": ticket["sys_premiumsubscriptionPayment"]["paymentId"]}
        ok(club.webhook({"id": f"evt_{uuid.uuid4()}", "type": f"charge.dispute.{kind}", "created": at,
                         "data": {"object": said}}))

    def test_net_27_a_dispute_ends_it_and_one_that_is_won_gives_the_rest_back(self, club):
        first, second = club.paid(), club.paid()
        with moved_clock(days=10):
            self.dispute(club, first, "needs_response", 1_900_000_000, "created")
            assert club.read(first["id"])["status"] == "disputed"
            moved = club.read(second["id"])
            assert is_premium(club.ann.user_id)
            self.dispute(club, first, "won", 1_900_000_100, "closed")
            resumed = club.read(first["id"])
            assert (resumed["status"], resumed["_paymentConfirmation"]) == ("completed", "paid")
            assert resumed["periodStart"] == moved["periodEnd"]
            assert length(resumed) == pytest.approx(20, abs=0.01)

    def test_one_that_is_lost_stays_ended(self, club):
        order = club.paid()
        self.dispute(club, order, "needs_response", 1_900_000_000, "created")
        self.dispute(club, order, "lost", 1_900_000_100, "closed")
        assert not is_premium(club.ann.user_id)

    def test_a_warning_ends_nothing(self, club):
        order = club.paid()
        self.dispute(club, order, "warning_needs_response", 1_900_000_000, "created")
        assert is_premium(club.ann.user_id)


class TestLetter:
    def letters(self) -> list[Any]:
        return fetch(select(MailMessage.recipient, MailMessage.subject).where(MailMessage.template == "PREMIUM_ENDS"))

    def test_net_27_one_letter_says_three_days_before_that_it_ends(self, club):
        club.paid()
        with moved_clock(days=26):
            run_all_due_work()
            assert self.letters() == []
        with moved_clock(days=28):
            run_all_due_work()
            run_all_due_work()
            [letter] = self.letters()
            assert letter.recipient == club.ann.email

    def test_nobody_is_told_of_an_end_behind_which_more_is_paid(self, club):
        club.paid()
        with moved_clock(days=1):
            club.paid()
        with moved_clock(days=28):
            run_all_due_work()
            assert self.letters() == []
        with moved_clock(days=58):
            run_all_due_work()
            assert len(self.letters()) == 1


class TestRealms:
    def test_net_28_the_network_takes_no_event_signed_for_the_marketplace(self, club):
        order = club.order()
        paid = ok(club.start(order["id"], club.localstripe.make_card()))["paymentResult"]
        club.localstripe.authenticate(paid["paymentId"])
        event = next(one for one in club.localstripe.events("payment_intent.succeeded")
                     if one["data"]["object"]["id"] == paid["paymentId"])
        refused(club.webhook(event, realm="marketplace"), 400, "InvalidSignature")
        assert club.read(order["id"])["_paymentConfirmation"] == "processing"
        ok(club.webhook(event))
        assert club.read(order["id"])["_paymentConfirmation"] == "paid"

    def test_net_28_an_event_of_the_marketplaces_payment_changes_nothing_here(self, club):
        event = {"id": "evt_foreign", "type": "payment_intent.succeeded", "created": 1_900_000_000, "data": {"object": {
            "object": "payment_intent", "id": "pi_foreign", "status": "succeeded", "amount": 1000, "currency": "usd",
            "metadata": {"checkoutName": "orderManagementOrder", "orderId": club.order()["id"]}}}}
        assert "ignored" in ok(club.webhook(event))["paymentResult"]

    def test_a_lost_webhook_is_found_by_the_jobs(self, club):
        order = club.order()
        paid = ok(club.start(order["id"], club.localstripe.make_card()))["paymentResult"]
        club.localstripe.authenticate(paid["paymentId"])
        run_job("reconcile-payments")
        assert club.read(order["id"])["status"] == "completed"
