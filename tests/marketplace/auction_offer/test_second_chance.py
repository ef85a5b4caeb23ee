"""An auction that was won and left unpaid is offered to the runner-up (decision 12); agreed prices are taken once."""
from uuid import uuid4

import pytest

from app.actor import system_actor
from app.clock import moved_clock
from app.data.unit_of_work import unit_of_work
from app.errors import Forbidden, RuleViolated
from blueprints.marketplace.auction_offer.claims import claim_bid, claim_offer, release_claims
from blueprints.marketplace.auction_offer.commands import close_auction, place_bid
from blueprints.marketplace.auction_offer.offer_commands import (
    answer_offer,
    end_unpaid_win,
    expire_offer,
    make_offer,
    offer_second_chance,
)
from blueprints.marketplace.auction_offer.queries import get_bid, get_offer
from blueprints.marketplace.product_listing.auction_state import auction_overview, lock_listing
from blueprints.marketplace.product_listing.commands import delete_product
from tests.marketplace.auction_offer.saleroom import PRODUCTS, refused

SYSTEM = system_actor("marketplace")


@pytest.fixture
def auction(room, callers):
    """Dora 52, Ben 60, Cleo 70 and the close: Cleo has won."""
    listed = room.auction()
    for bidder, amount in ((callers.user("dora"), 52), (room.ben, 60), (room.cleo, 70)):
        place_bid(bidder.actor, product_id=listed, bid_amount=amount, currency="USD")
    close_auction(SYSTEM, listed, early=True)
    return listed


def behind_the_listing(listed, claim, *arguments, **taken):
    """Claim or give back an agreement as an order does: in its unit of work, behind the listing's lock."""
    with unit_of_work(SYSTEM) as work:
        lock_listing(work, listed)
        claimed = claim(SYSTEM, *arguments, **taken)
        work.commit()
    return claimed


def won(auction):
    return str(auction_overview(auction)["winner_bid_id"])


def test_neither_a_running_nor_an_unsold_auction_has_a_second_chance(room):
    running = room.auction()
    for moment in (0, 5):
        with moved_clock(days=moment), pytest.raises(RuleViolated, match="left unpaid"):
            offer_second_chance(SYSTEM, running)
    close_auction(SYSTEM, running, early=True)
    with moved_clock(days=5), pytest.raises(RuleViolated, match="left unpaid"):
        offer_second_chance(SYSTEM, running)


def test_only_the_seller_or_staff_gives_a_second_chance(room, auction):
    with moved_clock(days=5), pytest.raises(Forbidden):
        offer_second_chance(room.ben.actor, auction)


def test_the_winner_has_four_days_to_pay(room, auction):
    with moved_clock(days=3, hours=23), pytest.raises(RuleViolated, match="may still pay"):
        offer_second_chance(room.seller.actor, auction)


def test_who_has_ordered_keeps_the_item(room, auction):
    claim_bid(SYSTEM, won(auction), bidder_id=room.cleo.user_id, product_id=auction, order_id=str(uuid4()))
    with moved_clock(days=5), pytest.raises(RuleViolated, match="has ordered"):
        offer_second_chance(SYSTEM, auction)


def test_the_runner_up_is_offered_the_item_at_the_own_amount(room, auction):
    bid = won(auction)
    with moved_clock(days=4):
        offer = offer_second_chance(room.seller.actor, auction)
        seen = get_offer(room.ben.actor, offer.id)
        assert (seen["status"], seen["counterAmount"], seen["buyerId"]) == ("COUNTERED", 60, room.ben.user_id)
        assert get_bid(room.cleo.actor, bid)["status"] == "CANCELLED"
        with pytest.raises(Forbidden):
            answer_offer(room.seller.actor, offer.id, status="ACCEPTED")
        assert answer_offer(room.ben.actor, offer.id, status="ACCEPTED").status == "ACCEPTED"
        with pytest.raises(RuleViolated, match="Another bidder"):
            offer_second_chance(SYSTEM, auction)


def test_when_the_runner_up_declines_or_lets_it_lapse_the_next_is_asked(room, auction, callers):
    with moved_clock(days=4):
        first = offer_second_chance(SYSTEM, auction)
        with pytest.raises(RuleViolated, match="Another bidder"):
            offer_second_chance(SYSTEM, auction)
        answer_offer(room.ben.actor, first.id, status="DECLINED")
        second = offer_second_chance(SYSTEM, auction)
        assert (second.buyer_id, second.offer_amount) == (callers.user("dora").user_id, 5200)
    with moved_clock(days=7):
        assert expire_offer(SYSTEM, second.id).status == "EXPIRED"
        with pytest.raises(RuleViolated, match="No other bidder"):
            offer_second_chance(SYSTEM, auction)


def test_a_chance_that_is_accepted_and_not_ordered_in_four_days_goes_to_the_next(room, auction, callers):
    with moved_clock(days=4):
        first = offer_second_chance(SYSTEM, auction)
        answer_offer(room.ben.actor, first.id, status="ACCEPTED")
    with moved_clock(days=7, hours=23), pytest.raises(RuleViolated, match="Another bidder"):
        offer_second_chance(SYSTEM, auction)
    with moved_clock(days=9):
        assert offer_second_chance(SYSTEM, auction).buyer_id == callers.user("dora").user_id
        assert get_offer(room.ben.actor, first.id)["status"] == "EXPIRED"
        with pytest.raises(RuleViolated, match="no accepted offer"):
            behind_the_listing(auction, claim_offer, first.id, buyer_id=room.ben.user_id, product_id=auction,
                               currency="USD", order_id=str(uuid4()))


def test_a_chance_that_is_ordered_stays_with_its_buyer(room, auction):
    with moved_clock(days=4):
        first = offer_second_chance(SYSTEM, auction)
        answer_offer(room.ben.actor, first.id, status="ACCEPTED")
        behind_the_listing(auction, claim_offer, first.id, buyer_id=room.ben.user_id, product_id=auction,
                           currency="USD", order_id=str(uuid4()))
    with moved_clock(days=30), pytest.raises(RuleViolated, match="Another bidder"):
        offer_second_chance(SYSTEM, auction)


def test_the_seller_gives_the_second_chance_through_the_api(room, auction):
    path = "/marketplace/auctionoffer-api/v1/secondchances"
    assert room.ben.post(path, json={"productId": auction}).status_code == 403
    assert room.seller.post(path, json={}).status_code == 400
    assert room.seller.post(path, json={"productId": auction}).json["errCode"] == "WinnerMayStillPay"


def test_a_win_that_nobody_pays_ends_though_nobody_is_left_to_be_asked(room):
    listed = room.auction()
    bid = room.placed(room.ben, listed, 60)
    close_auction(SYSTEM, listed, early=True)
    with moved_clock(days=3, hours=23), pytest.raises(RuleViolated, match="may still pay"):
        end_unpaid_win(SYSTEM, listed)
    assert refused(room.seller.delete(f"{PRODUCTS}/{listed}")) == (400, "ListingAwaitsPayment")
    with moved_clock(days=4):
        with pytest.raises(RuleViolated, match="No other bidder"):
            offer_second_chance(SYSTEM, listed)
        assert get_bid(room.ben.actor, bid)["status"] == "WON"
        assert end_unpaid_win(SYSTEM, listed) is None
        assert get_bid(room.ben.actor, bid)["status"] == "CANCELLED"
        assert delete_product(room.seller.actor, listed).is_active is False


def test_a_former_lower_bid_of_the_winner_is_no_runner_up(room):
    listed = room.auction()
    for amount in (60, 70):
        place_bid(room.ben.actor, product_id=listed, bid_amount=amount, currency="USD")
    close_auction(SYSTEM, listed, early=True)
    with moved_clock(days=4), pytest.raises(RuleViolated, match="No other bidder"):
        offer_second_chance(SYSTEM, listed)


def test_a_bidder_who_raised_and_then_withdrew_is_no_runner_up(room, callers):
    listed, dora = room.auction(), callers.user("dora")
    room.placed(dora, listed, 52)
    for amount in (60, 65):
        last = room.placed(room.ben, listed, amount)
    room.set_bid(room.ben, last, "CANCELLED")
    room.placed(room.cleo, listed, 70)
    close_auction(SYSTEM, listed, early=True)
    with moved_clock(days=4):
        assert offer_second_chance(SYSTEM, listed).buyer_id == dora.user_id


def test_nobody_but_the_seller_offers_the_item_below_its_reserve(room):
    """Decision 11: the reserve is the seller's, and no job gives the item away for less."""
    for waived in (False, True):
        listed = room.auction(reservePrice=65)
        for bidder, amount in ((room.ben, 60), (room.cleo, 70)):
            room.placed(bidder, listed, amount)
        close_auction(SYSTEM, listed, early=True)
        with moved_clock(days=4):
            if waived:
                assert offer_second_chance(room.seller.actor, listed).buyer_id == room.ben.user_id
            else:
                with pytest.raises(RuleViolated, match="No other bidder"):
                    offer_second_chance(room.admin.actor, listed)
                assert end_unpaid_win(SYSTEM, listed) is None


def test_a_won_bid_is_taken_by_one_order_at_the_visible_price(room):
    listed = room.auction(biddingMode="PROXY")
    for bidder, amount in ((room.ben, 500), (room.cleo, 100)):
        place_bid(bidder.actor, product_id=listed, bid_amount=amount, currency="USD")
    close_auction(SYSTEM, listed, early=True)
    taken = {"bidder_id": room.ben.user_id, "product_id": listed}
    first, second = str(uuid4()), str(uuid4())
    with pytest.raises(RuleViolated, match="no won bid"):
        claim_bid(SYSTEM, won(listed), bidder_id=room.cleo.user_id, product_id=listed, order_id=first)
    assert claim_bid(SYSTEM, won(listed), **taken, order_id=first) == 10250
    assert claim_bid(SYSTEM, won(listed), **taken, order_id=first) == 10250
    with pytest.raises(RuleViolated, match="no won bid"):
        claim_bid(SYSTEM, won(listed), **taken, order_id=second)
    release_claims(SYSTEM, first)
    assert claim_bid(SYSTEM, won(listed), **taken, order_id=second) == 10250


def test_an_accepted_offer_is_taken_by_one_order_at_the_agreed_price(room):
    listed = room.fixed()
    offer = room.offered(room.ben, listed, 80)
    taken = {"buyer_id": room.ben.user_id, "product_id": listed, "currency": "USD"}
    first, second = str(uuid4()), str(uuid4())
    with pytest.raises(RuleViolated, match="no accepted offer"):
        behind_the_listing(listed, claim_offer, offer, **taken, order_id=first)
    room.answer(room.seller, offer, "COUNTERED", counterAmount=90)
    room.answer(room.ben, offer, "ACCEPTED")
    assert behind_the_listing(listed, claim_offer, offer, **taken, order_id=first) == 9000
    with pytest.raises(RuleViolated, match="no accepted offer"):
        behind_the_listing(listed, claim_offer, offer, **taken, order_id=second)
    behind_the_listing(listed, release_claims, first)
    assert behind_the_listing(listed, claim_offer, offer, **taken, order_id=second) == 9000


def test_an_ordered_offer_no_longer_counts_against_the_units_left(room):
    listed = room.fixed(quantity=2)
    first = room.offered(room.ben, listed, 80)
    room.answer(room.seller, first, "ACCEPTED")
    behind_the_listing(listed, claim_offer, first, buyer_id=room.ben.user_id, product_id=listed, currency="USD",
                       order_id=str(uuid4()))
    for buyer in (room.cleo, room.ben):
        assert room.answer(room.seller, room.offered(buyer, listed, 80), "ACCEPTED").status_code == 200


def test_an_accepted_offer_that_nobody_orders_frees_its_unit_after_four_days(room):
    listed = room.fixed(quantity=1)
    first = room.offered(room.ben, listed, 80)
    assert room.answer(room.seller, first, "ACCEPTED").status_code == 200
    with moved_clock(days=3, hours=23):
        late = make_offer(room.cleo.actor, product_id=listed, offer_amount=85, currency="USD")
        with pytest.raises(RuleViolated, match="promised to somebody else"):
            answer_offer(room.seller.actor, late.id, status="ACCEPTED")
    with moved_clock(days=4, hours=1):
        assert answer_offer(room.seller.actor, late.id, status="ACCEPTED").status == "ACCEPTED"
        taken = {"buyer_id": room.ben.user_id, "product_id": listed, "currency": "USD"}
        assert behind_the_listing(listed, claim_offer, first, **taken, order_id=str(uuid4())) == 8000
