"""WC-1 to WC-7: the scenarios of rules-marketplace §10.5, and what else the chapter refuses."""
import uuid

import pytest

from app.clock import now
from app.errors import Forbidden
from blueprints.marketplace.watchlist_cart import cart_commands, commands
from blueprints.platform.auth.commands import archive_profile
from tests.marketplace.watchlist_cart.shelf import (
    CART,
    ITEMS,
    LISTS,
    OWN_CART,
    OWN_ITEMS,
    OWN_LISTS,
    QUANTITY,
    ROOT,
    ok,
    refused,
)

MOMENT = "2025-01-01T00:00:00.000Z"


def test_wc_1_only_fixed_price_products_come_into_a_cart_and_each_once(shelf, client):
    """WC-1"""
    product = shelf.listing()
    body = {"productId": product, "quantity": 2, "addedAt": MOMENT}
    assert client.post(CART, json=body).status_code == 401
    assert shelf.ben.post(CART, json=body | {"quantity": 0}).status_code == 400
    assert shelf.ben.post(CART, json=body | {"productId": str(uuid.uuid4())}).status_code == 404
    assert refused(shelf.ben.post(CART, json=body | {"productId": shelf.auction()})) == (400, "NotFixedPrice")
    made = ok(shelf.ben.post(CART, json=body | {"userId": shelf.cleo.user_id}), 201)["cartItem"]
    assert (made["userId"], made["quantity"], made["addedAt"]) == (shelf.ben.user_id, 2, MOMENT)
    assert refused(shelf.ben.post(CART, json=body)) == (400, "CartItemExists")


def test_wc_2_a_cart_shows_its_products_and_is_its_owners_alone(shelf):
    """WC-2"""
    row = shelf.fill(shelf.listing())
    [shown] = ok(shelf.ben.get(OWN_CART))["cartItems"]
    assert (shown["product"][0]["price"], shown["product"][0]["shipping"]) == (100, 5)
    assert "product" not in ok(shelf.ben.get(f"{OWN_CART}?getJoins=false"))["cartItems"][0]
    assert ok(shelf.cleo.get(CART))["cartItems"] == []
    assert [one["id"] for one in ok(shelf.admin.get(CART))["cartItems"]] == [row["id"]]
    assert ok(shelf.admin.get(OWN_CART))["cartItems"] == []


def test_wc_3_only_the_owner_changes_or_removes_a_cart_row(shelf):
    """WC-3"""
    product = shelf.listing()
    row = shelf.fill(product)["id"]
    for other in (shelf.cleo, shelf.admin):
        assert other.patch(f"{QUANTITY}/{row}", json={"quantity": 3}).status_code == 403
        assert other.delete(f"{CART}/{row}").status_code == 403
    for wrong in (0, -1, 1.5, "2", 2 ** 31):
        assert shelf.ben.patch(f"{QUANTITY}/{row}", json={"quantity": wrong}).status_code == 400
    assert ok(shelf.ben.patch(f"{QUANTITY}/{row}", json={"quantity": 3}))["cartItem"]["quantity"] == 3
    gone = ok(shelf.ben.delete(f"{CART}/{row}"))["cartItem"]
    assert gone["isActive"] is False
    assert shelf.ben.delete(f"{CART}/{row}").status_code == 404
    assert shelf.fill(product)["id"] != row


def test_wc_4_names_of_lists_are_ones_own_compared_folded_and_default_is_taken(shelf):
    """WC-4"""
    made = ok(shelf.ben.post(LISTS, json={"name": "Gifts", "itemCount": 9}), 201)["watchlistList"]
    assert made["itemCount"] == 0
    for same in ("Gifts", "gifts ", "ＧＩＦＴＳ"):
        assert refused(shelf.ben.post(LISTS, json={"name": same})) == (400, "WatchlistListExists")
    for reserved in (" default ", "Default", "ＤＥＦＡＵＬＴ"):
        assert refused(shelf.ben.post(LISTS, json={"name": reserved})) == (400, "ReservedName")
    for wrong in ("", "   ", "a\u200bb", "ﷺ" * 200, "x" * 256, 5):
        assert shelf.ben.post(LISTS, json={"name": wrong}).status_code == 400
    shelf.folder("Gifts", shelf.cleo)
    assert ok(shelf.ben.get(f"{LISTS}?name=GIFTS"))["watchlistLists"][0]["id"] == made["id"]


def test_wc_5_a_product_is_once_in_each_list_and_the_count_follows(shelf):
    """WC-5"""
    product, gifts = shelf.listing(), shelf.folder("Gifts")
    body = {"productId": product, "listId": gifts, "addedAt": MOMENT}
    assert shelf.cleo.post(ITEMS, json=body).status_code == 404
    assert shelf.admin.post(ITEMS, json=body).status_code == 404
    assert shelf.ben.post(ITEMS, json=body | {"productId": str(uuid.uuid4())}).status_code == 404
    made = ok(shelf.ben.post(ITEMS, json=body), 201)["watchlistItem"]
    assert (made["listId"], made["addedAt"]) == (gifts, MOMENT)
    assert shelf.counts() == {"Gifts": 1}
    assert refused(shelf.ben.post(ITEMS, json=body)) == (400, "WatchlistItemExists")
    assert shelf.counts() == {"Gifts": 1}
    shelf.watch(product)
    assert refused(shelf.ben.post(ITEMS, json={"productId": product})) == (400, "WatchlistItemExists")
    assert shelf.watched() == {(product, gifts), (product, None)}


def test_wc_6_what_is_in_a_list_that_is_deleted_goes_to_the_default_list_once(shelf):
    """WC-6"""
    both, other, gifts = shelf.listing(), shelf.listing(), shelf.folder("Gifts")
    for product, list_id in ((both, gifts), (both, None), (other, gifts)):
        shelf.watch(product, list_id)
    for stranger in (shelf.cleo, shelf.admin):
        assert stranger.delete(f"{LISTS}/{gifts}").status_code == 403
    assert shelf.ben.delete(f"{LISTS}/default").status_code == 400
    gone = ok(shelf.ben.delete(f"{LISTS}/{gifts}"))["watchlistList"]
    assert (gone["isActive"], gone["itemCount"]) == (False, 0)
    assert shelf.watched() == {(both, None), (other, None)}
    assert ok(shelf.ben.get(OWN_LISTS))["watchlistLists"] == []
    assert shelf.ben.delete(f"{LISTS}/{gifts}").status_code == 404
    assert shelf.ben.post(ITEMS, json={"productId": other, "listId": gifts}).status_code == 404
    shelf.folder("Gifts")


def test_wc_7_what_was_withdrawn_can_only_be_removed(shelf):
    """WC-7"""
    product = shelf.listing()
    row, item = shelf.fill(product)["id"], shelf.watch(product)
    shelf.withdraw(product)
    assert refused(shelf.ben.patch(f"{QUANTITY}/{row}", json={"quantity": 3})) == (400, "ProductUnavailable")
    assert shelf.cleo.post(CART, json={"productId": product, "quantity": 1}).status_code == 404
    assert shelf.cleo.post(ITEMS, json={"productId": product}).status_code == 404
    for path, rows in ((OWN_CART, "cartItems"), (OWN_ITEMS, "watchlistItems")):
        [shown] = ok(shelf.ben.get(path))[rows][0]["product"]
        assert (shown["available"], shown["title"]) == (False, "Phone")
        assert shown["description"] is shown["price"] is None
    ok(shelf.ben.delete(f"{CART}/{row}"))
    ok(shelf.ben.delete(f"{ITEMS}/{item}"))
    assert (shelf.cart(), shelf.watched()) == ({}, set())


@pytest.mark.parametrize(("path", "rows", "names"), [
    (CART, "cartItems", {"currency", "description", "condition", "condition_idx", "price", "title", "type", "type_idx",
                         "mediaAssetIds", "available"}),
    (OWN_CART, "cartItems", {"currency", "description", "condition", "condition_idx", "endPrice", "price", "title",
                             "startPrice", "type", "type_idx", "shipping", "available"}),
])
def test_the_products_of_a_cart_show_what_the_contract_says(shelf, path, rows, names):
    shelf.fill(shelf.listing())
    [row] = ok(shelf.ben.get(path))[rows]
    [product] = row["product"]
    assert product.keys() == names
    assert (product["available"], product["type"]) == (True, "FIXED")
    assert (product["type_idx"], product["condition_idx"]) == (0, 1)


@pytest.mark.parametrize("path", [ITEMS, OWN_ITEMS])
def test_what_is_watched_shows_its_product_and_whether_it_can_be_had(shelf, path):
    fixed, auction = shelf.listing(quantity=1), shelf.auction()
    for product in (fixed, auction):
        shelf.watch(product)
    shown = {row["productId"]: row["product"][0] for row in ok(shelf.ben.get(path))["watchlistItems"]}
    assert (shown[fixed]["price"], shown[auction]["startPrice"]) == (100, 50)
    assert shown[fixed]["available"] is shown[auction]["available"] is True


def test_the_default_list_is_found_by_its_word_and_by_null(shelf):
    product, other, gifts = shelf.listing(), shelf.listing(), shelf.folder("Gifts")
    shelf.watch(product)
    shelf.watch(other, gifts)
    for word, wanted in (("default", product), ("null", product), (gifts, other)):
        rows = ok(shelf.ben.get(f"{ITEMS}?listId={word}"))["watchlistItems"]
        assert [row["productId"] for row in rows] == [wanted]
    assert shelf.ben.get(f"{ITEMS}?listId=gifts").status_code == 400


@pytest.mark.parametrize("path", [CART, OWN_CART, ITEMS, OWN_ITEMS, LISTS, OWN_LISTS])
def test_the_number_of_statements_does_not_grow_with_the_rows(shelf, count_statements, path):
    def statements():
        with count_statements() as counted:
            ok(shelf.ben.get(f"{path}?caching=false"))
        return len(counted)

    shelf.fill(shelf.listing())
    shelf.watch(shelf.listing(), shelf.folder("One"))
    statements()
    one = statements()
    for number in range(5):
        shelf.fill(shelf.listing())
        shelf.watch(shelf.listing())
        shelf.folder(f"List {number}")
    assert statements() == one


def test_a_row_is_deleted_by_its_owner_alone_and_the_count_follows(shelf):
    gifts = shelf.folder("Gifts")
    item = shelf.watch(shelf.listing(), gifts)
    for stranger in (shelf.cleo, shelf.admin):
        assert stranger.delete(f"{ITEMS}/{item}").status_code == 403
    assert ok(shelf.ben.delete(f"{ITEMS}/{item}"))["watchlistItem"]["isActive"] is False
    assert shelf.counts() == {"Gifts": 0}
    assert shelf.ben.delete(f"{ITEMS}/{item}").status_code == 404


def test_what_a_person_who_is_gone_sells_is_neither_watched_nor_put_into_a_cart(shelf, app):
    product = shelf.listing()
    shelf.watch(product, who=shelf.cleo)
    archive_profile(shelf.seller.actor, shelf.seller.user_id)
    assert shelf.ben.post(ITEMS, json={"productId": product}).status_code == 404
    assert shelf.ben.post(CART, json={"productId": product, "quantity": 1}).status_code == 404
    [row] = ok(shelf.cleo.get(OWN_ITEMS))["watchlistItems"]
    assert (row["product"][0]["available"], row["product"][0]["description"]) == (False, None)


def test_a_person_who_is_gone_watches_and_collects_nothing(shelf, app):
    product, row = shelf.listing(), shelf.fill(shelf.listing())["id"]
    archive_profile(shelf.ben.actor, shelf.ben.user_id)
    for act in (lambda: commands.create_folder(shelf.ben.actor, name="Gifts"),
                lambda: commands.watch(shelf.ben.actor, product_id=product, added_at=now()),
                lambda: cart_commands.add_to_cart(shelf.ben.actor, product_id=product, quantity=1, added_at=now()),
                lambda: cart_commands.change_quantity(shelf.ben.actor, row, quantity=2)):
        with pytest.raises(Forbidden, match="AccountInactive"):
            act()


def test_the_mount_is_the_contracts():
    assert ROOT == "/marketplace/watchlistcart-api/v1"
