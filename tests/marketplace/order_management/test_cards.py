"""Kept cards: whose they are, what they pay, and that no card data is kept here (rules-marketplace §7.2)."""
import json

import pytest

from app.clock import moved_clock
from app.jobs.worker import run_job
from tests.app.payments.stand_in import DECLINED_AT_ATTACH, VISA
from tests.marketplace.order_management.shop import ORDERS, ok

ADD, LIST, DELETE = (f"{ORDERS}/payment-methods/{verb}" for verb in ("add", "list", "delete"))
METHODS = f"{ORDERS}/v1/paymentcustomermethods/{{}}"
GOOD_CARD = "4242424242424242"


def keep(shop, method_id, buyer=None):
    return (buyer or shop.buyer).post(ADD, json={"paymentMethodId": method_id})


@pytest.mark.parametrize("body", [{}, {"paymentMethodId": None}, {"paymentMethodId": 5}, {"paymentMethodId": " "},
                                  {"paymentMethodId": "x" * 256}, [], "pm"])
def test_a_card_needs_an_id(shop, body):
    assert shop.buyer.post(ADD, json=body).status_code == 400


@pytest.mark.parametrize(("method_id", "code"), [
    (DECLINED_AT_ATTACH, "card_declined"), ("pm_nowhere", "resource_missing"), ("../customers", "resource_missing")])
def test_a_card_the_gateway_refuses_is_not_kept(shop, method_id, code):
    refused = keep(shop, method_id)
    assert (refused.status_code, refused.json["errCode"]) == (400, code)
    assert shop.buyer.get(LIST).json == []


def test_cards_need_a_login(shop, client):
    assert client.get(LIST).status_code == client.post(ADD, json={}).status_code == 401
    assert client.delete(f"{DELETE}/pm_1").status_code == 401


def test_a_card_belongs_to_who_kept_it(shop):
    card = shop.localstripe.make_card(GOOD_CARD)
    ok(keep(shop, card))
    taken = keep(shop, card, shop.buyer2)
    assert (taken.status_code, taken.json["errCode"]) == (400, "PaymentMethodUnknown")
    order = shop.order(shop.list_product(), buyer=shop.buyer2)
    refused = shop.start(order["id"], card, buyer=shop.buyer2)
    assert (refused.status_code, refused.json["errCode"]) == (400, "PaymentMethodUnknown")
    assert shop.localstripe.intents(orderId=order["id"]) == []


def test_a_card_kept_again_is_the_same_card(shop):
    card = shop.localstripe.make_card(GOOD_CARD)
    assert ok(keep(shop, card)) == ok(keep(shop, card))
    assert len(shop.buyer.get(LIST).json) == 1


def test_a_kept_card_pays_for_its_customer(shop):
    card = ok(keep(shop, shop.localstripe.make_card(GOOD_CARD)))
    assert (card["cardHolderName"], card["cardHolderZip"]) == ("Ann Holder", "34662")
    order = shop.order(shop.list_product())
    assert ok(shop.start(order["id"], card["paymentMethodId"]))["orderManagementOrder"]["status"] == "PAID"
    assert [one["customer"] for one in shop.localstripe.intents(orderId=order["id"])] == [card["customerId"]]


def test_a_card_can_be_kept_while_paying(shop):
    order = shop.order(shop.list_product())
    ok(shop.start(order["id"], shop.localstripe.make_card(GOOD_CARD), storeCard=True))
    [card] = shop.buyer.get(LIST).json
    [intent] = shop.localstripe.intents(orderId=order["id"])
    assert (intent["status"], intent["customer"]) == ("succeeded", card["customerId"])


def test_a_card_declined_while_it_is_kept_fails_the_payment(shop):
    order = shop.order(shop.list_product())
    answer = ok(shop.start(order["id"], DECLINED_AT_ATTACH, storeCard=True))
    assert answer["paymentResult"]["errCode"] == "card_declined"
    assert answer["orderManagementOrder"]["status"] == "CANCELLED"
    assert shop.buyer.get(LIST).json == []


def test_two_cards_have_one_customer(shop):
    customers = {ok(keep(shop, shop.localstripe.make_card(GOOD_CARD)))["customerId"] for _ in range(2)}
    assert len(customers) == 1


def test_a_customer_deleted_at_the_gateway_is_opened_anew_with_the_next_card(shop):
    """A localstripe that was started again knows nobody either."""
    old = ok(keep(shop, shop.localstripe.make_card(GOOD_CARD)))
    shop.localstripe.call("DELETE", f"/v1/customers/{old['customerId']}")
    assert keep(shop, "pm_nowhere").status_code == 400
    new = ok(keep(shop, shop.localstripe.make_card(GOOD_CARD)))
    assert new["customerId"] != old["customerId"]
    assert shop.buyer.get(LIST).json == [new]
    order = shop.order(shop.list_product())
    assert ok(shop.start(order["id"], new["paymentMethodId"]))["orderManagementOrder"]["status"] == "PAID"


@pytest.mark.parametrize("name", ["id", "paymentMethodId"])
def test_a_card_is_forgotten_by_either_of_its_ids(shop, name):
    card = ok(keep(shop, shop.localstripe.make_card(GOOD_CARD)))
    forgotten = ok(shop.buyer.delete(f"{DELETE}/{card[name]}"))
    assert forgotten["isActive"] is False
    assert shop.buyer.get(LIST).json == []
    assert shop.localstripe.call("GET", f"/v1/payment_methods/{card['paymentMethodId']}")["customer"] is None


def test_a_forgotten_card_pays_for_nobody(shop):
    card = ok(keep(shop, shop.localstripe.make_card(GOOD_CARD)))["paymentMethodId"]
    ok(shop.buyer.delete(f"{DELETE}/{card}"))
    for buyer in (shop.buyer, shop.buyer2):
        refused = shop.start(shop.order(shop.list_product(), buyer=buyer)["id"], card, buyer=buyer)
        assert (refused.status_code, refused.json["errCode"]) == (400, "PaymentMethodUnknown")


def test_only_references_to_a_card_are_kept(shop):
    card = ok(keep(shop, VISA))
    assert set(card["cardInfo"]) <= {"brand", "last4", "checks", "funding", "exp_month", "exp_year"}
    assert "givenId" not in card


@pytest.mark.parametrize("params", [
    {"paymentMethodId": 5}, {"paymentMethodId": ""}, {"return_url": 1}, {"return_url": "x" * 3000},
    {"storeCard": "yes"}, {"paymentMethodId": "pm_1\n"}])
def test_malformed_payment_params_are_refused(shop, params):
    order = shop.order(shop.list_product())
    refused = shop.buyer.patch(f"{ORDERS}/v1/startordermanagementorderpayment/{order['id']}",
                               json={"paymentUserParams": params})
    assert refused.status_code == 400
    assert any(name in str(refused.json["detail"]) for name in params)


def test_a_payment_without_any_card_is_refused(shop):
    refused = shop.start(shop.order(shop.list_product())["id"], None)
    assert (refused.status_code, refused.json["errCode"]) == (400, "PaymentMethodMissing")


def test_the_card_named_with_the_order_pays_when_none_is_named_later(shop):
    order = shop.place()
    ok(shop.add(order["id"], shop.list_product()), 201)
    assert ok(shop.start(order["id"], None))["orderManagementOrder"]["status"] == "PAID"


def test_another_card_replaces_one_that_waits_for_its_bank(shop):
    order = shop.order(shop.list_product())
    ok(shop.start(order["id"], shop.localstripe.make_card()))
    assert ok(shop.start(order["id"], VISA))["orderManagementOrder"]["status"] == "PAID"
    statuses = sorted(one["status"] for one in shop.localstripe.intents(orderId=order["id"]))
    assert statuses == ["canceled", "succeeded"]


def test_paying_again_with_the_same_card_continues_what_waits_for_its_bank(shop):
    order, card = shop.order(shop.list_product()), shop.localstripe.make_card()
    first = ok(shop.start(order["id"], card))["paymentResult"]["paymentIntentInfo"]
    again = ok(shop.start(order["id"], card))["paymentResult"]["paymentIntentInfo"]
    assert again == first
    assert len(shop.localstripe.intents(orderId=order["id"])) == 1


def test_a_bank_that_says_no_is_found_out_by_refresh(shop):
    order = shop.order(shop.list_product())
    waiting = ok(shop.start(order["id"], shop.localstripe.make_card()))["paymentResult"]
    shop.localstripe.authenticate(waiting["paymentId"], success=False)
    answer = ok(shop.refresh(order["id"]))
    assert answer["orderManagementOrder"]["_paymentConfirmation"] == "canceled"
    assert (answer["paymentResult"]["success"], answer["paymentResult"]["statusLiteral"]) == (False, "failed")
    assert shop.start(order["id"]).status_code == 200


def test_only_payer_and_staff_refresh(shop):
    order = shop.paid_order()
    assert shop.refresh(order["id"], shop.buyer2).status_code == 403
    assert shop.refresh(order["id"], shop.admin).status_code == 200
    unpaid = shop.order(shop.list_product())
    refused = shop.refresh(unpaid["id"])
    assert (refused.status_code, refused.json["errCode"]) == (400, "PaymentNotStarted")


def test_a_customer_whose_opening_was_not_answered_is_opened_by_the_worker_who_knows_no_name(shop):
    """The same idempotency key with other parameters is refused for a day."""
    order = shop.order(shop.list_product())
    with shop.gateway.failing("/v1/customers", after=True, drop=True, times=2):
        ok(shop.start(order["id"], storeCard=True))
    with moved_clock(minutes=2):
        run_job("settle-payments")
        assert shop.read(order["id"])["status"] == "PAID"


def test_staff_reads_a_payment_anew_but_not_the_secret_that_confirms_it(shop):
    order = shop.order(shop.list_product())
    ok(shop.start(order["id"], shop.localstripe.make_card()))
    told = [ok(shop.refresh(order["id"], actor))["paymentResult"]["paymentIntentInfo"]["clientSecret"] is not None
            for actor in (shop.buyer, shop.admin, shop.super_admin)]
    assert told == [True, False, False]


@pytest.mark.parametrize(("holds", "found"), [
    ({"brand": "visa"}, 1), ({"brand": "visa", "last4": "4242"}, 1), ({"brand": "mastercard"}, 0), ({}, 1),
    ({"exp_month": 12}, 1), ({"exp_month": 11}, 0), ({"nothing": None}, 1), ({"brand": None}, 0),
    ({"brand": "visa", "checks": {"nothing": "x"}}, 0), ({"brand": "x' OR '1'='1"}, 0)])
def test_kept_cards_are_filtered_by_what_the_card_is(shop, holds, found):
    ok(keep(shop, shop.localstripe.make_card(GOOD_CARD)))
    answer = ok(shop.buyer.get(METHODS.format(shop.buyer.user_id), query_string={"cardInfo": json.dumps(holds)}))
    assert len(answer["sys_paymentMethods"]) == answer["paging"]["totalRowCount"] == found


@pytest.mark.parametrize("holds", ["visa", "[1]", '"visa"', "{", '{"brand": ["visa"]}', '{"a\\"b": 1}', '{"": 1}',
                                   '{"a": "\\u0000"}', '{"a":{"a":{"a":{"a":{"a":1}}}}}', "[" * 5000])
def test_a_filter_that_is_no_object_is_refused(shop, holds):
    refused = shop.buyer.get(METHODS.format(shop.buyer.user_id), query_string={"cardInfo": holds})
    assert (refused.status_code, refused.json["detail"].keys()) == (400, {"cardInfo"})
