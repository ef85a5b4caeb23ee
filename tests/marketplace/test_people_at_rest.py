"""Who is archived, deleted or locked neither sells, buys, bids, offers nor wins, from now on (decision 41)."""
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data import batches
from app.data.changes import OutboxRecord
from app.data.connections import reading
from app.errors import Forbidden
from app.jobs.worker import run_job
from blueprints.marketplace.auction_offer.commands import close_auction, place_bid
from blueprints.marketplace.auction_offer.offer_commands import make_offer, offer_second_chance
from blueprints.marketplace.order_management import ledger_entries
from blueprints.marketplace.order_management.placing import Wanted, place_order
from blueprints.marketplace.product_listing.auction_state import auction_overview
from blueprints.marketplace.product_listing.commands import create_product, update_product, withdraw_listings_of
from blueprints.marketplace.product_listing.queries import live_products_of
from blueprints.platform.auth.commands import archive_profile, delete_user, lock_user
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.clients import PASSWORD
from tests.marketplace.auction_offer.saleroom import Saleroom
from tests.marketplace.order_management.conftest import shop  # noqa: F401
from tests.marketplace.order_management.shop import CATEGORY, PRODUCTS, ok

# ruff: noqa: F811 - that is how pytest hands fixtures over
SYSTEM = system_actor("marketplace")
SEARCH = "/marketplace/searchindexing-api/v1/searchindexes"


def lock(user, **time):
    lock_user(SYSTEM, user.user_id, now() + timedelta(**(time or {"days": 30})))


def archive(user):
    archive_profile(user.actor, user.user_id)


def delete(user):
    delete_user(SYSTEM, user.user_id)


in_every_way = pytest.mark.parametrize("rest", [lock, archive, delete])


@pytest.fixture
def room(callers):
    return Saleroom(callers)


def refusal(answer):
    return answer.status_code, answer.json["errCode"]


def listed(viewer, query=""):
    return [row["id"] for row in ok(viewer.get(f"{PRODUCTS}?pageNumber=0{query}"))["productListingProducts"]]


def found(viewer, words="phone"):
    return [row["referenceId"] for row in ok(viewer.get(f"{SEARCH}?q={words}"))["searchIndices"]]


@in_every_way
class TestASeller:
    def test_takes_no_bid_no_purchase_and_no_offer(self, room, rest):
        auction, bought_at_once, fixed = room.auction(), room.auction(buyNowPrice=200), room.fixed()
        rest(room.seller)
        assert refusal(room.bid(room.ben, auction, 60)) == (400, "SellerInactive")
        assert refusal(room.bid(room.ben, bought_at_once, 200, buyNow=True)) == (400, "SellerInactive")
        assert refusal(room.offer(room.ben, fixed, 80)) == (400, "SellerInactive")

    def test_is_ordered_from_by_nobody(self, shop, rest):
        product, empty = shop.list_product(), shop.place()
        other = shop.list_product(shop.other_seller)
        rest(shop.seller)
        assert refusal(shop.try_order({"productId": product})) == (400, "SellerInactive")
        assert refusal(shop.try_order({"productId": other}, {"productId": product})) == (400, "SellerInactive")
        assert refusal(shop.add(empty["id"], product)) == (400, "SellerInactive")
        ok(shop.try_order({"productId": other}), 201)

    def test_is_not_paid_for_what_was_ordered_before(self, shop, rest):
        order = shop.order(shop.list_product(), shop.list_product(shop.other_seller))
        rest(shop.seller)
        assert refusal(shop.start(order["id"])) == (400, "PartyInactive")
        assert refusal(shop.move(shop.admin, order["id"], "PAID")) == (400, "PartyInactive")
        assert shop.localstripe.intents(orderId=order["id"]) == []

    def test_gets_no_money_that_was_under_way(self, shop, rest):
        order = shop.order(shop.list_product())
        waiting = ok(shop.start(order["id"], shop.localstripe.make_card()))["paymentResult"]
        rest(shop.seller)
        shop.localstripe.authenticate(waiting["paymentId"])
        ok(shop.refresh(order["id"]))
        run_job("settle-payments")
        assert [one["amount"] for one in shop.localstripe.refunds(waiting["paymentId"])] == [10_500]
        assert shop.read(order["id"])["paidAt"] is None
        assert ledger_entries.differences() == []

    def test_accepts_no_offer_whoever_answers_it(self, room, rest):
        offer = room.offered(room.ben, room.fixed(), 80)
        rest(room.seller)
        assert refusal(room.answer(room.admin, offer, "ACCEPTED")) == (400, "SellerInactive")

    def test_sells_nothing_at_the_close(self, room, rest):
        auction = room.auction()
        bid = room.placed(room.ben, auction, 60)
        rest(room.seller)
        close_auction(SYSTEM, auction, early=True)
        assert auction_overview(auction)["winner_bid_id"] is None
        assert room.bid_seen(room.ben, bid)["status"] == "LOST"

    def test_is_awarded_no_sale_by_staff(self, room, rest):
        bid = room.placed(room.ben, room.auction(), 60)
        rest(room.seller)
        assert refusal(room.set_bid(room.admin, bid, "WON")) == (400, "SellerInactive")

    def test_is_shown_to_nobody_but_staff(self, room, rest, settle):
        product = room.fixed()
        settle()
        assert product in listed(room.ben)
        assert product in found(room.ben)
        rest(room.seller)
        for _ in range(2):  # at once, and after the events have tidied up
            assert product not in listed(room.ben)
            assert product not in found(room.ben)
            assert room.ben.get(f"{PRODUCTS}/{product}").status_code == 404
            settle()

    def test_lists_and_edits_nothing(self, room, rest):
        product = room.fixed()
        rest(room.seller)
        with pytest.raises(Forbidden, match="AccountInactive"):
            create_product(room.seller.actor, title="Lamp", description="d", condition="NEW", type="FIXED", price=1,
                           currency="USD", shipping=0, shipping_currency="USD", shipping_method="STANDARD",
                           category_id=CATEGORY, subcategory_id=CATEGORY)
        with pytest.raises(Forbidden, match="AccountInactive"):
            update_product(room.seller.actor, product, title="Lamp")

    def test_keeps_the_rows_that_others_need(self, shop, rest, settle):
        order = shop.paid_order()
        rest(shop.seller)
        settle()
        assert shop.read(order["id"])["orderItems"][0]["sellerId"] == shop.seller.user_id
        ok(shop.move(shop.admin, order["id"], "SHIPPED"))
        assert ledger_entries.differences() == []


@in_every_way
class TestABidder:
    def test_neither_bids_nor_offers_nor_orders(self, room, rest):
        auction, fixed = room.auction(), room.fixed()
        rest(room.ben)
        for act in (lambda: place_bid(room.ben.actor, product_id=auction, bid_amount=60, currency="USD"),
                    lambda: make_offer(room.ben.actor, product_id=fixed, offer_amount=80, currency="USD"),
                    lambda: place_order(room.ben.actor, shipping_address={}, payment_method_id="x",
                                        stripe_customer_id="x", lines=[Wanted(fixed)])):
            with pytest.raises(Forbidden, match="AccountInactive"):
                act()

    def test_does_not_win_and_the_next_pays_what_was_left(self, room, callers, rest):
        auction = room.auction()
        kept = room.placed(room.cleo, auction, 60)
        gone = room.placed(room.ben, auction, 90)
        rest(room.ben)
        close_auction(SYSTEM, auction, early=True)
        assert room.bid_seen(room.cleo, kept)["status"] == "WON"
        assert room.bid_seen(room.admin, gone)["status"] == "CANCELLED"
        assert room.price(auction) == (60, room.cleo.user_id)

    def test_alone_wins_nothing(self, room, rest):
        auction = room.auction()
        room.placed(room.ben, auction, 60)
        rest(room.ben)
        close_auction(SYSTEM, auction, early=True)
        assert auction_overview(auction)["winner_bid_id"] is None

    def test_is_awarded_nothing_by_staff(self, room, rest):
        bid = room.placed(room.ben, room.auction(), 60)
        rest(room.ben)
        assert refusal(room.set_bid(room.admin, bid, "WON")) == (400, "BuyerInactive")

    def test_leaves_the_running_auctions_and_the_price_follows(self, room, rest, settle):
        auction = room.auction()
        room.placed(room.cleo, auction, 60)
        room.placed(room.ben, auction, 90)
        offer = room.offered(room.ben, room.fixed(), 80)
        rest(room.ben)
        settle()
        assert room.price(auction) == (60, room.cleo.user_id)
        assert room.offer_seen(room.seller, offer)["status"] == "EXPIRED"

    def test_is_accepted_no_offer(self, room, rest):
        offer = room.offered(room.ben, room.fixed(), 80)
        rest(room.ben)
        assert refusal(room.answer(room.seller, offer, "ACCEPTED")) == (400, "BuyerInactive")

    def test_is_given_no_second_chance(self, room, rest):
        auction = room.auction()
        for bidder, amount in ((room.admin, 55), (room.ben, 60), (room.cleo, 70)):
            room.placed(bidder, auction, amount)
        close_auction(SYSTEM, auction, early=True)
        rest(room.ben)
        with moved_clock(days=5):
            assert offer_second_chance(SYSTEM, auction).buyer_id == room.admin.user_id

    def test_pays_nothing_even_by_the_hand_of_staff(self, shop, rest):
        order = shop.order(shop.list_product())
        rest(shop.buyer)
        assert refusal(shop.start(order["id"], buyer=shop.super_admin)) == (400, "PartyInactive")


class TestReturn:
    def test_a_lock_that_ends_by_the_clock_or_by_hand_shows_everything_again(self, room, settle, sent):
        product = room.fixed()
        for by_hand in (True, False):
            lock(room.seller, hours=6)
            settle()
            assert product not in listed(room.ben)
            if by_hand:
                lock_user(SYSTEM, room.seller.user_id, None)
                settle()
            with moved_clock(hours=0 if by_hand else 7):
                settle()
                assert product in listed(room.admin)
                assert product in found(room.admin)
        assert len(sent("ebaycclone-auth-service-user-locked")) == 2
        assert len(sent("ebaycclone-auth-service-user-unlocked")) == 2

    def test_an_archived_seller_who_logs_in_sells_again(self, room, client, settle, sent):
        product, auction = room.fixed(), room.auction()
        archive(room.seller)
        settle()
        answer = client.post("/marketplace/auth-api/login", json={"username": room.seller.email, "password": PASSWORD})
        assert answer.status_code == 200
        assert product in listed(room.ben)
        room.placed(room.ben, auction, 60)
        settle()
        assert product in found(room.ben)
        assert [event.key for event in sent("ebaycclone-auth-service-user-restored")] == [room.seller.user_id]

    def test_an_order_is_payable_again_in_its_time(self, shop):
        order = shop.order(shop.list_product())
        lock(shop.seller)
        assert refusal(shop.start(order["id"])) == (400, "PartyInactive")
        lock_user(SYSTEM, shop.seller.user_id, None)
        assert ok(shop.start(order["id"]))["orderManagementOrder"]["status"] == "PAID"

    def test_the_listings_of_a_deleted_seller_are_withdrawn_for_good(self, room, settle):
        auction, fixed = room.auction(), room.fixed()
        bid = room.placed(room.ben, auction, 60)
        delete(room.seller)
        settle()
        for product in (auction, fixed):
            assert room.admin.get(f"{PRODUCTS}/{product}").status_code == 404
        assert room.bid_seen(room.ben, bid)["status"] == "CANCELLED"

    def test_very_many_listings_are_withdrawn_in_batches(self, room, monkeypatch):
        left = []
        for _ in range(5):
            room.fixed()
        monkeypatch.setattr(batches, "BATCH_ROWS", 2)
        monkeypatch.setattr(batches, "yield_write_lock", lambda: left.append(len(live_products_of([seller_id]))))
        seller_id = room.seller.user_id
        assert withdraw_listings_of(SYSTEM, seller_id, "req-purge") == 5
        assert left == [3, 1, 0]
        with reading() as connection:
            causes = connection.execute(select(OutboxRecord.request_id).where(
                OutboxRecord.object == "productlistingproduct", OutboxRecord.verb == "deleted")).scalars().all()
        assert causes == ["req-purge"] * 5
