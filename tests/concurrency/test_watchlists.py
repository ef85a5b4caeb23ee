"""Two at once on one cart, one list, one name: one wins, nobody gets a 5xx, and the counts equal a recount."""
from collections import Counter

from blueprints.marketplace.product_listing.stock import stock_figures
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.concurrency.together import together
from tests.marketplace.order_management.conftest import shop  # noqa: F401
from tests.marketplace.order_management.test_ordering_a_cart import cart_of, fill, order_cart
from tests.marketplace.watchlist_cart.conftest import shelf  # noqa: F401
from tests.marketplace.watchlist_cart.shelf import BULK, CART, ITEMS, LISTS, QUANTITY, ok
from tests.passes import rounds

# ruff: noqa: F811 - that is how pytest hands fixtures over
ROUNDS = rounds(30)


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def test_of_two_equal_cart_rows_one_stands(app, shelf):
    for _ in range(ROUNDS):
        body = {"productId": shelf.listing(), "quantity": 1}
        answers = together(app, *[lambda body=body: shelf.ben.post(CART, json=body)] * 2)
        assert statuses(answers) == [201, 400]
        assert {answer.json["errCode"] for answer in answers if answer.status_code == 400} == {"CartItemExists"}
    assert set(shelf.cart().values()) == {1}


def test_of_two_folders_of_one_name_one_stands(app, shelf):
    for number in range(ROUNDS):
        answers = together(app, *(lambda name=name: shelf.ben.post(LISTS, json={"name": name})
                                  for name in (f"List {number}", f"LIST  {number}")))
        assert statuses(answers) == [201, 400]
        assert {one.json["errCode"] for one in answers if one.status_code == 400} == {"WatchlistListExists"}
    assert len(shelf.counts()) == ROUNDS


def test_a_list_that_is_deleted_while_something_comes_into_it_or_into_the_default_list(app, shelf):
    for number in range(ROUNDS):
        product, late, gifts = shelf.listing(), shelf.listing(), shelf.folder(f"Gifts {number}")
        item = shelf.watch(product, gifts)
        deleted, added, moved, equal = together(
            app, lambda gifts=gifts: shelf.ben.delete(f"{LISTS}/{gifts}"),
            lambda late=late, gifts=gifts: shelf.ben.post(ITEMS, json={"productId": late, "listId": gifts}),
            lambda item=item: shelf.ben.patch(f"{ITEMS}/{item}", json={"listId": None}),
            lambda product=product: shelf.ben.post(ITEMS, json={"productId": product}))
        assert deleted.status_code == 200, deleted.json
        assert added.status_code in (201, 404)
        assert moved.status_code in (200, 400, 404)
        assert equal.status_code in (201, 400)
        assert [list_id for known, list_id in shelf.watched() if known == product] == [None]
        assert ((late, None) in shelf.watched()) == (added.status_code == 201)
    assert shelf.counts() == {}


def test_rows_that_go_both_ways_at_once_leave_counts_that_are_right(app, shelf):
    one, two = shelf.folder("One"), shelf.folder("Two")
    items = [shelf.watch(shelf.listing(), list_id) for list_id in (one, one, two, two)]
    for _ in range(ROUNDS // 2):
        answers = together(app, *(lambda list_id=list_id, ids=ids: shelf.ben.post(
            BULK, json={"action": "MOVE_TO_LIST", "watchlistItemIds": ids, "listId": list_id})
            for list_id, ids in ((one, items), (two, items[::-1]))))
        assert statuses(answers) == [200, 200]
        assert sum(shelf.counts().values()) == 4
    answers = together(app, *[lambda: shelf.ben.delete(f"{ITEMS}/{items[0]}")] * 2)
    assert statuses(answers) in ([200, 404], [200, 400])
    assert sum(shelf.counts().values()) == 3


def test_the_last_unit_from_two_carts_goes_to_one(app, shop):
    for _ in range(ROUNDS):
        product = shop.list_product(quantity=1)
        for buyer in (shop.buyer, shop.buyer2):
            fill(shop, product, buyer=buyer)
        answers = together(app, *(lambda buyer=buyer: order_cart(shop, buyer) for buyer in (shop.buyer, shop.buyer2)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 400: 1}
        assert {one.json["errCode"] for one in answers if one.status_code == 400} == {"OutOfStock"}
        assert stock_figures()[product] == (1, 0)
        for buyer in (shop.buyer, shop.buyer2):
            [row] = ok(buyer.get(CART))["cartItems"]
            ok(buyer.delete(f"{CART}/{row['id']}"))


def test_an_order_and_a_change_of_its_cart_at_once_agree(app, shop):
    product = shop.list_product()
    row = fill(shop, product, 1)
    for quantity in range(2, 2 + ROUNDS):
        placed, changed = together(
            app, lambda: order_cart(shop), lambda quantity=quantity: shop.buyer.patch(
                f"{QUANTITY}/{row}", json={"quantity": quantity}))
        assert changed.status_code == 200
        assert placed.status_code in (201, 400)
        if placed.status_code == 400:
            assert placed.json["errCode"] == "CartChanged"
            assert placed.json["detail"] == [{"cartItemId": row, "productId": product, "quantity": quantity}]
        else:
            subtotal = placed.json["orderManagementOrder"]["summary"]["subtotal"]
            assert subtotal in (100 * (quantity - 1), 100 * quantity)
    assert cart_of(shop) == {product: ROUNDS + 1}
