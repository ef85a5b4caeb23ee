"""The scenarios of rules-marketplace §7.5, against a real localstripe process."""
import uuid
from dataclasses import replace

import pytest

from app.payments.gateway.stripe import StripeGateway
from tests.app.payments.stand_in import DECLINED_AT_CHARGE, VISA
from tests.marketplace.order_management.shop import ORDERS, ok


def test_or_1_an_order_starts_unpaid_whatever_the_client_says(shop):
    """OR-1"""
    placed = shop.place(orderNumber="ORD-t1", status="PAID", paidAt="2020-01-01T00:00:00Z", trackingNumber="T")
    assert (placed["status"], placed["_paymentConfirmation"], placed["buyerId"]) == \
        ("PENDING_PAYMENT", "pending", shop.buyer.user_id)
    assert (placed["paidAt"], placed["trackingNumber"], placed["orderNumber"]) == (None, None, "ORD-t1")
    again = shop.buyer.post(f"{ORDERS}/v1/ordermanagementorders", json=shop.order_body(orderNumber="ORD-t1"))
    assert (again.status_code, again.json["errCode"]) == (400, "OrderNumberExists")


def test_or_1_an_order_needs_an_address_but_no_number(shop):
    """OR-1"""
    body = shop.order_body()
    del body["shippingAddress"]
    refused = shop.buyer.post(f"{ORDERS}/v1/ordermanagementorders", json=body)
    assert refused.status_code == 400
    assert "shippingAddress" in refused.json["detail"]
    assert shop.place()["orderNumber"].startswith("ORD-")


@pytest.mark.parametrize("number", ["", "A\nB", "Ä", "x" * 256, 5, None])
def test_an_order_number_is_printable_or_made_by_the_server(shop, number):
    answer = shop.buyer.post(f"{ORDERS}/v1/ordermanagementorders", json=shop.order_body(orderNumber=number))
    assert answer.status_code == (201 if number is None else 400)


def test_or_2_items_are_refused_to_strangers_at_other_prices_and_twice(shop):
    """OR-2"""
    order, listing = shop.place(), shop.list_product()
    auction = shop.list_product(type="AUCTION", startPrice=50)
    assert shop.add(order["id"], listing, buyer=shop.buyer2).status_code == 403
    assert shop.add(order["id"], listing, price=1).status_code == 400
    assert shop.add(order["id"], auction).status_code == 400
    assert shop.add(order["id"], listing, quantity=0).status_code == 400
    assert shop.add(order["id"], str(uuid.uuid4())).status_code == 404
    assert shop.add(str(uuid.uuid4()), listing).status_code == 404
    own = shop.place(buyer=shop.seller)
    assert shop.add(own["id"], listing, buyer=shop.seller).status_code == 403
    item = ok(shop.add(order["id"], listing), 201)["orderManagementOrderItem"]
    assert shop.add(order["id"], listing).status_code == 400
    assert shop.read(order["id"])["items"] == [item["id"]]


def test_or_2_an_item_copies_the_listing_not_the_client(shop):
    """OR-2"""
    order, listing = shop.place(), shop.list_product(title="Lamp")
    item = ok(shop.add(order["id"], listing, title="Gold", sellerId=shop.buyer2.user_id, shipping=0, currency="EUR"),
              201)["orderManagementOrderItem"]
    assert (item["title"], item["sellerId"], item["shipping"], item["currency"]) == \
        ("Lamp", shop.seller.user_id, 5, "USD")


def test_or_3_a_good_card_pays_at_once(shop, settle):
    """OR-3"""
    order, listing = shop.place(orderNumber="ORD-t1"), shop.list_product()
    ok(shop.add(order["id"], listing), 201)
    assert shop.start(order["id"], buyer=shop.buyer2).status_code == 403
    answer = ok(shop.start(order["id"], return_url="https://x"))
    paid, result = answer["orderManagementOrder"], answer["paymentResult"]
    assert (paid["status"], paid["_paymentConfirmation"]) == ("PAID", "paid")
    assert paid["paidAt"]
    assert paid["paymentIntentId"] == result["paymentId"]
    assert (result["success"], result["amount"], result["currency"]) == (True, 105, "USD")
    assert result["description"] == f"Order #ORD-t1 for buyerId {shop.buyer.user_id}"
    assert result["metadata"]["checkoutName"] == "orderManagementOrder"
    assert result["paymentIntentInfo"]["status"] == result["paymentStatus"] == "succeeded"
    assert result["paymentIntentInfo"]["clientSecret"]
    assert result["paymentIntentInfo"]["publicKey"] == "pk_test_guildhall"
    ticket = shop.ticket(order["id"])
    assert (ticket["id"], ticket["statusLiteral"]) == (result["paymentTicketId"], "success")
    assert shop.start(order["id"]).status_code == 400
    assert [one["status"] for one in shop.localstripe.intents(orderId=order["id"])] == ["succeeded"]
    settle()
    assert len(shop.notices(shop.buyer, "ORDER_PAID")) == len(shop.notices(shop.seller, "ORDER_PAID")) == 1


@pytest.mark.parametrize("card", [DECLINED_AT_CHARGE, "pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"])
def test_or_4_a_declined_card_cancels_and_another_card_pays(shop, card):
    """OR-4"""
    order = shop.order(shop.list_product())
    answer = ok(shop.start(order["id"], card))
    assert (answer["paymentResult"]["result"], answer["paymentResult"]["errCode"]) == ("ERR", "card_declined")
    declined = answer["orderManagementOrder"]
    assert (declined["status"], declined["_paymentConfirmation"]) == ("CANCELLED", "canceled")
    assert shop.ticket(order["id"])["statusLiteral"] == "failed"
    paid = ok(shop.start(order["id"], VISA))["orderManagementOrder"]
    assert (paid["status"], paid["_paymentConfirmation"], paid["cancelledAt"]) == ("PAID", "paid", None)
    assert shop.ticket(order["id"])["statusLiteral"] == "success"


def test_or_4_a_card_the_gateway_does_not_know_is_declined_too(shop):
    """OR-4"""
    order = shop.order(shop.list_product())
    answer = ok(shop.start(order["id"], "pm_nowhere"))
    assert (answer["paymentResult"]["result"], answer["paymentResult"]["errCode"]) == ("ERR", "resource_missing")
    assert answer["orderManagementOrder"]["status"] == "CANCELLED"
    assert ok(shop.start(order["id"]))["orderManagementOrder"]["status"] == "PAID"


def test_or_5_a_card_that_asks_for_action_is_paid_by_the_webhook(shop):
    """OR-5"""
    order = shop.order(shop.list_product())
    answer = ok(shop.start(order["id"], "pm_card_authenticationRequired"))
    waiting, info = answer["orderManagementOrder"], answer["paymentResult"]["paymentIntentInfo"]
    assert info["status"] == "requires_action"
    assert info["clientSecret"]
    assert (waiting["status"], waiting["_paymentConfirmation"]) == ("PENDING_PAYMENT", "processing")
    shop.localstripe.authenticate(info["paymentIntentId"])
    event = next(one for one in shop.localstripe.events("payment_intent.succeeded")
                 if one["data"]["object"]["id"] == info["paymentIntentId"])
    assert shop.webhook(event, signature="t=1,v1=00").status_code == 400
    paid = ok(shop.webhook(event))["orderManagementOrder"]
    assert (paid["status"], paid["_paymentConfirmation"]) == ("PAID", "paid")
    replayed = ok(shop.webhook(event))["orderManagementOrder"]
    assert replayed == paid
    other = {"id": "evt_1", "type": "invoice.created", "created": 1, "data": {"object": {"object": "invoice"}}}
    refused = shop.webhook(other)
    assert (refused.status_code, refused.json["message"]) == (400, "Unhandled stripe webhook event [invoice.created]")


def test_or_6_the_seller_ships_the_buyer_confirms(shop, settle):
    """OR-6"""
    order = shop.paid_order()
    assert shop.move(shop.buyer, order["id"], "SHIPPED").status_code == 403
    shipped = ok(shop.move(shop.seller, order["id"], "SHIPPED", trackingNumber="T1", carrier="UPS"))
    assert shipped["orderManagementOrder"]["shippedAt"]
    assert shipped["orderManagementOrder"]["trackingNumber"] == "T1"
    settle()
    assert shop.notices(shop.buyer, "ORDER_SHIPPED")[0]["payload"]["carrier"] == "UPS"
    assert shop.move(shop.seller, order["id"], "DELIVERED").status_code == 403
    assert ok(shop.move(shop.buyer, order["id"], "DELIVERED"))["orderManagementOrder"]["deliveredAt"]
    settle()
    assert len(shop.notices(shop.buyer, "FEEDBACK_REQUESTED")) == 1
    assert len(shop.notices(shop.seller, "ORDER_DELIVERED")) == 1


def test_or_7_only_the_seller_of_everything_ships_what_is_paid(shop):
    """OR-7"""
    unpaid = shop.order(shop.list_product())
    assert shop.move(shop.seller, unpaid["id"], "SHIPPED").status_code == 400
    mixed = shop.paid_order(shop.list_product(), shop.list_product(shop.other_seller))
    assert shop.move(shop.seller, mixed["id"], "SHIPPED").status_code == 403
    assert shop.move(shop.admin, mixed["id"], "SHIPPED").status_code == 200


@pytest.mark.parametrize("status", ["REFUNDED", "PAID", "CANCELLED"])
def test_or_8_the_buyer_decides_nothing_about_money(shop, status):
    """OR-8"""
    order = shop.paid_order()
    assert shop.move(shop.buyer, order["id"], status).status_code == 403


def test_or_8_staff_refunds_through_the_gateway(shop):
    """OR-8"""
    order = shop.paid_order()
    answer = ok(shop.move(shop.admin, order["id"], "REFUNDED"))
    assert answer["orderManagementOrder"]["status"] == "REFUNDED"
    assert answer["paymentResult"]["refundStatus"] == "succeeded"
    assert [one["amount"] for one in shop.localstripe.refunds(order["paymentIntentId"])] == [10_500]
    assert shop.move(shop.admin, order["id"], "REFUNDED").status_code == 400


def test_or_9_the_buyer_cancels_what_is_not_shipped(shop, settle):
    """OR-9"""
    order = shop.paid_order()
    cancelled = ok(shop.cancel(shop.buyer, order["id"]))["orderManagementOrder"]
    assert (cancelled["status"], cancelled["isActive"]) == ("CANCELLED", False)
    assert cancelled["cancelledAt"]
    assert shop.buyer.get(f"{ORDERS}/v1/ordermanagementorders/{order['id']}").status_code == 404
    settle()
    assert len(shop.notices(shop.seller, "ORDER_CANCELLED")) == 1
    shipped = shop.paid_order()
    ok(shop.move(shop.seller, shipped["id"], "SHIPPED"))
    assert shop.cancel(shop.buyer, shipped["id"]).status_code == 400


def test_or_10_an_order_is_seen_by_those_it_concerns(shop):
    """OR-10"""
    order = shop.paid_order()
    assert shop.read(order["id"], shop.seller)["orderItems"][0]["title"] == "Phone"
    assert shop.buyer2.get(f"{ORDERS}/v1/ordermanagementorders/{order['id']}").status_code == 403
    own = f"{ORDERS}/v1/ownordermanagementorders"
    assert [one["id"] for one in ok(shop.buyer.get(own))["orderManagementOrders"]] == [order["id"]]
    assert ok(shop.seller.get(own))["orderManagementOrders"] == []
    sales = ok(shop.seller.get(f"{ORDERS}/v1/lisordermanagementownorderitem"))["orderManagementOrderItems"]
    assert [one["orderId"] for one in sales] == [order["id"]]
    assert ok(shop.buyer2.get(f"{ORDERS}/v1/ordermanagementorders"))["orderManagementOrders"] == []


def test_or_11_the_buyer_does_not_play_webhook(shop):
    """OR-11"""
    order = shop.order(shop.list_product())
    path = f"{ORDERS}/v1/completeorderstripewebhook/{order['id']}"
    assert shop.buyer.patch(path, json={"status": "PAID"}).status_code == 403
    assert shop.read(order["id"])["status"] == "PENDING_PAYMENT"
    assert ok(shop.admin.patch(path, json={"status": "PAID"}))["orderManagementOrder"]["status"] == "PAID"


@pytest.mark.both("PostgreSQL takes no text that is longer than its column, and no NUL")
def test_a_card_is_kept_whatever_its_holder_is_called_at_the_gateway(shop, monkeypatch):
    attach = StripeGateway.attach_card
    monkeypatch.setattr(StripeGateway, "attach_card", lambda *asked: replace(
        attach(*asked), holder_name="Ben\0" + "n" * 3000, holder_zip="8" * 300))
    order = shop.order(shop.list_product())
    assert ok(shop.start(order["id"], storeCard=True))["orderManagementOrder"]["status"] == "PAID"
    [card] = shop.buyer.get(f"{ORDERS}/payment-methods/list").json
    assert (card["cardHolderName"], card["cardHolderZip"]) == ("Ben " + "n" * 251, "8" * 255)


def test_or_12_a_card_is_kept_shown_to_its_owner_and_forgotten(shop):
    """OR-12"""
    buyer, seller = shop.buyer, shop.seller
    card = ok(buyer.post(f"{ORDERS}/payment-methods/add", json={"paymentMethodId": VISA}))
    assert (card["platform"], card["userId"], card["cardInfo"]["last4"]) == ("stripe", buyer.user_id, "4242")
    assert buyer.get(f"{ORDERS}/payment-methods/list").json == [card]
    customer = ok(buyer.get(f"{ORDERS}/v1/paymentcustomers/{buyer.user_id}"))["sys_paymentCustomer"]
    assert customer["customerId"] == card["customerId"]
    assert seller.get(f"{ORDERS}/v1/paymentcustomers/{buyer.user_id}").status_code == 403
    methods = f"{ORDERS}/v1/paymentcustomermethods/{buyer.user_id}"
    assert len(ok(buyer.get(methods))["sys_paymentMethods"]) == 1
    assert seller.get(methods).status_code == 403
    assert seller.delete(f"{ORDERS}/payment-methods/delete/{VISA}").status_code == 404
    ok(buyer.delete(f"{ORDERS}/payment-methods/delete/{VISA}"))
    assert buyer.get(f"{ORDERS}/payment-methods/list").json == []
    assert buyer.delete(f"{ORDERS}/payment-methods/delete/{VISA}").status_code == 404


def test_the_client_secret_is_the_payers_alone(shop, sent):
    """Who holds it can confirm the payment: events are read by others."""
    order = shop.order(shop.list_product())
    result = ok(shop.start(order["id"], shop.localstripe.make_card()))["paymentResult"]
    secret = result["paymentIntentInfo"]["clientSecret"]
    [told] = sent("ebaycclone-ordermanagement-service-ordermanagementorderpayment-started")
    assert told.payload["paymentResult"]["statusLiteral"] == "started"
    assert secret not in str(told.payload)


def test_x_6_ordering_and_paying_leave_their_events(shop, sent):
    """X-6"""
    shop.paid_order()
    prefix = "ebaycclone-ordermanagement-service-"
    for topic in ("ordermanagementorderpaymentstatus-succeeded", "ordermanagementorderpayment-started",
                  "dbevent-ordermanagementorder-created", "ordermanagementorder-created"):
        assert len(sent(prefix + topic)) == 1, topic
