"""Suspended and banned people on the marketplace: listings, bids, offers and orders, and what an undo brings back."""
import pytest
from sqlalchemy import select

from app.actor import anonymous, system_actor
from app.clock import moved_clock
from app.data.reads import fetch
from app.data.reads.read_request import ReadRequest
from app.data.unit_of_work import unit_of_work
from app.jobs.worker import run_job
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.marketplace.auction_offer.models import Bid, Offer
from blueprints.marketplace.order_management import ledger_entries
from blueprints.marketplace.product_listing.auction_state import auction_overview
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.product_listing.queries import list_products
from blueprints.marketplace.search_indexing.models import SearchIndex
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.cases import open_case, resolve
from blueprints.platform.moderation.models import Case
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.marketplace.auction_offer.saleroom import Saleroom, refused
from tests.marketplace.order_management.conftest import shop  # noqa: F401
from tests.marketplace.order_management.shop import PRODUCTS, ok
from tests.platform.moderation.people_acts import act_on, undo

# ruff: noqa: F811 - that is how pytest hands fixtures over
SYSTEM = system_actor("marketplace")
SEARCH = "/marketplace/searchindexing-api/v1/searchindexes"
UNCOUNTED = {"record_version", "updated_at"}


@pytest.fixture
def room(callers):
    return Saleroom(callers)


def listed(viewer):
    return [row["id"] for row in ok(viewer.get(f"{PRODUCTS}?pageNumber=0"))["productListingProducts"]]


def found(viewer, words="phone"):
    return [row["referenceId"] for row in ok(viewer.get(f"{SEARCH}?q={words}"))["searchIndices"]]


def rows(*models):
    """Every row of these tables, without what any write changes (M-27)."""
    return {model.__tablename__: sorted(
        tuple((name, value) for name, value in row._mapping.items() if name not in UNCOUNTED)
        for row in fetch(select(model.__table__))) for model in models}


def people_sell():
    """The ids of the listings that visitors see."""
    return [row["id"] for row in list_products(anonymous("marketplace"), ReadRequest()).rows]


def found_in_index(product_id):
    return [row.is_active for row in fetch(select(SearchIndex.is_active).where(
        SearchIndex.reference_id == product_id))] == [True]


def statuses(room, *bids):
    return [room.bid_seen(room.admin, bid)["status"] for bid in bids]


class TestListings:
    def test_m_3_listings_of_a_suspended_seller_are_shown_to_nobody_and_no_row_of_them_is_written(self, room, settle):
        product = room.fixed()
        settle()
        before = rows(Product)
        act = act_on(room.seller, "SUSPEND", days=7)
        for _ in range(2):  # at once, and after the events
            assert product not in listed(room.ben)
            assert product not in found(room.ben)
            assert room.ben.get(f"{PRODUCTS}/{product}").status_code == 404
            assert room.admin.get(f"{PRODUCTS}/{product}").status_code == 200
            settle()
        assert rows(Product) == before
        undo(act)
        assert product in listed(room.ben)
        settle()
        assert product in found(room.ben)

    def test_m_3_a_suspension_that_ends_by_the_clock_shows_them_again(self, room, settle):
        product = room.fixed()
        act_on(room.seller, "SUSPEND", days=7)
        settle()
        assert product not in people_sell()
        with moved_clock(days=8):
            assert product in people_sell()
            settle()
            assert found_in_index(product)

    def test_m_3_writing_nothing_of_the_listings_the_statements_do_not_grow_with_them(self, room, count_statements):
        for _ in range(12):
            room.fixed()
        counts = []
        for person in (room.ben, room.seller):
            with count_statements() as statements:
                undo(act_on(person, "SUSPEND", days=7))
            counts.append(len(statements))
        assert counts[0] == counts[1]

    def test_m_2_who_may_not_sell_is_not_shown_and_may_buy(self, room):
        product, auction = room.fixed(), room.auction()
        act_on(room.seller, "SUSPEND", days=7, scope="SELLING")
        assert product not in listed(room.ben)
        assert refused(room.bid(room.ben, auction, 60)) == (400, "SellerInactive")
        assert refused(room.seller.post(PRODUCTS, json={
            "title": "Phone", "description": "d", "condition": "NEW", "currency": "USD", "shipping": 5, "type": "FIXED",
            "price": 1, "shippingCurrency": "USD", "shippingMethod": "STANDARD", "categoryId": room.admin.user_id,
            "subcategoryId": room.admin.user_id})) == (403, "AccountInactive")

    def test_m_2_who_may_not_buy_sells_on(self, room):
        auction, fixed = room.auction(), room.fixed()
        act_on(room.seller, "SUSPEND", days=7, scope="BUYING")
        act_on(room.ben, "SUSPEND", days=7, scope="BUYING")
        assert refused(room.bid(room.ben, auction, 60)) == (403, "AccountInactive")
        assert refused(room.offer(room.ben, fixed, 60)) == (403, "AccountInactive")
        room.placed(room.cleo, auction, 60)


class TestAuctions:
    def test_m_4_no_bid_is_taken_the_end_does_not_move_and_it_goes_on_after(self, room):
        auction = room.auction(hours=24 * 9, softCloseSeconds=600)
        room.placed(room.ben, auction, 60)
        end = auction_overview(auction)["effective_end"]
        act = act_on(room.seller, "SUSPEND", days=7)
        assert refused(room.bid(room.cleo, auction, 70)) == (400, "SellerInactive")
        assert auction_overview(auction)["effective_end"] == end
        undo(act)
        room.placed(room.cleo, auction, 70)

    def test_m_4_it_closes_without_a_sale_if_he_is_still_suspended_at_the_end(self, room):
        over, later = room.auction(hours=1), room.auction(hours=24 * 8)
        bids = [room.placed(room.ben, auction, 60) for auction in (over, later)]
        act_on(room.seller, "SUSPEND", days=7)
        with moved_clock(hours=2):
            close_auction(SYSTEM, over)
        with moved_clock(days=8, hours=1):
            close_auction(SYSTEM, later)
        assert statuses(room, *bids) == ["LOST", "WON"]
        assert auction_overview(over)["winner_bid_id"] is None

    def test_m_6_a_suspended_bidders_bid_stays_and_may_win(self, room, settle):
        auction = room.auction()
        bid = room.placed(room.ben, auction, 60)
        act_on(room.ben, "SUSPEND", days=7)
        settle()
        close_auction(SYSTEM, auction, early=True)
        assert statuses(room, bid) == ["WON"]

    @pytest.mark.parametrize("mode", ["OPEN", "PROXY"])
    def test_m_5_a_ban_takes_out_all_bids_and_its_undo_leaves_every_row_as_it_was(self, room, mode):
        led, behind = (room.auction(biddingMode=mode) for _ in range(2))
        room.placed(room.cleo, led, 60), room.placed(room.ben, led, 100)
        room.placed(room.ben, behind, 60), room.placed(room.cleo, behind, 100)
        before = rows(Bid, Product)
        ban = act_on(room.ben, "BAN")
        assert {row.status for row in fetch(select(Bid.status).where(Bid.user_id == room.ben.user_id))} == {"CANCELLED"}
        assert room.price(led) == ((60 if mode == "OPEN" else 50), room.cleo.user_id)
        assert room.price(behind)[1] == room.cleo.user_id
        assert undo(ban) == []
        assert rows(Bid, Product) == before

    def test_m_5_what_others_bid_since_counts_and_the_price_does_not_fall(self, room, callers):
        auction, dora = room.auction(biddingMode="PROXY"), callers.user("dora")
        room.placed(room.cleo, auction, 60)
        bid = room.placed(room.ben, auction, 100)
        ban = act_on(room.ben, "BAN")
        room.placed(dora, auction, 80)
        price = room.price(auction)[0]
        undo(ban)
        assert statuses(room, bid) == ["ACTIVE"]
        assert room.price(auction)[1] == room.ben.user_id
        assert price <= room.price(auction)[0] <= 100
        assert room.price(auction)[0] > 80

    def test_m_5_after_the_close_bids_stay_out_and_the_undo_says_so(self, room):
        auction = room.auction()
        bid = room.placed(room.ben, auction, 60)
        ban = act_on(room.ben, "BAN")
        close_auction(SYSTEM, auction, early=True)
        assert undo(ban) == ["1 bid cannot come back and stays cancelled"]
        assert statuses(room, bid) == ["CANCELLED"]

    def test_m_5_a_bid_stays_out_whose_bidder_has_bid_again(self, room, callers):
        auction = room.auction()
        first = room.placed(room.ben, auction, 60)
        ban = act_on(room.ben, "BAN")
        act_on(room.ben, "UNBAN")
        assert statuses(room, first) == ["ACTIVE"]
        undo(ban)
        assert statuses(room, first) == ["ACTIVE"]

    def test_m_5_a_second_ban_leaves_bids_out_when_the_first_is_undone(self, room):
        bid = room.placed(room.ben, room.auction(), 60)
        first, second = act_on(room.ben, "BAN"), act_on(room.ben, "BAN")
        assert undo(first) != []
        assert statuses(room, bid) == ["CANCELLED"]
        undo(second)
        assert statuses(room, bid) == ["CANCELLED"]


class TestOffers:
    def test_m_9_open_offers_lapse_on_both_sides_and_the_undo_reopens_them(self, room):
        made, got = room.offered(room.ben, room.fixed(), 80), room.offered(room.cleo, room.fixed(), 70)
        ok(room.answer(room.seller, made, "COUNTERED", counterAmount=90))
        before = rows(Offer)
        of_buyer, of_seller = act_on(room.ben, "SUSPEND", days=7), act_on(room.seller, "SUSPEND", days=7)
        assert [room.offer_seen(room.admin, offer)["status"] for offer in (made, got)] == ["EXPIRED", "EXPIRED"]
        undo(of_buyer), undo(of_seller)
        assert rows(Offer) == before

    def test_m_9_a_suspension_from_selling_leaves_the_offers_one_made(self, room):
        made = room.offered(room.ben, room.fixed(), 80)
        act_on(room.ben, "SUSPEND", days=7, scope="SELLING")
        assert room.offer_seen(room.admin, made)["status"] == "PENDING"
        act_on(room.ben, "SUSPEND", days=7, scope="BUYING")
        assert room.offer_seen(room.admin, made)["status"] == "EXPIRED"

    def test_m_9_what_is_out_of_time_or_made_anew_stays_lapsed(self, room):
        product = room.fixed()
        late, again = room.offered(room.ben, room.fixed(), 80), room.offered(room.cleo, product, 80)
        act = act_on(room.seller, "SUSPEND", days=7)
        undo(act)
        assert room.offer_seen(room.admin, again)["status"] == "PENDING"
        act = act_on(room.seller, "SUSPEND", days=30)
        with moved_clock(hours=49):
            assert undo(act) == ["2 offers cannot come back and stay lapsed"]
        assert room.offer_seen(room.admin, late)["status"] == "EXPIRED"


class TestOrders:
    def test_m_6_a_ban_cancels_unpaid_orders_and_leaves_paid_ones(self, shop):
        product = shop.list_product(quantity=3)
        unpaid, other = shop.order(product), shop.order(product)
        paid = shop.paid_order(product)
        ban = act_on(shop.buyer, "BAN")
        seen = [shop.read(order["id"], shop.admin) for order in (unpaid, other, paid)]
        assert [order["status"] for order in seen] == ["CANCELLED", "CANCELLED", "PAID"]
        assert undo(ban) == ["2 unpaid order(s) stay cancelled"]
        assert ledger_entries.differences() == []

    def test_m_6_a_ban_closes_a_payment_that_has_started(self, shop):
        order = shop.order(shop.list_product(quantity=1))
        waiting = ok(shop.start(order["id"], shop.localstripe.make_card()))["paymentResult"]
        act_on(shop.buyer, "BAN")
        run_job("settle-payments")
        [intent] = shop.localstripe.intents(orderId=order["id"])
        assert (intent["id"], intent["status"]) == (waiting["paymentId"], "canceled")

    def test_m_6_a_suspension_leaves_orders_as_they_are(self, shop):
        order = shop.order(shop.list_product())
        act_on(shop.buyer, "SUSPEND", days=7)
        assert shop.read(order["id"], shop.admin)["status"] == "PENDING_PAYMENT"

    def test_m_6_a_ban_frees_the_accepted_offer_and_the_units_that_an_order_had_taken(self, shop, room):
        product = shop.list_product(quantity=1)
        offer = room.offered(shop.buyer, product, 80)
        ok(room.answer(shop.seller, offer, "ACCEPTED"))
        ok(shop.try_order({"productId": product, "offerId": offer}), 201)
        act_on(shop.buyer, "BAN")
        assert [row.order_id for row in fetch(select(Offer.order_id).where(Offer.id == offer))] == [None]
        assert [row.reserved for row in fetch(select(Product.reserved).where(Product.id == product))] == [0]

    def test_m_7_unpaid_orders_of_a_suspended_seller_are_refused_at_the_start_of_payment_and_lapse(self, shop, settle):
        order = shop.order(shop.list_product())
        act_on(shop.seller, "SUSPEND", days=7)
        assert refused(shop.start(order["id"])) == (400, "PartyInactive")
        with moved_clock(hours=25):
            settle()
        assert shop.read(order["id"], shop.admin)["status"] == "CANCELLED"

    def test_m_7_what_succeeded_at_the_gateway_counts(self, shop):
        order = shop.order(shop.list_product())
        waiting = ok(shop.start(order["id"], shop.localstripe.make_card()))["paymentResult"]
        shop.localstripe.authenticate(waiting["paymentId"])
        act_on(shop.seller, "SUSPEND", days=7)
        ok(shop.refresh(order["id"]))
        assert shop.read(order["id"])["status"] == "PAID"
        assert ledger_entries.differences() == []

    def test_m_7_a_payment_still_open_when_the_seller_is_suspended_is_closed(self, shop):
        order = shop.order(shop.list_product())
        ok(shop.start(order["id"], shop.localstripe.make_card()))
        act_on(shop.seller, "SUSPEND", days=7)
        with moved_clock(hours=1):
            run_job("settle-payments")
        [intent] = shop.localstripe.intents(orderId=order["id"])
        assert intent["status"] == "canceled"

    def test_m_8_paid_orders_of_a_suspended_seller_that_wait_five_days_become_one_case_each(self, shop):
        waiting, shipped = shop.paid_order(), shop.paid_order()
        shop.paid_order(shop.list_product(shop.other_seller))
        ok(shop.move(shop.seller, shipped["id"], "SHIPPED"))
        act_on(shop.seller, "SUSPEND", days=30)
        with moved_clock(days=4):
            assert run_job("unshipped-orders") == "0 opened"
        with moved_clock(days=6):
            assert run_job("unshipped-orders") == "1 opened"
            assert run_job("unshipped-orders") == "0 opened"
        assert [tuple(row) for row in fetch(select(Case.kind, Case.entity_type, Case.entity_id, Case.state))] == [
            ("ORDER", "ORDER", waiting["id"], "OPEN")]

    def test_m_8_staff_ship_for_him(self, shop):
        order = shop.paid_order()
        act_on(shop.seller, "BAN")
        ok(shop.move(shop.admin, order["id"], "SHIPPED"))


def test_a_case_is_resolved_by_a_removal_and_a_ban_of_who_bids_on_it_in_one_transaction(room):
    auction, other = room.auction(), room.auction()
    bids = [room.placed(room.ben, one, 60) for one in (auction, other)]
    with unit_of_work(SYSTEM) as work:
        number = open_case(work, kind="OWN", entity_type="PRODUCT", entity_id=auction, subject=None).number
        work.commit()
    resolve(room.admin.actor, number, reason="shill bids", acts=[
        ActOrder("REMOVE", "PRODUCT", auction), ActOrder("BAN", "USER", room.ben.user_id)])
    assert statuses(room, bids[1]) == ["CANCELLED"]
    assert room.ben.get(f"{PRODUCTS}/{auction}").status_code in (401, 404)
