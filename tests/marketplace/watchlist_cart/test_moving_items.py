"""Moves of one row and of many: refusals first, each row's outcome, and counts that equal a recount."""
import uuid

import pytest

from blueprints.marketplace.watchlist_cart import rules
from tests.marketplace.watchlist_cart.shelf import BULK, ITEMS, LISTS, ok, refused


def test_a_move_says_where_to(shelf):
    item = shelf.watch(shelf.listing())
    for wrong in ({}, {"listId": "gifts"}, {"listId": 5}):
        assert shelf.ben.patch(f"{ITEMS}/{item}", json=wrong).status_code == 400


def test_a_row_is_moved_by_its_owner_to_a_list_of_his_own(shelf):
    item, theirs, mine = shelf.watch(shelf.listing()), shelf.folder("Theirs", shelf.cleo), shelf.folder("Mine")
    for list_id in (theirs, str(uuid.uuid4())):
        assert shelf.ben.patch(f"{ITEMS}/{item}", json={"listId": list_id}).status_code == 404
    assert shelf.cleo.patch(f"{ITEMS}/{item}", json={"listId": theirs}).status_code == 403
    assert shelf.admin.patch(f"{ITEMS}/{item}", json={"listId": mine}).status_code == 403


def test_a_product_that_is_there_already_is_not_moved(shelf):
    product, gifts = shelf.listing(), shelf.folder("Gifts")
    item = shelf.watch(product)
    shelf.watch(product, gifts)
    assert refused(shelf.ben.patch(f"{ITEMS}/{item}", json={"listId": gifts})) == (400, "WatchlistItemExists")
    assert shelf.counts() == {"Gifts": 1}


def test_a_row_goes_from_list_to_list_and_null_is_the_default_list(shelf):
    product, gifts, later = shelf.listing(), shelf.folder("Gifts"), shelf.folder("Later")
    item = shelf.watch(product)
    for list_id, counts in ((gifts, {"Gifts": 1, "Later": 0}), (later, {"Gifts": 0, "Later": 1}),
                            (later, {"Gifts": 0, "Later": 1}), (None, {"Gifts": 0, "Later": 0})):
        assert ok(shelf.ben.patch(f"{ITEMS}/{item}", json={"listId": list_id}))["watchlistItem"]["listId"] == list_id
        assert shelf.counts() == counts
    assert shelf.watched() == {(product, None)}


def test_a_list_holds_so_many_and_no_more(shelf, monkeypatch):
    monkeypatch.setattr(rules, "ITEMS_PER_LIST", 1)
    gifts = shelf.folder("Gifts")
    shelf.watch(shelf.listing(), gifts)
    assert refused(shelf.ben.post(ITEMS, json={"productId": shelf.listing(), "listId": gifts})) == (400, "ListFull")
    item = shelf.watch(shelf.listing())
    assert refused(shelf.ben.patch(f"{ITEMS}/{item}", json={"listId": gifts})) == (400, "ListFull")
    assert shelf.counts() == {"Gifts": 1}


@pytest.mark.parametrize("wrong", [
    {"action": "REMOVE"}, {"action": "SELL", "cartItemIds": [str(uuid.uuid4())]}, {"cartItemIds": [str(uuid.uuid4())]},
    {"action": "REMOVE", "watchlistItemIds": [str(uuid.uuid4()) for _ in range(60)],
     "cartItemIds": [str(uuid.uuid4()) for _ in range(60)]},
    {"action": "REMOVE", "cartItemIds": [str(uuid.uuid4())], "listId": str(uuid.uuid4())}])
def test_a_bulk_call_that_says_too_little_or_too_much_is_refused(shelf, wrong):
    assert shelf.ben.post(BULK, json=wrong).status_code == 400


def test_many_are_not_moved_to_a_list_that_is_somebody_elses(shelf):
    item, theirs = shelf.watch(shelf.listing()), shelf.folder("Theirs", shelf.cleo)
    body = {"action": "MOVE_TO_LIST", "watchlistItemIds": [item], "listId": theirs}
    assert shelf.ben.post(BULK, json=body).status_code == 404


def test_what_cannot_be_moved_stays_and_says_why_and_the_others_go_on(shelf):
    fixed, auction, gone, there = shelf.listing(), shelf.auction(), shelf.listing(), shelf.listing()
    gifts = shelf.folder("Gifts")
    items = {product: shelf.watch(product, gifts) for product in (fixed, auction, gone, there)}
    theirs, unknown = shelf.watch(fixed, who=shelf.cleo), str(uuid.uuid4())
    shelf.fill(there)
    shelf.withdraw(gone)
    said = shelf.bulk("MOVE_TO_CART", [*items.values(), theirs, unknown])
    assert {row_id: code for row_id, (code, _) in said.items()} == {
        items[fixed]: None, items[auction]: "NotFixedPrice", items[gone]: "RecordNotFound",
        items[there]: "CartItemExists", theirs: "RecordNotFound", unknown: "RecordNotFound"}
    assert shelf.cart() == {fixed: 1, there: 1}
    assert shelf.watched() == {(auction, gifts), (gone, gifts), (there, gifts)}
    assert shelf.counts() == {"Gifts": 3}
    assert said[items[fixed]][1]["object"] == "cartItem"
    assert shelf.watched(shelf.cleo) == {(fixed, None)}


def test_many_go_from_lists_and_cart_to_a_list(shelf):
    first, second, third = (shelf.listing() for _ in range(3))
    gifts, later = shelf.folder("Gifts"), shelf.folder("Later")
    items = [shelf.watch(first, gifts), shelf.watch(second)]
    row = shelf.fill(third, 5)["id"]
    said = shelf.bulk("MOVE_TO_LIST", items, [row], listId=later)
    assert [code for code, _ in said.values()] == [None, None, None]
    assert shelf.watched() == {(first, later), (second, later), (third, later)}
    assert (shelf.cart(), shelf.counts()) == ({}, {"Gifts": 0, "Later": 3})
    again = shelf.bulk("MOVE_TO_LIST", items)
    assert [code for code, _ in again.values()] == [None, None]
    assert shelf.counts() == {"Gifts": 0, "Later": 1}


def test_the_same_product_from_two_lists_comes_to_the_default_list_once(shelf):
    product, gifts, later = shelf.listing(), shelf.folder("Gifts"), shelf.folder("Later")
    items = [shelf.watch(product, gifts), shelf.watch(product, later)]
    said = shelf.bulk("MOVE_TO_LIST", items)
    assert sorted(code or "" for code, _ in said.values()) == ["", "WatchlistItemExists"]
    assert sorted(shelf.counts().values()) == [0, 1]


def test_many_are_removed_at_once(shelf):
    gifts, gone = shelf.folder("Gifts"), shelf.listing()
    items, row = [shelf.watch(shelf.listing(), gifts), shelf.watch(gone, gifts)], shelf.fill(gone)["id"]
    shelf.withdraw(gone)
    said = shelf.bulk("REMOVE", items * 2, [row])
    assert {row_id: code for row_id, (code, _) in said.items()} == dict.fromkeys([*items, row])
    assert (shelf.watched(), shelf.cart(), shelf.counts()) == (set(), {}, {"Gifts": 0})


def test_a_count_that_is_wrong_is_found_by_doctor(shelf, app):
    from sqlalchemy import update

    from app.actor import system_actor
    from app.data.unit_of_work import unit_of_work
    from blueprints.marketplace.watchlist_cart.checks import check_watchlists
    from blueprints.marketplace.watchlist_cart.models import WatchlistList

    gifts = shelf.folder("Gifts")
    shelf.watch(shelf.listing(), gifts)
    assert check_watchlists()[0] == "ok"
    with unit_of_work(system_actor("marketplace")) as work:
        work.execute(update(WatchlistList).values(item_count=7))
        work.commit()
    assert check_watchlists() == ("fail", f"list {gifts} says 7 and has 1")
    with unit_of_work(system_actor("marketplace")) as work:
        work.execute(update(WatchlistList).values(item_count=1, is_active=False))
        work.commit()
    assert check_watchlists()[0] == "fail"
    assert ok(shelf.ben.get(LISTS + "?caching=false"))["watchlistLists"] == []
