"""`fromCart` orders the whole cart as it was shown (decision 14); what is paid leaves the cart (OR-3, X-1)."""
import uuid

import pytest

from tests.marketplace.order_management.shop import ok

CART = "/marketplace/watchlistcart-api/v1/cartitems"
QUANTITY = "/marketplace/watchlistcart-api/v1/cartitemquantity"
OWN_CART = "/marketplace/watchlistcart-api/v1/usercartitems"


def fill(shop, product, quantity=1, buyer=None):
    body = {"productId": product, "quantity": quantity}
    return ok((buyer or shop.buyer).post(CART, json=body), 201)["cartItem"]["id"]


def cart_of(shop, buyer=None):
    rows = ok((buyer or shop.buyer).get(OWN_CART))["cartItems"]
    return {row["productId"]: row["quantity"] for row in rows}


def order_cart(shop, buyer=None, **fields):
    body = {"shippingAddress": {"city": "X"}, "fromCart": True} | fields
    return (buyer or shop.buyer).post("/marketplace/ordermanagement-api/v1/ordermanagementorders", json=body)


def refusal(answer):
    return answer.status_code, answer.json["errCode"]


@pytest.mark.parametrize("wrong", [
    {"lineItems": [{"productId": str(uuid.uuid4())}]}, {"fromCart": "yes"}, {"cart": [{"quantity": 1}]},
    {"cart": [{"cartItemId": str(uuid.uuid4()), "quantity": 0}]}, {"cart": {}},
    {"fromCart": False, "cart": []}, {"shippingAddress": None}, {"cart": [{"cartItemId": str(uuid.uuid4()),
                                                                           "quantity": 1}] * 101}])
def test_a_call_that_does_not_say_what_is_ordered_is_refused(shop, wrong):
    fill(shop, shop.list_product())
    assert refusal(order_cart(shop, **wrong)) == (400, "ValidationError")


def test_an_empty_cart_is_not_ordered(shop):
    assert refusal(order_cart(shop)) == (400, "CartEmpty")
    fill(shop, shop.list_product(), buyer=shop.buyer2)
    assert refusal(order_cart(shop)) == (400, "CartEmpty")


def test_a_cart_that_is_not_what_was_shown_is_refused_with_the_present_one(shop):
    first, second = shop.list_product(), shop.list_product(price=10)
    one, two = fill(shop, first, 2), fill(shop, second)
    shown = [{"cartItemId": one, "quantity": 2}, {"cartItemId": two, "quantity": 1}]
    ok(shop.buyer.patch(f"{QUANTITY}/{one}", json={"quantity": 3}))
    refused = order_cart(shop, cart=shown)
    assert refusal(refused) == (400, "CartChanged")
    present = [{"cartItemId": one, "productId": first, "quantity": 3},
               {"cartItemId": two, "productId": second, "quantity": 1}]
    assert refused.json["detail"] == present
    for other in (shown[:1], [*shown, {"cartItemId": str(uuid.uuid4()), "quantity": 1}], []):
        assert refusal(order_cart(shop, cart=other)) == (400, "CartChanged")
    shown[0]["quantity"] = 3
    placed = ok(order_cart(shop, cart=shown[::-1]), 201)["orderManagementOrder"]
    assert placed["summary"] == {"subtotal": 310, "shipping": 20, "discount": 0, "total": 330, "currency": "USD"}


def test_a_summary_that_differs_is_refused(shop):
    fill(shop, shop.list_product())
    assert refusal(order_cart(shop, summary={"total": 1})) == (400, "SummaryDiffers")


def test_a_cart_with_something_that_is_gone_names_it(shop):
    gone, product = shop.list_product(), shop.list_product()
    row = fill(shop, gone)
    fill(shop, product)
    ok(shop.seller.delete(f"/marketplace/productlisting-api/v1/productlistingproducts/{gone}"))
    refused = order_cart(shop)
    assert (*refusal(refused), refused.json["detail"]) == (400, "CartItemUnavailable", [row])


def test_ones_own_listing_is_blocked_when_it_is_ordered(shop):
    """WC10"""
    product = shop.list_product()
    fill(shop, product, buyer=shop.seller)
    assert order_cart(shop, buyer=shop.seller).status_code == 403


def test_an_order_of_a_cart_takes_the_units_and_leaves_the_cart_until_it_is_paid(shop):
    product = shop.list_product(quantity=2)
    fill(shop, product, 2)
    order = ok(order_cart(shop), 201)["orderManagementOrder"]
    assert cart_of(shop) == {product: 2}
    assert refusal(order_cart(shop)) == (400, "OutOfStock")
    ok(shop.start(order["id"]))
    assert cart_of(shop) == {}
    ok(shop.refresh(order["id"]))
    fill(shop, product)
    ok(shop.refresh(order["id"]))
    assert cart_of(shop) == {product: 1}


def test_a_payment_that_fails_leaves_the_cart(shop):
    product = shop.list_product()
    fill(shop, product)
    order = ok(order_cart(shop), 201)["orderManagementOrder"]
    shop.start(order["id"], "pm_card_chargeDeclined")
    assert cart_of(shop) == {product: 1}
    ok(shop.start(order["id"]))
    assert cart_of(shop) == {}


def test_what_was_added_meanwhile_stays_in_the_cart(shop):
    product, other = shop.list_product(), shop.list_product()
    row = fill(shop, product, 2)
    order = ok(order_cart(shop), 201)["orderManagementOrder"]
    ok(shop.buyer.patch(f"{QUANTITY}/{row}", json={"quantity": 5}))
    fill(shop, other)
    fill(shop, product, 4, buyer=shop.buyer2)
    ok(shop.start(order["id"]))
    assert cart_of(shop) == {product: 3, other: 1}
    assert cart_of(shop, shop.buyer2) == {product: 4}


def test_what_staff_book_as_paid_leaves_the_cart_too(shop):
    product = shop.list_product()
    fill(shop, product)
    order = shop.order(product)
    ok(shop.move(shop.admin, order["id"], "PAID"))
    assert cart_of(shop) == {}


def test_or_3_and_x_1_what_was_ordered_item_by_item_leaves_the_cart_when_it_is_paid(shop, settle):
    """OR-3 and X-1, the cart's part"""
    product, other = shop.list_product(), shop.list_product()
    fill(shop, product)
    fill(shop, other)
    order = shop.place()
    ok(shop.add(order["id"], product), 201)
    assert cart_of(shop) == {product: 1, other: 1}
    ok(shop.start(order["id"]))
    assert cart_of(shop) == {other: 1}
    settle()
    assert len(shop.notices(shop.buyer, "ORDER_PAID")) == len(shop.notices(shop.seller, "ORDER_PAID")) == 1
    ok(shop.move(shop.seller, order["id"], "SHIPPED"))
    ok(shop.move(shop.buyer, order["id"], "DELIVERED"))


def test_watchers_hear_that_the_last_unit_is_sold_when_it_is_paid(shop, settle):
    product, unlimited = shop.list_product(quantity=1), shop.list_product()
    for listing in (product, unlimited):
        for buyer in (shop.buyer, shop.buyer2):
            ok(buyer.post("/marketplace/watchlistcart-api/v1/watchlistitems", json={"productId": listing}), 201)
    order = shop.order(product, unlimited)
    settle()
    assert shop.notices(shop.buyer2, "SYSTEM_ALERT") == []
    ok(shop.start(order["id"]))
    settle()
    assert [notice["payload"]["productId"] for notice in shop.notices(shop.buyer2, "SYSTEM_ALERT")] == [product]
    assert shop.notices(shop.buyer, "SYSTEM_ALERT") == []
