"""A listing that moderation holds: who sees it, who trades on it, what comes back (moderation.md M-1, M-4, M-9)."""
from typing import Any

import pytest

from app.clock import moved_clock
from app.jobs.worker import run_job
from tests.clients import ApiClient, Callers
from tests.flow import settle
from tests.marketplace.auction_offer.saleroom import PRODUCTS, Saleroom, refused
from tests.marketplace.moderation.holding import ACT, OTHER_ACT, hold, seen, show_again, subject
from tests.marketplace.product_listing.conftest import OWN_PRODUCTS

CARTS = "/marketplace/watchlistcart-api/v1/cartitems"
ORDERS = "/marketplace/ordermanagement-api/v1/ordermanagementorders"
SEARCH = "/marketplace/searchindexing-api/v1/searchindexes"


@pytest.fixture
def room(callers: Callers) -> Saleroom:
    return Saleroom(callers)


def listed(viewer: ApiClient, path: str = PRODUCTS) -> list[dict[str, Any]]:
    answer = viewer.get(path)
    assert answer.status_code == 200, answer.json
    rows: list[dict[str, Any]] = answer.json["productListingProducts"]
    assert answer.json["paging"]["totalRowCount"] == len(rows)
    return rows


def test_m_1_a_hidden_listing_is_seen_by_its_seller_and_staff_who_are_told(room):
    product = room.fixed()
    hold("PRODUCT", product)
    assert seen(room.cleo, f"{PRODUCTS}/{product}") == 404
    assert listed(room.cleo) == []
    assert listed(room.seller) == []  # the list that everybody shares
    for viewer, path in ((room.seller, OWN_PRODUCTS), (room.admin, PRODUCTS)):
        assert [row["held"] for row in listed(viewer, path)] == ["HIDDEN"]
        assert viewer.get(f"{PRODUCTS}/{product}").json["productListingProduct"]["held"] == "HIDDEN"


def test_m_1_a_removed_listing_is_seen_by_staff_alone(room):
    product = room.fixed()
    hold("PRODUCT", product, "REMOVED")
    assert seen(room.seller, f"{PRODUCTS}/{product}") == 404
    assert listed(room.seller, OWN_PRODUCTS) == []
    assert room.seller.patch(f"{PRODUCTS}/{product}", json={"title": "Other"}).status_code == 404
    assert [row["held"] for row in listed(room.admin)] == ["REMOVED"]


def test_m_1_a_listing_that_is_shown_again_is_as_before(room):
    product = room.fixed()
    before = room.product(product)
    hold("PRODUCT", product)
    assert listed(room.cleo) == []
    assert show_again("PRODUCT", product) == []
    after = room.product(product)
    assert {name for name in after if after[name] != before[name]} == {"recordVersion", "updatedAt"}
    assert [row["id"] for row in listed(room.cleo)] == [product]


def test_m_1_a_hidden_listing_may_be_edited_and_withdrawn_by_its_seller(room):
    product = room.fixed()
    hold("PRODUCT", product)
    assert room.seller.patch(f"{PRODUCTS}/{product}", json={"title": "Harmless"}).status_code == 200
    assert room.seller.delete(f"{PRODUCTS}/{product}").status_code == 200


def test_m_1_nobody_bids_on_a_held_auction(room):
    auction = room.auction()
    hold("PRODUCT", auction)
    assert room.bid(room.ben, auction, 60).status_code == 404
    assert refused(room.bid(room.admin, auction, 60)) == (400, "ListingHeld")


def test_m_1_nobody_offers_for_a_held_listing(room):
    product = room.fixed()
    hold("PRODUCT", product)
    assert room.offer(room.ben, product, 80).status_code == 404
    assert refused(room.offer(room.admin, product, 80)) == (400, "ListingHeld")


def test_m_1_nobody_orders_or_collects_a_held_listing(room):
    product, free = room.fixed(), room.fixed()
    in_cart = room.ben.post(CARTS, json={"productId": product, "quantity": 1})
    assert in_cart.status_code == 201
    hold("PRODUCT", product)
    for buyer in (room.ben, room.admin):
        lines = [{"productId": product, "quantity": 1}, {"productId": free, "quantity": 1}]
        assert buyer.post(ORDERS, json={"shippingAddress": {"city": "X"}, "lineItems": lines}).status_code == 404
    assert room.cleo.post(CARTS, json={"productId": product, "quantity": 1}).status_code == 404
    cart = room.ben.get(CARTS).json["cartItems"]
    assert [row["product"] for row in cart] == [[]]
    ordered = room.ben.post(ORDERS, json={"shippingAddress": {"city": "X"}, "fromCart": True})
    assert refused(ordered) == (400, "CartItemUnavailable")


def test_m_1_a_held_listing_is_joined_for_its_seller_and_staff_alone(room):
    product = room.fixed()
    offer = room.offered(room.ben, product, 80)
    hold("PRODUCT", product)
    joined = {viewer: room.offer_seen(viewer, offer)["product"] for viewer in (room.ben, room.seller, room.admin)}
    assert joined[room.ben] is None
    assert joined[room.seller]["id"] == joined[room.admin]["id"] == product


def test_m_1_a_held_listing_leaves_the_search_and_comes_back(room):
    product = room.fixed(title="Rolex")
    settle()
    found = [row["referenceId"] for row in room.cleo.get(f"{SEARCH}?q=rolex").json["searchIndices"]]
    assert found == [product]
    hold("PRODUCT", product)
    settle()
    assert room.cleo.get(f"{SEARCH}?q=rolex").json["searchIndices"] == []
    show_again("PRODUCT", product)
    settle()
    assert [row["referenceId"] for row in room.cleo.get(f"{SEARCH}?q=rolex").json["searchIndices"]] == [product]


def test_m_1_a_hold_is_in_no_event(room, sent):
    product = room.fixed()
    hold("PRODUCT", product)
    updated = sent("ebaycclone-productlisting-service-dbevent-productlistingproduct-updated")[-1]
    assert updated.key == product
    assert "held" not in str(updated.payload)


def test_m_1_and_m_25_a_held_listing_is_not_restored(room):
    product = room.fixed()
    room.seller.delete(f"{PRODUCTS}/{product}")
    hold("PRODUCT", product)
    restore = "/marketplace/adminmoderation-api/admin/entity/restore"
    answer = room.admin.post(restore, json={"entityType": "PRODUCT", "entityId": product, "reason": "r"})
    assert answer.status_code in (400, 404), answer.json


def test_moderation_reads_a_listing_without_its_reserve(room):
    auction = room.auction(title="Clock", description="ticks", reservePrice=77, biddingMode="PROXY")
    hold("PRODUCT", auction, "REMOVED")
    read = subject("PRODUCT", auction)
    assert read is not None
    assert (read.title, read.person_id, read.held, read.is_active) == ("Clock", room.seller.user_id, "REMOVED", True)
    assert read.words == "Clock\nticks"
    assert not {"reservePrice", "leaderMax"} & read.content.keys()
    assert subject("PRODUCT", ACT) is None


def test_m_9_open_offers_lapse_and_come_back_in_time(room):
    product = room.fixed()
    pending, countered = room.offered(room.ben, product, 80), room.offered(room.cleo, product, 70)
    room.answer(room.seller, countered, "COUNTERED", counterAmount=75)
    hold("PRODUCT", product)
    assert {room.offer_seen(room.admin, one)["status"] for one in (pending, countered)} == {"EXPIRED"}
    assert room.answer(room.seller, pending, "ACCEPTED").status_code == 400
    assert show_again("PRODUCT", product) == []
    assert room.offer_seen(room.admin, pending)["status"] == "PENDING"
    assert room.offer_seen(room.admin, countered)["status"] == "COUNTERED"
    assert room.answer(room.seller, pending, "ACCEPTED").status_code == 200


def test_m_9_an_offer_that_lapsed_by_itself_stays_so(room):
    product = room.fixed()
    offer = room.offered(room.ben, product, 80)
    hold("PRODUCT", product)
    with moved_clock(hours=49):
        assert show_again("PRODUCT", product) != []
    assert room.offer_seen(room.admin, offer)["status"] == "EXPIRED"


def test_m_9_an_offer_that_another_act_ended_stays_so(room):
    product = room.fixed()
    offer = room.offered(room.ben, product, 80)
    hold("PRODUCT", product, act=OTHER_ACT)
    assert show_again("PRODUCT", product, acts=[ACT]) == []
    assert room.offer_seen(room.admin, offer)["status"] == "EXPIRED"


def test_m_9_an_offer_that_was_answered_stays_so(room):
    product = room.fixed()
    offer = room.offered(room.ben, product, 80)
    room.answer(room.seller, offer, "DECLINED")
    hold("PRODUCT", product)
    show_again("PRODUCT", product)
    assert room.offer_seen(room.admin, offer)["status"] == "DECLINED"


def test_an_auction_that_is_held_at_its_end_closes_without_a_sale(room):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    hold("PRODUCT", auction)
    with moved_clock(hours=2):
        run_job("close-auctions")
        assert [bid["status"] for bid in room.history(room.admin, auction)] == ["CANCELLED"]
        assert show_again("PRODUCT", auction) == ["The auction has closed without a sale; it does not go on"]
        assert room.product(auction)["id"] == auction


def test_an_auction_that_ends_before_its_undo_is_not_sold_by_it(room):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    hold("PRODUCT", auction)
    with moved_clock(hours=2):
        assert show_again("PRODUCT", auction) == ["The auction has closed without a sale; it does not go on"]
        run_job("close-auctions")
        assert [bid["status"] for bid in room.history(room.admin, auction)] == ["CANCELLED"]


def test_an_auction_that_is_shown_again_in_time_goes_on(room):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    hold("PRODUCT", auction)
    assert show_again("PRODUCT", auction) == []
    room.placed(room.cleo, auction, 70)
    with moved_clock(hours=2):
        run_job("close-auctions")
        assert [bid["status"] for bid in room.history(room.admin, auction)] == ["LOST", "WON"]


def test_lists_read_no_more_statements_for_what_is_held(room, count_statements):
    for _ in range(3):
        room.fixed()
    held = room.fixed()
    room.admin.get(f"{PRODUCTS}?caching=false")
    with count_statements() as without:
        room.admin.get(f"{PRODUCTS}?caching=false")
    hold("PRODUCT", held)
    room.admin.get(f"{PRODUCTS}?caching=false")
    with count_statements() as with_held:
        room.admin.get(f"{PRODUCTS}?caching=false")
    assert len(with_held) == len(without)
