"""Many clients bid on one auction through a real server: one leader, no lost bid, no lost event (issue 2, 5).

GUILDHALL_BIDS says how many bids (2000 by hand, from 50 clients: tests/README.md; fewer in CI)."""
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import text

from app.data.connections import reading
from app.data.entity import db
from blueprints.marketplace.auction_offer.rules import BIDDING_MODES
from tests.clients import Callers
from tests.components import wait_until
from tests.concurrency.together import together
from tests.faults.load import Connection
from tests.flow import sent
from tests.marketplace.auction_offer.reference import Reference
from tests.marketplace.auction_offer.saleroom import BIDS, PRODUCTS, Saleroom

BIDS_IN_ALL = int(os.environ.get("GUILDHALL_BIDS", "120"))
IS_A_SAMPLE = BIDS_IN_ALL < 2000  # too few, and in CI beside too much else, to judge a waiting time by
CLIENTS = min(50, BIDS_IN_ALL // 10)
SLOWEST_SECONDS = 1.0


@dataclass(frozen=True)
class Told:
    """What one client was told of one bid: status, errCode or bid id, seconds it waited."""

    status: int
    said: str
    seconds: float


def bid_war(url: str, tokens: list[str], auction: str, bids: int) -> list[Told]:
    """Let one client per token bid at once, `bids` in all, each a little above what it last heard."""
    def client(number: int) -> list[Told]:
        dice, connection, least, told = random.Random(number), Connection(url, tokens[number]), Decimal(50), []
        for _ in range(bids // len(tokens)):
            one, least = _bid(connection, auction, least + Decimal(dice.randrange(0, 60000)) / 100)
            told.append(one)
        connection.close()
        return told

    with ThreadPoolExecutor(len(tokens)) as pool:
        return [one for told in pool.map(client, range(len(tokens))) for one in told]


def _bid(connection: Connection, auction: str, amount: Decimal) -> tuple[Told, Decimal]:
    """Bid; returns what was told, and a little more than the least that may be bid next."""
    started = perf_counter()
    status, answer = connection.call("POST", BIDS, {
        "productId": auction, "bidAmount": float(amount), "currency": "USD", "status": "ACTIVE"})
    seconds = perf_counter() - started
    bid: Any = answer.get("auctionOfferBid", {})
    detail: Any = answer.get("detail") or {}
    heard = Decimal(str(detail.get("amount", amount + 1)))
    return Told(status, bid.get("id") or str(answer.get("errCode")), seconds), heard + Decimal("0.01")


def rows(statement: str, **values: Any) -> list[Any]:
    with reading() as connection:
        return list(connection.execute(text(statement), values).all())


def assert_the_auction_is_sound(auction: str, told: list[Told]) -> None:
    """Compare what clients were told, what the tables hold, and a sequential replay of the accepted bids."""
    accepted = rows("SELECT id, user_id, maximum, status, bid_amount FROM auction_offer_bid "
                    "WHERE product_id = :auction ORDER BY sequence", auction=auction)
    assert {one.said for one in told if one.status == 201} == {bid.id for bid in accepted}
    product = rows("SELECT bidding_mode, current_bid, highest_bidder_id, leader_max, bid_count, winner_bid_id "
                   "FROM product_listing_product WHERE id = :auction", auction=auction)[0]
    reference = Reference(product.bidding_mode, 5000)
    for bid in accepted:
        assert reference.would_take(bid.user_id, bid.maximum)
        reference.bids.append((bid.user_id, bid.maximum))
    assert (product.current_bid, product.highest_bidder_id) == (reference.price(), reference.leader())
    assert product.bid_count == len(accepted) > CLIENTS
    active = [bid for bid in accepted if bid.status in ("ACTIVE", "WON")]
    assert len({bid.user_id for bid in active}) == len(active)
    assert max(active, key=lambda bid: bid.bid_amount).user_id == product.highest_bidder_id


def assert_the_events_are_complete(auction: str) -> None:
    """Every accepted bid has its events, and the price in them never falls."""
    bids = {row.id for row in rows("SELECT id FROM auction_offer_bid WHERE product_id = :auction", auction=auction)}
    for topic in ("dbevent-auctionofferbid-created", "auctionofferbid-created"):
        keys = [event.key for event in sent(f"ebaycclone-auctionoffer-service-{topic}")]
        assert len(keys) == len(set(keys))
        assert bids <= set(keys)
    changes = [event.payload["newDataValues"] for event in sent(
        "ebaycclone-productlisting-service-dbevent-productlistingproduct-updated") if event.key == auction]
    prices = [change["currentBid"] for change in changes if change.get("currentBid") is not None]
    assert prices == sorted(prices)
    assert len(prices) > CLIENTS


@pytest.mark.slow
def test_many_clients_on_one_auction_agree_with_a_sequential_replay(live, testbed):
    # the live system's database and Valkey, but this process's home: a process keeps its cache versions in one place
    app = testbed.another_app(DATABASE_URL=live.environment["DATABASE_URL"] or f"sqlite:///{live.home}/guildhall.db",
                              REDIS_URL=f"unix://{live.home}/valkey.sock")
    with app.app_context():
        callers = Callers(app)
        room = Saleroom(callers)
        tokens = [str(callers.user(f"bidder{number}").token) for number in range(CLIENTS)]
        waits: dict[str, float] = {}
        for mode in BIDDING_MODES:
            auction = room.auction(biddingMode=mode)
            told = bid_war(live.url, tokens, auction, BIDS_IN_ALL)
            assert {one.status for one in told} <= {201, 400}
            assert {one.said for one in told if one.status == 400} <= {"BidTooLow", "BidNotHigher"}
            assert_the_auction_is_sound(auction, told)
            assert_the_events_are_complete(auction)
            waits[mode] = max(one.seconds for one in told)
        wait_until(lambda: not rows("SELECT 1 FROM outbox_record WHERE published_at IS NULL LIMIT 1"), "all is relayed")
        db.engine.dispose()
    sys.stderr.write(f"the slowest bidder waited (seconds): {waits}\n")
    assert IS_A_SAMPLE or max(waits.values()) < SLOWEST_SECONDS


@pytest.fixture
def room(callers):
    return Saleroom(callers)


def test_of_equal_bids_at_once_one_is_accepted(app, callers, room):
    auction = room.auction()
    bidders = [callers.user(f"rival{number}") for number in range(8)]
    answers = together(app, *(lambda bidder=bidder: room.bid(bidder, auction, 60) for bidder in bidders))
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 7


def test_one_bidder_who_bids_the_same_twice_at_once_has_one_bid(app, room):
    auction = room.auction()
    answers = together(app, *[lambda: room.bid(room.ben, auction, 60)] * 6)
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 5
    assert len(room.history(room.ben, auction)) == 1


def test_of_two_who_buy_at_once_one_wins(app, room):
    auction = room.auction(buyNowPrice=200)
    answers = together(app, *(lambda bidder=bidder: room.bid(bidder, auction, 200, buyNow=True)
                              for bidder in (room.ben, room.cleo, room.admin)))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400]
    assert [bid["status"] for bid in room.history(room.admin, auction)] == ["WON"]


def test_bids_racing_the_close_are_in_it_or_refused(app, callers, room):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    bidders = [callers.user(f"rival{number}") for number in range(5)]
    settled = room.history(room.admin, auction)[0]["id"]
    answers = together(app, lambda: room.set_bid(room.admin, settled, "WON"),
                       *(lambda bidder=bidder, step=step: room.bid(bidder, auction, 70 + 5 * step)
                         for step, bidder in enumerate(bidders)))
    assert answers[0].status_code == 200
    history = room.history(room.admin, auction)
    assert len(history) == 1 + sum(answer.status_code == 201 for answer in answers[1:])
    assert sorted(bid["status"] for bid in history) == ["LOST"] * (len(history) - 1) + ["WON"]


def test_of_two_accepts_on_the_last_unit_one_succeeds(app, room):
    product = room.fixed(quantity=1)
    offers = [room.offered(buyer, product, 80) for buyer in (room.ben, room.cleo, room.admin)]
    answers = together(app, *(lambda offer=offer: room.answer(room.seller, offer, "ACCEPTED") for offer in offers))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
    assert sorted(room.offer_seen(room.seller, offer)["status"] for offer in offers) == [
        "ACCEPTED", "DECLINED", "DECLINED"]


def test_accept_and_withdraw_at_once_leave_one_of_them(app, room):
    offer = room.offered(room.ben, room.fixed(), 80)
    answers = together(app, lambda: room.answer(room.seller, offer, "ACCEPTED"),
                       lambda: room.answer(room.ben, offer, "CANCELLED"))
    assert sorted(answer.status_code for answer in answers) == [200, 400]


def test_of_equal_offers_at_once_one_is_pending(app, room):
    product = room.fixed()
    answers = together(app, *[lambda: room.offer(room.ben, product, 80)] * 5)
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 4


def test_a_listing_is_edited_or_bid_on_but_not_both_unseen(app, room):
    auction = room.auction()
    edit, bid = together(app, lambda: room.seller.patch(f"{PRODUCTS}/{auction}", json={"startPrice": 80}),
                         lambda: room.bid(room.ben, auction, 60))
    assert (edit.status_code, bid.status_code) in ((200, 400), (400, 201))
