"""Holds of moderation against bids, offers, orders and the close: whoever comes first, one truth is left (M-1, M-9)."""
import pytest

from app.actor import system_actor
from app.clock import moved_clock
from app.errors import ApiError
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.platform.moderation import acts, cases
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.rules import LETTER_STAYS
from tests.concurrency.together import together
from tests.marketplace.auction_offer.saleroom import Saleroom
from tests.marketplace.moderation.holding import subject
from tests.passes import rounds

ORDERS = "/marketplace/ordermanagement-api/v1/ordermanagementorders"
ROUNDS = rounds(30)


@pytest.fixture
def room(callers):
    return Saleroom(callers)


def do(room, kind, product):
    return cases.act(room.admin.actor, ActOrder(kind, "PRODUCT", product), reason="fake").acts[0]


def undo(room, act):
    lost = acts.undo(room.admin.actor, act.number, reason="mistaken").lost
    return [said for said in lost if said != LETTER_STAYS]


def status(room, offer):
    return room.offer_seen(room.admin, offer)["status"]


@pytest.mark.slow
def test_a_bid_against_a_hold_is_before_it_or_refused(app, room):
    for _ in range(ROUNDS):
        auction = room.auction()
        answer, _act = together(app, lambda a=auction: room.bid(room.ben, a, 60),
                                lambda a=auction: do(room, "HIDE", a))
        assert answer.status_code in (201, 404)
        assert subject("PRODUCT", auction).held == "HIDDEN"
        assert len(room.history(room.admin, auction)) == (answer.status_code == 201)
        assert room.bid(room.cleo, auction, 70).status_code == 404


@pytest.mark.slow
def test_an_acceptance_against_a_hold_is_before_it_or_refused(app, room):
    for _ in range(ROUNDS):
        product = room.fixed()
        offer = room.offered(room.ben, product, 80)
        answer, act = together(app, lambda o=offer: room.answer(room.seller, o, "ACCEPTED"),
                               lambda p=product: do(room, "HIDE", p))
        assert (answer.status_code, status(room, offer)) in ((200, "ACCEPTED"), (400, "EXPIRED"))
        undo(room, act)
        assert status(room, offer) == ("ACCEPTED" if answer.status_code == 200 else "PENDING")


@pytest.mark.slow
def test_a_new_offer_against_a_hold_lapses_with_it_or_is_refused(app, room):
    for _ in range(ROUNDS):
        product = room.fixed()
        answer, act = together(app, lambda p=product: room.offer(room.ben, p, 80),
                               lambda p=product: do(room, "REMOVE", p))
        assert answer.status_code in (201, 404)
        if answer.status_code == 201:
            offer = answer.json["auctionOfferOffer"]["id"]
            assert status(room, offer) == "EXPIRED"
            undo(room, act)
            assert status(room, offer) == "PENDING"


@pytest.mark.slow
def test_an_order_against_a_hold_is_before_it_or_refused(app, room):
    for _ in range(ROUNDS):
        product = room.fixed(quantity=1)
        body = {"shippingAddress": {"city": "X"}, "lineItems": [{"productId": product, "quantity": 1}]}
        answer, act = together(app, lambda b=body: room.ben.post(ORDERS, json=b),
                               lambda p=product: do(room, "HIDE", p))
        assert answer.status_code in (201, 404)
        assert room.cleo.post(ORDERS, json=body).status_code == 404
        undo(room, act)
        assert room.cleo.post(ORDERS, json=body).status_code == (400 if answer.status_code == 201 else 201)


@pytest.mark.slow
def test_an_undo_against_an_early_close_leaves_a_sale_or_says_that_there_is_none(app, room):
    for _ in range(ROUNDS):
        auction = room.auction()
        bid = room.placed(room.ben, auction, 60)
        act = do(room, "HIDE", auction)
        lost, closed = together(app, lambda a=act: undo(room, a), lambda a=auction: _closed(a, early=True))
        assert closed
        assert subject("PRODUCT", auction).held is None
        assert room.bid_seen(room.admin, bid)["status"] == ("CANCELLED" if lost else "WON")


@pytest.mark.slow
def test_an_undo_after_the_end_against_the_close_leaves_no_sale_and_the_listing_seen(app, room):
    for _ in range(ROUNDS):
        auction = room.auction(hours=0.5)
        bid = room.placed(room.ben, auction, 60)
        act = do(room, "HIDE", auction)
        with moved_clock(hours=1):
            together(app, lambda a=act: undo(room, a), lambda a=auction: _closed(a))
            assert subject("PRODUCT", auction).held is None
            assert room.bid_seen(room.admin, bid)["status"] == "CANCELLED"


@pytest.mark.slow
def test_two_acts_and_an_undo_on_one_thing_at_once_add_up(app, room):
    for _ in range(ROUNDS):
        product = room.fixed()
        first = do(room, "HIDE", product)
        removed, _lost = together(app, lambda p=product: do(room, "REMOVE", p), lambda a=first: undo(room, a))
        assert subject("PRODUCT", product).held == "REMOVED"
        undo(room, removed)
        assert subject("PRODUCT", product).held is None


def _closed(auction, *, early=False):
    try:
        close_auction(system_actor("marketplace"), auction, early=early)
    except ApiError:
        return False
    return True
