"""Scenarios 42-47 of rules-network §8, as network.md amends them."""
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.app.payments.stand_in import DECLINED_AT_CHARGE, VISA
from tests.network.premium.club import ORDERS, PROFILE, Club, ok, refused

PAYMENT_STATUS = "linkedin-profile-service-premiumsubscriptionpaymentstatus"
Sent = Callable[[str], list[Any]]


def test_scenario_42_an_order_is_its_persons_own_and_always_begins_unpaid(club: Club) -> None:
    order = club.order(_paymentConfirmation="paid")
    assert (order["_paymentConfirmation"], order["_paymentConfirmation_idx"]) == ("pending", 0)
    assert order["status"] == "pending"
    assert (order["price"], order["currency"], order["userId"], order["_owner"]) == (
        10, "USD", club.ann.user_id, club.ann.user_id)
    path = f"{ORDERS}/{order['id']}"
    for answer in (club.ben.get(path), club.ben.patch(path, json={"status": "x"}), club.ben.delete(path),
                   club.start(order["id"], person=club.ben), club.refresh(order["id"], person=club.ben)):
        refused(answer, 403)
    assert ok(club.ben.get(ORDERS))["premiumsubscriptions"] == []
    assert [one["id"] for one in ok(club.ann.get(ORDERS))["premiumsubscriptions"]] == [order["id"]]
    assert [one["id"] for one in ok(club.super_admin.get(ORDERS))["premiumsubscriptions"]] == [order["id"]]
    assert ok(club.super_admin.get(path))["premiumsubscription"]["id"] == order["id"]
    refused(club.admin.get(path), 403)


def test_scenario_43_a_payment_that_succeeds_completes_the_order_once(club: Club) -> None:
    order = club.order()
    answer = ok(club.start(order["id"]))
    paid, result = answer["premiumsubscription"], answer["paymentResult"]
    assert (paid["status"], paid["_paymentConfirmation"]) == ("completed", "paid")
    assert (result["success"], result["orderId"], result["statusLiteral"], result["amount"], result["currency"]) == (
        True, order["id"], "success", 10, "USD")
    assert result["metadata"]["checkoutName"] == "premiumsubscription"
    assert result["metadata"]["order"] == "Profile-Premiumsubscription-order"
    assert result["description"] == (f"Making subscription for this userId: {club.ann.user_id} with profileId: "
                                     f"{club.profiles[club.ann.user_id]}")
    by_order = ok(club.ann.get(f"{PROFILE}/v1/premiumsubscriptionpaymentbyorderid/{order['id']}"))
    ticket = by_order["sys_premiumsubscriptionPayment"]
    assert (ticket["paymentId"], ticket["ownerId"]) == (result["paymentId"], club.ann.user_id)
    by_payment = ok(club.ann.get(f"{PROFILE}/v1/premiumsubscriptionpaymentbypaymentid/{result['paymentId']}"))
    assert by_payment["sys_premiumsubscriptionPayment"]["id"] == ticket["id"] == result["paymentTicketId"]
    refused(club.start(order["id"]), 400, "OrderAlreadyPaid")


def test_scenario_44_a_declined_card_leaves_the_order_payable_with_one_ticket(club: Club) -> None:
    order = club.order()
    answer = ok(club.start(order["id"], DECLINED_AT_CHARGE))
    assert answer["paymentResult"]["result"] == "ERR"
    declined = answer["premiumsubscription"]
    assert (declined["status"], declined["_paymentConfirmation"]) == ("declined", "canceled")
    assert ok(club.start(order["id"]))["premiumsubscription"]["status"] == "completed"
    tickets = ok(club.ann.get(f"{PROFILE}/v1/premiumsubscriptionpayments2"))["sys_premiumsubscriptionPayments"]
    assert [(one["orderId"], one["statusLiteral"]) for one in tickets] == [(order["id"], "success")]


@pytest.mark.parametrize("how", ["webhook", "refresh"])
def test_scenario_45_a_bank_that_asks_is_answered_by_webhook_or_refresh(club: Club, how: str) -> None:
    order = club.order()
    answer = ok(club.start(order["id"], club.localstripe.make_card()))
    waiting, result = answer["premiumsubscription"], answer["paymentResult"]
    assert (waiting["status"], waiting["_paymentConfirmation"]) == ("pending", "processing")
    assert result["paymentIntentInfo"]["clientSecret"]
    club.localstripe.authenticate(result["paymentId"])
    if how == "refresh":
        assert ok(club.refresh(order["id"]))["premiumsubscription"]["status"] == "completed"
        return
    event = next(one for one in club.localstripe.events("payment_intent.succeeded")
                 if one["data"]["object"]["id"] == result["paymentId"])
    refused(club.webhook(event, signature="t=1,v1=00"), 400)
    unhandled = {**event, "type": "customer.created"}
    answer = club.webhook(unhandled)
    refused(answer, 400)
    assert "Unhandled stripe webhook event [customer.created]" in answer.json["message"]
    stray = {**event, "id": "evt_stray", "data": {"object": {**event["data"]["object"], "id": "pi_stray", "metadata": {
        **event["data"]["object"]["metadata"], "orderId": str(uuid.uuid4())}}}}
    refused(club.webhook(stray), 404)
    ok(club.webhook(event))
    done = club.read(order["id"])
    assert (done["status"], done["_paymentConfirmation"]) == ("completed", "paid")


def test_scenario_46_cards_are_kept_without_an_envelope_and_shown_to_nobody_else(club: Club) -> None:
    card = ok(club.ann.post(f"{PROFILE}/payment-methods/add", json={"paymentMethodId": VISA}))
    assert (card["platform"], card["userId"]) == ("stripe", club.ann.user_id)
    listed = club.ann.get(f"{PROFILE}/payment-methods/list").json
    assert [one["paymentMethodId"] for one in listed] == [card["paymentMethodId"]]
    assert club.ben.get(f"{PROFILE}/payment-methods/list").json == []
    refused(club.visitor.get(f"{PROFILE}/payment-methods/list"), 401)
    refused(club.ben.get(f"{PROFILE}/v1/paymentcustomermethods/{club.ann.user_id}"), 403)
    refused(club.ben.get(f"{PROFILE}/v1/paymentcustomers/{club.ann.user_id}"), 403)
    by_staff = ok(club.super_admin.get(f"{PROFILE}/v1/paymentcustomermethods/{club.ann.user_id}"))
    assert [one["id"] for one in by_staff["sys_paymentMethods"]] == [card["id"]]
    own = ok(club.ann.get(f"{PROFILE}/v1/paymentcustomers/{club.ann.user_id}"))["sys_paymentCustomer"]
    assert own["customerId"] == card["customerId"]
    assert ok(club.ben.get(f"{PROFILE}/v1/paymentcustomers"))["sys_paymentCustomers"] == []
    refused(club.ben.delete(f"{PROFILE}/payment-methods/delete/{VISA}"), 404)
    ok(club.ann.delete(f"{PROFILE}/payment-methods/delete/{VISA}"))
    assert club.ann.get(f"{PROFILE}/payment-methods/list").json == []


def test_scenario_47_tickets_are_written_by_the_flow_or_the_super_admin(club: Club) -> None:
    order = club.paid()
    tickets = f"{PROFILE}/v1/premiumsubscriptionpayment"
    [ticket] = ok(club.super_admin.get(f"{tickets}s2"))["sys_premiumsubscriptionPayments"]
    body = {"orderId": order["id"], "paymentId": "pi_x", "paymentStatus": "x", "statusLiteral": "success"}
    for person in (club.ann, club.admin):
        refused(person.post(tickets, json=body), 403)
        refused(person.patch(f"{tickets}/{ticket['id']}", json={"paymentStatus": "x"}), 403)
        refused(person.delete(f"{tickets}/{ticket['id']}"), 403)
    assert ok(club.ben.get(f"{tickets}s2"))["sys_premiumsubscriptionPayments"] == []
    assert [one["id"] for one in ok(club.ann.get(f"{tickets}s2"))["sys_premiumsubscriptionPayments"]] == [ticket["id"]]
    refused(club.ben.get(f"{tickets}2/{ticket['id']}"), 403)
    changed = ok(club.super_admin.patch(f"{tickets}/{ticket['id']}", json={"paymentStatus": "x"}))
    assert changed["sys_premiumsubscriptionPayment"]["ownerId"] == club.ann.user_id
    gone = ok(club.super_admin.delete(f"{tickets}/{ticket['id']}"))["sys_premiumsubscriptionPayment"]
    assert gone["isActive"] is False
    written = ok(club.super_admin.post(tickets, json=body), 201)["sys_premiumsubscriptionPayment"]
    assert written["ownerId"] == club.ann.user_id


def test_6d_three_topics_say_what_became_of_a_payment_and_a_cancelled_one_failed(club: Club, sent: Sent) -> None:
    """P-8: its status is `cancelled` and its confirmation `canceled`, as the documents spell them."""
    def told() -> list[str]:
        names = ("started", "succeeded", "failed")
        return [event.payload["statusLiteral"] for name in names for event in sent(f"{PAYMENT_STATUS}-{name}")]

    order = club.order()
    waiting = ok(club.start(order["id"], club.localstripe.make_card()))["paymentResult"]
    assert told() == ["started"]
    club.localstripe.call("POST", f"/v1/payment_intents/{waiting['paymentId']}/cancel")
    cancelled = ok(club.refresh(order["id"]))["premiumsubscription"]
    assert (cancelled["status"], cancelled["_paymentConfirmation"]) == ("cancelled", "canceled")
    assert told() == ["started", "canceled"]
    assert [event.payload["premiumsubscription"]["id"] for event in sent(f"{PAYMENT_STATUS}-failed")] == [order["id"]]
    assert ok(club.start(order["id"]))["premiumsubscription"]["status"] == "completed"
    assert told() == ["started", "started", "success", "canceled"]
