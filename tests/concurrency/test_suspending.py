"""Staff suspend or ban somebody who bids, orders, pays or wins at that very moment (moderation.md, Locks and races).

Whoever is first, there is one effect, nothing is left half, and nobody is answered with a 5xx."""
import pytest
from sqlalchemy import select

from app.actor import system_actor
from app.data.reads import fetch
from blueprints.marketplace.auction_offer import commands as auctions
from blueprints.marketplace.auction_offer.models import Bid
from blueprints.marketplace.order_management import placing
from blueprints.marketplace.order_management.models import Order
from blueprints.marketplace.product_listing.auction_state import auction_overview
from blueprints.marketplace.product_listing.models import Product
from blueprints.platform.auth.models import MarketplaceUser
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.concurrency.test_people_leaving import rivals
from tests.concurrency.together import together
from tests.marketplace.auction_offer.saleroom import Saleroom, refused
from tests.marketplace.order_management.conftest import shop  # noqa: F401
from tests.platform.moderation.people_acts import act_on, undo

# ruff: noqa: F811 - that is how pytest hands fixtures over
SYSTEM = system_actor("marketplace")


@pytest.fixture
def room(callers):
    return Saleroom(callers)


def suspended_until(person):
    [row] = fetch(select(MarketplaceUser.suspended_until).where(MarketplaceUser.id == person.user_id))
    return row.suspended_until


def test_a_suspension_against_a_bid_comes_after_it_or_refuses_it(app, room, monkeypatch):
    auction = room.auction()
    answer = rivals(app, monkeypatch, auctions, "lock_listing", lambda: room.bid(room.ben, auction, 60),
                    lambda: act_on(room.seller, "SUSPEND", days=7))
    assert (answer.status_code, answer.json.get("errCode")) in ((201, None), (400, "SellerInactive"))
    assert suspended_until(room.seller) is not None
    assert refused(room.bid(room.cleo, auction, 90)) == (400, "SellerInactive")
    assert (auction_overview(auction)["highest_bidder_id"] == room.ben.user_id) == (answer.status_code == 201)


def test_a_ban_against_a_bid_leaves_no_bid_of_the_banned(app, room):
    auction = room.auction()
    kept = room.placed(room.cleo, auction, 60)
    answer, _ = together(app, lambda: room.bid(room.ben, auction, 90), lambda: act_on(room.ben, "BAN"))
    assert answer.status_code in (201, 401, 403)
    assert {row.status for row in fetch(select(Bid.status).where(Bid.user_id == room.ben.user_id))} <= {"CANCELLED"}
    assert room.bid_seen(room.admin, kept)["status"] == "ACTIVE"
    assert auction_overview(auction)["highest_bidder_id"] == room.cleo.user_id


def test_a_ban_against_an_order_leaves_no_unpaid_order_and_all_units(app, shop, monkeypatch):
    product = shop.list_product(quantity=1)
    answer = rivals(app, monkeypatch, placing, "lock_listings", lambda: shop.try_order({"productId": product}),
                    lambda: act_on(shop.buyer, "BAN"))
    assert answer.status_code in (201, 401, 403)
    assert {row.status for row in fetch(select(Order.status))} <= {"CANCELLED"}
    assert [row.reserved for row in fetch(select(Product.reserved).where(Product.id == product))] == [0]


def test_a_ban_against_the_auctions_close_has_one_winner(app, room):
    auction = room.auction()
    kept, gone = room.placed(room.cleo, auction, 60), room.placed(room.ben, auction, 90)
    together(app, lambda: auctions.close_auction(SYSTEM, auction, early=True), lambda: act_on(room.ben, "BAN"))
    states = [room.bid_seen(room.admin, bid)["status"] for bid in (kept, gone)]
    assert states in (["LOST", "WON"], ["WON", "CANCELLED"])
    assert auction_overview(auction)["winner_bid_id"] == (gone if states[1] == "WON" else kept)


def test_two_suspensions_at_once_add_up(app, room):
    long, short = together(app, lambda: act_on(room.ben, "SUSPEND", days=30),
                           lambda: act_on(room.ben, "SUSPEND", days=7))
    assert suspended_until(room.ben) == long.until
    undo(long)
    assert suspended_until(room.ben) == short.until
    undo(short)
    assert suspended_until(room.ben) is None


def test_two_bans_with_bids_on_the_same_auctions_do_not_wait_for_each_other(app, room):
    listed = [room.auction() for _ in range(4)]
    for auction in listed:
        room.placed(room.cleo, auction, 60)
        room.placed(room.ben, auction, 90)
    together(app, lambda: act_on(room.ben, "BAN"), lambda: act_on(room.cleo, "BAN"))
    assert {row.status for row in fetch(select(Bid.status))} == {"CANCELLED"}
    assert {auction_overview(auction)["current_bid"] for auction in listed} == {None}
