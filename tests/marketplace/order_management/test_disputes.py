"""A bank takes a payment back: the order says so, staff and seller are told, once, however the events come."""
import itertools
import json
from typing import Any

import pytest
from click.testing import CliRunner

from app.clock import now
from app.data.reads import fetch
from app.notify.mailbox import read_outbox
from app.payments import webhooks
from app.payments.gateway_records import PaymentDispute
from app.payments.reports import received_events
from blueprints.marketplace.order_management import ledger_entries, settlement
from blueprints.marketplace.order_management.dues import disputes
from blueprints.marketplace.order_management.topics import ORDER_DISPUTED
from blueprints.platform.checkout.checks import check_disputes
from cli.payments import payments
from tests.marketplace.order_management.shop import ORDERS, ok

ANSWER_BY = 4_070_908_800  # 2099-01-01
_numbers = itertools.count(1)


def dispute_event(kind: str, order: dict[str, Any], status: str, *, at: int = 0, dispute: str = "dp_1",
                  amount: int = 10_500) -> dict[str, Any]:
    """Return an event of a dispute as Stripe writes it, sent `at` seconds from now."""
    subject = {"object": "dispute", "id": dispute, "charge": "ch_1", "payment_intent": order["paymentIntentId"],
               "amount": amount, "currency": "usd", "reason": "fraudulent", "status": status,
               "evidence_details": {"due_by": ANSWER_BY}, "evidence": {"customer_purchase_ip": "192.0.2.7"}}
    return {"object": "event", "id": f"evt_dispute_{next(_numbers)}", "type": f"charge.dispute.{kind}",
            "created": int(now().timestamp()) + at, "data": {"object": subject}}


def lost_story(order: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a dispute that is answered and lost, in their order; the first two come in the same second."""
    return [dispute_event("created", order, "needs_response"),
            dispute_event("funds_withdrawn", order, "needs_response"),
            dispute_event("updated", order, "under_review", at=5),
            dispute_event("closed", order, "lost", at=9)]


def seen(order: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["dispute"], one["status"], one["funds"], one["amount"], one["closed"] is not None)
            for one in disputes(closed_too=True, order_id=order["id"])]


def alerts(shop, settle, party) -> list[str]:
    settle()
    return [one["payload"]["disputeStatus"] for one in shop.notices(party, "SYSTEM_ALERT")
            if one["userId"] == party.user_id and "disputeStatus" in one["payload"]]  # staff list everybody's


@pytest.fixture
def order(shop):
    return shop.paid_order()


def test_a_dispute_marks_the_order_and_its_history(shop, order):
    answer = ok(shop.webhook(dispute_event("created", order, "needs_response")))
    assert answer["orderManagementOrder"]["disputeStatus"] == "needs_response"
    assert shop.read(order["id"])["status"] == "PAID"
    steps = ok(shop.buyer.get(f"{ORDERS}/v1/ordermanagementorders/{order['id']}/history"))
    assert "DISPUTED" in json.dumps(steps)
    assert seen(order) == [("dp_1", "needs_response", "untouched", 105, False)]


def test_staff_hear_in_the_app_and_the_seller_by_letter_too(shop, settle, order):
    ok(shop.webhook(dispute_event("created", order, "needs_response")))
    for party in (shop.seller, shop.admin, shop.super_admin):
        assert alerts(shop, settle, party) == ["needs_response"]
    assert alerts(shop, settle, shop.buyer) == []
    [letter] = [one for one in read_outbox(shop.seller.email) if one["template"] == "SYSTEM_ALERT"]
    assert letter["subject"] == f"Order {order['orderNumber']}: payment disputed"
    assert "105.00 USD" in letter["text"]
    assert "2099-01-01" in letter["text"]
    assert [one for one in read_outbox(shop.admin.email) if one["template"] == "SYSTEM_ALERT"] == []


def test_an_address_in_an_orders_number_is_no_link_in_the_letter_of_its_dispute(shop, settle):
    line = {"productId": shop.list_product(), "quantity": 1}
    order = ok(shop.try_order(line, orderNumber="https://evil.example"), 201)["orderManagementOrder"]
    paid = ok(shop.start(order["id"]))["orderManagementOrder"]
    ok(shop.webhook(dispute_event("created", paid, "needs_response")))
    settle()
    [letter] = [one for one in read_outbox(shop.seller.email) if one["template"] == "SYSTEM_ALERT"]
    assert "evil" in letter["text"]
    for part in (letter["subject"], letter["text"], letter["html"]):
        assert not any(link in part for link in ("https://", "evil.example"))


def test_each_step_of_a_dispute_is_told_once(shop, settle, order):
    for event in lost_story(order):
        ok(shop.webhook(event))
        ok(shop.webhook(event))
        settle()
    assert sorted(alerts(shop, settle, shop.admin)) == ["lost", "needs_response", "under_review"]
    assert seen(order) == [("dp_1", "lost", "withdrawn", 105, True)]


@pytest.mark.parametrize("positions", list(itertools.permutations(range(4))))
def test_the_events_of_a_dispute_come_to_the_same_in_any_order(shop, order, sent, positions):
    story = lost_story(order)
    for position in positions:
        ok(shop.webhook(story[position]))
    assert seen(order) == [("dp_1", "lost", "withdrawn", 105, True)]
    assert shop.read(order["id"])["disputeStatus"] == "lost"
    told = [event.payload["disputeStatus"] for event in sent(ORDER_DISPUTED)]
    assert told[-1] == "lost"
    assert len(told) == len(set(told))


@pytest.mark.parametrize("late_first", [True, False])
def test_money_that_comes_back_is_back_whichever_event_comes_first(shop, order, late_first):
    story = [dispute_event("funds_withdrawn", order, "needs_response"),
             dispute_event("funds_reinstated", order, "won", at=3)]
    for event in reversed(story) if late_first else story:
        ok(shop.webhook(event))
    assert seen(order) == [("dp_1", "won", "reinstated", 105, True)]


def test_an_inquiry_that_becomes_a_dispute_is_open_again(shop, order):
    ok(shop.webhook(dispute_event("closed", order, "warning_closed")))
    ok(shop.webhook(dispute_event("updated", order, "needs_response", at=60)))
    assert seen(order) == [("dp_1", "needs_response", "untouched", 105, False)]


def test_of_two_disputes_the_order_shows_the_open_one(shop, order):
    ok(shop.webhook(dispute_event("created", order, "needs_response", dispute="dp_a", amount=500)))
    ok(shop.webhook(dispute_event("closed", order, "lost", dispute="dp_b", amount=300, at=9)))
    assert shop.read(order["id"])["disputeStatus"] == "needs_response"
    ok(shop.webhook(dispute_event("closed", order, "won", dispute="dp_a", amount=500, at=20)))
    assert shop.read(order["id"])["disputeStatus"] == "won"


def test_effect_and_mark_are_one_transaction(shop, order, monkeypatch):
    event = dispute_event("created", order, "needs_response")

    def fails(*_: Any) -> None:
        raise RuntimeError("the process dies here")

    with monkeypatch.context() as broken:
        broken.setattr(settlement.history, "note", fails)
        assert shop.webhook(event).status_code == 500
    assert seen(order) == []
    assert [one for one in received_events("orderManagementOrder", order_id=order["id"], limit=9)
            if one["type"].startswith("charge.dispute")] == []
    ok(shop.webhook(event))
    assert seen(order) == [("dp_1", "needs_response", "untouched", 105, False)]


def test_a_dispute_of_a_payment_nobody_knows_is_not_found(shop, order):
    event = dispute_event("created", order | {"paymentIntentId": "pi_nobody"}, "needs_response")
    assert shop.webhook(event).status_code == 404
    assert fetch(PaymentDispute.__table__.select()) == []


def test_a_forged_dispute_is_refused(shop, order):
    answer = shop.webhook(dispute_event("created", order, "needs_response"), signature="t=1,v1=00")
    assert (answer.status_code, answer.json["errCode"]) == (400, "InvalidSignature")
    assert seen(order) == []


@pytest.mark.parametrize("kind", ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"])
def test_what_is_written_about_a_buyer_for_the_bank_is_not_kept(shop, order, kind):
    event = dispute_event(kind, order, "needs_response")
    ok(shop.webhook(event))
    [row] = [one for one in fetch(webhooks.PaymentEvent.__table__.select()) if one.event_id == event["id"]]
    assert "192.0.2.7" not in json.dumps(row.payload)


def test_a_dispute_moves_no_money_in_the_ledger(shop, order):
    for event in lost_story(order):
        ok(shop.webhook(event))
    assert ledger_entries.differences() == []
    assert ledger_entries.totals()["USD"]["ledger"] == 10_500


def test_operators_see_disputes_in_payments_and_doctor(shop, order):
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(payments, arguments)
        assert result.exit_code == 0, result.output
        return result.output

    assert check_disputes(settlement.CHECKOUT)[0] == "ok"
    assert "no payment is disputed" in run("disputes")
    ok(shop.webhook(dispute_event("created", order, "needs_response")))
    [row] = json.loads(run("disputes", "--json"))
    assert (row["order"], row["status"], row["answer until"]) == (
        order["orderNumber"], "needs_response", "2099-01-01T00:00:00.000Z")
    assert "dp_1" in run("show", order["id"])
    assert f"order {order['orderNumber']}: 105.0 USD are disputed (needs_response)" in run("status")
    state, said = check_disputes(settlement.CHECKOUT)
    assert (state, "dp_1" in said, order["id"] in said) == ("warn", True, True)
    ok(shop.webhook(dispute_event("closed", order, "won", at=9)))
    assert json.loads(run("disputes", "--json")) == []
    assert [one["status"] for one in json.loads(run("disputes", "--all", "--json"))] == ["won"]
    assert check_disputes(settlement.CHECKOUT)[0] == "ok"


def a_day_later(order: dict[str, Any], status: str, at: int) -> dict[str, Any]:
    event = dispute_event("updated", order, status, at=at, amount=4_000)
    event["data"]["object"]["evidence_details"]["due_by"] = ANSWER_BY + 86_400
    return event


@pytest.mark.parametrize("late_first", [True, False])
def test_what_changes_without_a_new_status_is_kept_and_told_nobody(shop, order, sent, late_first):
    story = [dispute_event("created", order, "needs_response"), a_day_later(order, "needs_response", at=9)]
    for event in reversed(story) if late_first else story:
        ok(shop.webhook(event))
    [dispute] = disputes(order_id=order["id"])
    assert (dispute["answer until"], dispute["amount"]) == ("2099-01-02T00:00:00.000Z", 40)
    assert len(sent(ORDER_DISPUTED)) == 1


def test_an_older_word_does_not_undo_a_word_that_came_again(shop, order):
    for status, at in (("needs_response", 0), ("needs_response", 9), ("under_review", 5)):
        ok(shop.webhook(dispute_event("updated", order, status, at=at)))
    assert seen(order) == [("dp_1", "needs_response", "untouched", 105, False)]


@pytest.mark.parametrize("late_first", [True, False])
def test_a_dispute_was_closed_when_that_was_said_first(shop, order, late_first):
    story = [dispute_event("closed", order, "lost", at=3), dispute_event("funds_withdrawn", order, "lost", at=9)]
    for event in reversed(story) if late_first else story:
        ok(shop.webhook(event))
    [row] = fetch(PaymentDispute.__table__.select())
    assert (int(row.closed_at.timestamp()), int(row.said_at.timestamp())) == (story[0]["created"], story[1]["created"])
