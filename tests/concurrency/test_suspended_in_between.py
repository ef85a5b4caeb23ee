"""A suspension, a ban or its undo comes in between (moderation.md, Locks and races): what was committed before stands
and follows from it, what comes behind is refused, and nothing is left half.

Each pair meets where nothing is locked, and where the first holds what the other needs."""
import pytest
from sqlalchemy import select

from app.actor import system_actor
from app.data.reads import fetch
from app.errors import ApiError
from app.jobs.worker import run_job
from app.payments import attempts, booking, pay
from blueprints.marketplace.auction_offer import commands as auctions
from blueprints.marketplace.auction_offer import held_trade, offer_commands, person_acts
from blueprints.marketplace.auction_offer.models import Bid
from blueprints.marketplace.messaging import commands as messaging
from blueprints.marketplace.order_management import commands as orders
from blueprints.marketplace.order_management import ledger_entries, placing
from blueprints.marketplace.order_management.models import Order, OrderItem
from blueprints.marketplace.product_listing.auction_state import auction_overview
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.product_listing.stock import stock_figures
from blueprints.platform.moderation import acts
from blueprints.platform.moderation.rules import LETTER_STAYS, SESSIONS_STAY
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.concurrency.in_between import meet, places
from tests.concurrency.test_in_between import MODERATION, assert_counts_are_true, counted
from tests.marketplace.auction_offer.saleroom import Saleroom, refused
from tests.marketplace.messaging.recount import kept, recount
from tests.marketplace.messaging.talk import write
from tests.marketplace.moderation.holding import subject
from tests.marketplace.order_management.conftest import shop  # noqa: F401

# ruff: noqa: F811 - that is how pytest hands fixtures over
ORDERS = "/marketplace/ordermanagement-api/v1/ordermanagementorders"
SYSTEM = system_actor("marketplace")
SELLER, BUYER = "seller", "ben"
BOTH_SIDES = pytest.mark.parametrize("side", [SELLER, BUYER])


@pytest.fixture
def room(callers):
    return Saleroom(callers)


def judged(room, kind, person, **terms):
    """Let staff do an act to a person."""
    return room.admin.post(f"{MODERATION}/acts", json={
        "kind": kind, "entityType": "USER", "entityId": person.user_id, "reason": "two fakes", **terms})


def suspension(room, side):
    """Return the rival who suspends one side of the deal."""
    return lambda: judged(room, "SUSPEND", getattr(room, side), days=7)


def undone(room, answer):
    """Let staff undo the act of an answer; returns what is lost beside letter and sessions."""
    done = room.admin.post(f"{MODERATION}/acts/a{answer.json['moderationAct']['number']}/undo", json={"reason": "no"})
    assert done.status_code == 200, done.json
    return [said for said in done.json["lost"] if said not in (LETTER_STAYS, SESSIONS_STAY)]


def closed(auction):
    """Return the rival who closes an auction before its end."""
    return lambda: said(lambda: auctions.close_auction(SYSTEM, auction, early=True).closed_at is not None)


def said(command):
    try:
        return command()
    except ApiError as refusal:
        return refusal.err_code


def inactive(side, actor=BUYER):
    """Return how a deal is refused while one side is suspended; `actor` is who asks for it."""
    if side == actor:
        return 403, "AccountInactive"
    return 400, "SellerInactive" if side == SELLER else "BuyerInactive"


def statuses(room, offers):
    return [room.offer_seen(room.admin, offer)["status"] for offer in offers]


@BOTH_SIDES
@places(before=(auctions, "share_parties"), shared=(auctions, "lock_listing"))
def test_a_bid_is_before_the_suspension_or_refused(app, room, monkeypatch, side, place):
    auction = room.auction()
    met = meet(app, monkeypatch, place, lambda: room.bid(room.ben, auction, 60), suspension(room, side))
    assert met.rival.status_code == 201, met.rival.json
    if met.rival_waited:
        assert met.first.status_code == 201
    else:
        assert refused(met.first) == inactive(side)
    assert met.rival_waited == (place != (auctions, "share_parties"))
    overview = auction_overview(auction)
    assert (overview["highest_bidder_id"] == room.ben.user_id) == met.rival_waited
    assert overview["bid_count"] == counted(Bid, Bid.product_id == auction) == met.rival_waited
    assert_counts_are_true()


@BOTH_SIDES
@places(before=(offer_commands, "share_parties"), shared=(offer_commands, "lock_listing"))
def test_an_offer_lapses_with_the_suspension_or_is_refused(app, room, monkeypatch, side, place):
    product = room.fixed()
    met = meet(app, monkeypatch, place, lambda: room.offer(room.ben, product, 80), suspension(room, side))
    assert met.rival.status_code == 201, met.rival.json
    assert met.rival_waited == (place != (offer_commands, "share_parties"))
    if met.rival_waited:
        offer = met.first.json["auctionOfferOffer"]["id"]
        assert statuses(room, [offer]) == ["EXPIRED"]
        assert undone(room, met.rival) == []
        assert statuses(room, [offer]) == ["PENDING"]
    else:
        assert refused(met.first) == inactive(side)
    assert_counts_are_true()


@BOTH_SIDES
@pytest.mark.parametrize("step", ["COUNTERED", "ACCEPTED"])
@places(before=(offer_commands, "_check_counter"), read=(offer_commands, "share_accounts"),
        shared=(offer_commands, "lock_listing"))
def test_an_answer_to_an_offer_is_before_the_suspension_or_refused(app, room, monkeypatch, side, step, place):
    """A counter-offer lapses with it and comes back; what was accepted stays accepted."""
    product = room.fixed(quantity=1)
    offers = [room.offered(buyer, product, 80) for buyer in (room.ben, room.cleo)]
    terms = {"counterAmount": 90} if step == "COUNTERED" else {}
    met = meet(app, monkeypatch, place, lambda: room.answer(room.seller, offers[0], step, **terms),
               suspension(room, side))
    assert met.rival.status_code == 201, met.rival.json
    if met.rival_waited:
        assert met.first.status_code == 200, met.first.json
    else:
        assert refused(met.first) == (400, "OfferStep")  # it has lapsed
    is_accepted = met.rival_waited and step == "ACCEPTED"
    others = "DECLINED" if is_accepted else "EXPIRED" if side == SELLER else "PENDING"
    assert statuses(room, offers) == ["ACCEPTED" if is_accepted else "EXPIRED", others]
    assert is_promised(product) == is_accepted
    assert undone(room, met.rival) == []
    assert statuses(room, offers) == [step if met.rival_waited else "PENDING",
                                      "DECLINED" if is_accepted else "PENDING"]
    assert_counts_are_true()


@BOTH_SIDES
@places(before=(messaging, "refuse_unwritable"), shared=(messaging, "_lock_conversations"))
def test_a_message_is_before_the_suspension_or_refused(app, room, monkeypatch, side, place):
    met = meet(app, monkeypatch, place, lambda: write(room.ben, room.seller), suspension(room, side))
    assert met.rival.status_code == 201, met.rival.json
    assert met.rival_waited == (place != (messaging, "refuse_unwritable"))
    if not met.rival_waited:
        assert refused(met.first) == ((403, "AccountInactive") if side == BUYER else (400, "RecipientUnavailable"))
    undone(room, met.rival)
    assert kept() == recount()
    assert len(kept()) == 2 * met.rival_waited
    assert_counts_are_true()


@BOTH_SIDES
@pytest.mark.parametrize("kind", ["SUSPEND", "BAN"])
@places(before=(placing, "share_parties"), shared=(placing, "lock_listings"))
def test_an_order_is_before_the_suspension_or_the_ban_or_refused(app, room, monkeypatch, side, kind, place):
    """Of who is banned an unpaid order is cancelled, and its unit is there again."""
    product, terms = room.fixed(quantity=1), {"days": 7} if kind == "SUSPEND" else {}
    body = {"shippingAddress": {"city": "X"}, "lineItems": [{"productId": product, "quantity": 1}]}
    met = meet(app, monkeypatch, place, lambda: room.ben.post(ORDERS, json=body),
               lambda: judged(room, kind, getattr(room, side), **terms))
    assert met.rival.status_code == 201, met.rival.json
    assert met.rival_waited == (place != (placing, "share_parties"))
    if not met.rival_waited:
        assert refused(met.first) == inactive(side)
    is_held = met.rival_waited and not (kind == "BAN" and side == BUYER)
    assert stock_figures() == ({product: (1, 0)} if is_held else {})
    assert counted(OrderItem, OrderItem.product_id == product, OrderItem.order_id.in_(
        select(Order.id).where(Order.released_at.is_(None)))) == is_held
    assert_counts_are_true()


@pytest.mark.parametrize("place", [(attempts, "lock_order"), (pay, "charge"), (booking, "book_intent"),
                                   (booking, "apply_intent")], ids=["before", "begun", "charged", "booked"])
def test_a_payment_is_booked_before_the_ban_of_its_buyer_or_goes_back(app, shop, monkeypatch, place):
    order = shop.order(shop.list_product(quantity=1))
    met = meet(app, monkeypatch, place, lambda: shop.start(order["id"]), lambda: judged(shop, "BAN", shop.buyer))
    assert met.rival.status_code == 201, met.rival.json
    assert met.rival_waited == (place == (booking, "apply_intent"))
    if place == (attempts, "lock_order"):
        assert refused(met.first) == (400, "OrderNotPayable")
    else:
        assert met.first.status_code == 200, met.first.json
    assert_paid_or_given_back(shop, order, is_paid=met.rival_waited)


@places(before=(orders, "lock_claims"))
def test_the_ban_of_a_buyer_is_before_his_payment_or_leaves_it_paid(app, shop, monkeypatch, place):
    order = shop.order(shop.list_product(quantity=1))
    met = meet(app, monkeypatch, place, lambda: judged(shop, "BAN", shop.buyer), lambda: shop.start(order["id"]))
    assert met.first.status_code == 201, met.first.json
    if met.rival_waited:
        assert refused(met.rival) == (400, "OrderNotPayable")
    else:
        assert met.rival.status_code == 200, met.rival.json
    assert_paid_or_given_back(shop, order, is_paid=not met.rival_waited)


def assert_paid_or_given_back(shop, order, *, is_paid):
    """The order is paid and keeps its unit, or is cancelled and nobody's money is kept; never something between."""
    run_job("settle-payments")
    assert shop.read(order["id"], shop.admin)["status"] == ("PAID" if is_paid else "CANCELLED")
    intents = shop.localstripe.intents(orderId=order["id"])
    taken = sum(intent["amount"] for intent in intents if intent["status"] == "succeeded")
    given = sum(one["amount"] for intent in intents for one in shop.localstripe.refunds(intent["id"]))
    assert taken - given == (10_500 if is_paid else 0)
    assert list(stock_figures().values()) == [(1, 0)] * is_paid
    assert ledger_entries.differences() == []
    assert_counts_are_true()


@places(before=(acts, "lock_act"), locked=(held_trade, "reopen"))
def test_the_undo_of_a_hold_is_before_the_close_or_there_is_no_sale(app, room, monkeypatch, place):
    auction = room.auction()
    bid = room.placed(room.ben, auction, 60)
    held = room.admin.post(f"{MODERATION}/acts", json={
        "kind": "HIDE", "entityType": "PRODUCT", "entityId": auction, "reason": "a copy"})
    met = meet(app, monkeypatch, place, lambda: undone(room, held), closed(auction))
    assert met.rival is True
    assert met.rival_waited == (place != (acts, "lock_act"))
    assert_closed_unsold_unless(met.rival_waited, room, auction, bid, met.first)


@places(before=(auctions, "lock_listing"), locked=(auctions, "standings_of"))
def test_the_close_is_before_the_undo_of_a_hold_or_it_sells(app, room, monkeypatch, place):
    auction = room.auction()
    bid = room.placed(room.ben, auction, 60)
    held = room.admin.post(f"{MODERATION}/acts", json={
        "kind": "HIDE", "entityType": "PRODUCT", "entityId": auction, "reason": "a copy"})
    met = meet(app, monkeypatch, place, closed(auction), lambda: undone(room, held))
    assert met.first is True
    assert_closed_unsold_unless(not met.rival_waited, room, auction, bid, met.rival)


def assert_closed_unsold_unless(sold, room, auction, bid, lost):
    """The listing is seen again; it was sold, or that it was not was said."""
    assert subject("PRODUCT", auction).held is None
    assert room.bid_seen(room.admin, bid)["status"] == ("WON" if sold else "CANCELLED")
    assert auction_overview(auction)["winner_bid_id"] == (bid if sold else None)
    assert lost == ([] if sold else ["The auction has closed without a sale; it does not go on"])
    assert_counts_are_true()


@places(before=(acts, "lock_act"), locked=(person_acts, "put_back_bid"))
def test_the_undo_of_a_ban_is_before_the_close_or_the_other_wins(app, room, monkeypatch, place):
    auction, bids, ban = banned_leader(room)
    met = meet(app, monkeypatch, place, lambda: undone(room, ban), closed(auction))
    assert met.rival is True
    assert met.rival_waited == (place != (acts, "lock_act"))
    assert_won_by_the_banned_if(met.rival_waited, room, auction, bids, met.first)


@places(before=(auctions, "lock_listing"), locked=(auctions, "standings_of"))
def test_the_close_is_before_the_undo_of_a_ban_or_the_banned_wins(app, room, monkeypatch, place):
    auction, bids, ban = banned_leader(room)
    met = meet(app, monkeypatch, place, closed(auction), lambda: undone(room, ban))
    assert met.first is True
    assert_won_by_the_banned_if(not met.rival_waited, room, auction, bids, met.rival)


def banned_leader(room):
    """Return an auction on which cleo was outbid by ben, who is banned; both bids, and the ban."""
    auction = room.auction()
    bids = [room.placed(room.cleo, auction, 60), room.placed(room.ben, auction, 90)]
    ban = judged(room, "BAN", room.ben)
    assert ban.status_code == 201, ban.json
    return auction, bids, ban


def assert_won_by_the_banned_if(is_back, room, auction, bids, lost):
    """One has won at the price of the winning bid; a bid that stays cancelled was said."""
    assert [room.bid_seen(room.admin, bid)["status"] for bid in bids] == (
        ["LOST", "WON"] if is_back else ["WON", "CANCELLED"])
    overview = auction_overview(auction)
    assert (overview["winner_bid_id"], overview["current_bid"]) == ((bids[1], 9_000) if is_back else (bids[0], 6_000))
    assert lost == ([] if is_back else ["1 bid cannot come back and stays cancelled"])
    assert_counts_are_true()


def is_promised(product):
    """Return whether the listing is promised to the buyer of an accepted offer."""
    [row] = fetch(select(Product.promised_until).where(Product.id == product))
    return row.promised_until is not None
