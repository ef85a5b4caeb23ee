"""Real eBay auctions, bid by bid, close at the price they really fetched (decisions 8–11; tests/data/README.md)."""
import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest

from blueprints.marketplace.auction_offer import rules
from tests.marketplace.auction_offer.auction_row import AuctionRow

TABLE = rules.parse_increments("1:0.05,5:0.25,25:0.50,100:1,250:2.50,500:5,1000:10,2500:25,5000:50,:100", 100)
START = datetime(2003, 4, 1, tzinfo=UTC)
RESERVED = {"1638844284", "1643903372"}
with (Path(__file__).parents[2] / "data" / "real_ebay_auctions.csv").open() as file:
    AUCTIONS = {number: list(bids) for number, bids in groupby(csv.DictReader(file), key=lambda row: row["auctionid"])}


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


@pytest.mark.parametrize("number", AUCTIONS)
def test_a_real_auction_closes_at_its_real_price(number):
    bids = AUCTIONS[number]
    price = cents(bids[0]["price"])
    reserve = price if number in RESERVED else None
    auction = AuctionRow(bidding_mode=rules.PROXY, start_price=cents(bids[0]["openbid"]), reserve_price=reserve)
    own = {}
    for row in bids:
        moment = START + timedelta(days=float(row["bidtime"]))
        bid = {"bidder": row["bidder"], "amount": cents(row["bid"]), "now": moment}
        if not rules.bid_refusal(auction, TABLE, own_maximum=own.get(row["bidder"]), **bid):
            auction = auction.now_at(rules.take_bid(auction, TABLE, **bid))
            own[row["bidder"]] = bid["amount"]
    assert rules.outcome(auction).price == price


def test_ten_real_auctions_are_on_file():
    assert len(AUCTIONS) == 10
