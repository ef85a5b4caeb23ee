"""`flask demo replay-auctions`: real auctions, bid by bid, against the price they really fetched.

The columns are those of the data of "Modeling Online Auctions" (tests/data/README.md). Each auction becomes one PROXY
listing; where the plain replay differs, one more with reserve = price."""
import secrets
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Protocol

import click
from flask import current_app
from flask.cli import with_appcontext

from app.actor import Actor, system_actor
from app.clock import now
from app.data.money import FACTORS
from app.errors import DuplicateRecord, RuleViolated
from app.identity.passwords import hash_password
from blueprints.marketplace.auction_offer.commands import close_auction, place_bid
from blueprints.marketplace.auction_offer.queries import auction_report
from blueprints.marketplace.product_listing.commands import create_product
from blueprints.platform.auth.commands import create_user
from cli.csv_file import CsvLine, decimal_sign, delimiter_option, read_csv, read_decimal
from cli.demo_factories import PEOPLE, auction_values, demo_id
from cli.terminal import acts, agreed, print_facts, print_rows, refuse_production

REALM, CURRENCY = "marketplace", "USD"
NUMBERS = ("bid", "bidtime", "openbid", "price")
COLUMNS = ("auctionid", "bidder", *NUMBERS)


@dataclass(frozen=True, slots=True)
class RealBid:
    """One bid of the file: whose, and the maximum in major units."""

    bidder: str
    maximum: Decimal


@dataclass(frozen=True, slots=True)
class RealAuction:
    """One auction of the file, its bids in the order of time; amounts in major units."""

    number: str
    title: str
    opening: Decimal
    price: Decimal
    bids: tuple[RealBid, ...]

    @property
    def highest_bidder(self) -> str:
        """Return who bid the highest maximum first."""
        return max(self.bids, key=lambda bid: bid.maximum).bidder


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of one auction here; `price` and `winner` are None when nothing was sold."""

    price: Decimal | None
    winner: str | None
    refused: int
    with_reserve: bool = False


class Market(Protocol):
    """Where auctions are replayed: through the commands in this process, or through HTTP."""

    def open_auction(self, auction: RealAuction, reserve: Decimal | None) -> str:
        """List the auction and return its id."""

    def bid(self, product_id: str, bid: RealBid) -> bool:
        """Send one bid; False when a rule refuses it."""

    def close(self, product_id: str) -> tuple[Decimal | None, str | None]:
        """Return the price and the winner's name."""


class LocalMarket:
    """The same commands as the API's, called in this process; its people get accounts nobody can log in to."""

    def __init__(self) -> None:
        self._staff = system_actor(REALM, operator="demo replay-auctions")
        self._password_hash = hash_password(secrets.token_hex(16))
        self._names: dict[str, str] = {}
        self._seller = self._trader(demo_id(PEOPLE[0].email), PEOPLE[0].name, PEOPLE[0].email)

    def _trader(self, user_id: str, name: str, email: str) -> Actor:
        """Return somebody as an actor, with an account: who has none may not trade (decision 41)."""
        if user_id not in self._names:
            self._names[user_id] = name
            with suppress(DuplicateRecord):
                create_user(self._staff, id=user_id, email=email, fullname=name, password_hash=self._password_hash)
        return Actor(REALM, user_id, role="user")

    def open_auction(self, auction: RealAuction, reserve: Decimal | None) -> str:
        values = auction_values(demo_id("Watches"), demo_id("Watches", "Wristwatches"), title=auction.title,
                                start_price=auction.opening, bidding_mode="PROXY", reserve_price=reserve,
                                end_bid_date=now() + timedelta(days=1))
        return create_product(self._seller, **values).id

    def bid(self, product_id: str, bid: RealBid) -> bool:
        bidder_id = demo_id("bidder", bid.bidder)
        bidder = self._trader(bidder_id, bid.bidder, f"{bidder_id}@bidders.example")
        try:
            place_bid(bidder, product_id=product_id, bid_amount=bid.maximum, currency=CURRENCY)
        except RuleViolated:
            return False
        return True

    def close(self, product_id: str) -> tuple[Decimal | None, str | None]:
        close_auction(self._staff, product_id, early=True)
        report = auction_report(product_id)
        if report["winnerBidId"] is None:
            return None, None
        return Decimal(str(report["currentBid"])), self._names[report["highestBidderId"]]


def read_auctions(file: Path, delimiter: str | None) -> list[RealAuction]:
    """Return the auctions of the file in its order; raises ClickException naming the column or line that is wrong."""
    lines = read_csv(file, COLUMNS, delimiter)
    mark = decimal_sign(line.cells[column] for line in lines for column in NUMBERS)
    by_auction = groupby(lines, key=lambda line: line.cells["auctionid"])
    return [_auction(file, number, list(bids), mark) for number, bids in by_auction]


def _auction(file: Path, number: str, lines: list[CsvLine], mark: str | None) -> RealAuction:
    read = [(line.cells, _numbers(file, line, mark)) for line in lines]
    read.sort(key=lambda bid: bid[1]["bidtime"])
    first, numbers = read[0]
    return RealAuction(number, f"{first.get('item') or 'Auction'} {number}", _amount(numbers["openbid"]),
                       _amount(numbers["price"]),
                       tuple(RealBid(cells["bidder"], _amount(bid["bid"])) for cells, bid in read))


def _numbers(file: Path, line: CsvLine, mark: str | None) -> dict[str, Decimal]:
    try:
        if line.fault:
            raise ValueError(line.fault)
        return {column: read_decimal(line.cells[column], mark) for column in NUMBERS}
    except ValueError as error:
        raise click.ClickException(f"{file} is no file of auctions: line {line.number}: {error}") from error


def _amount(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1) / FACTORS[CURRENCY])


def replay(market: Market, auction: RealAuction) -> Replay:
    """Replay one auction plainly and, when the price differs, with a hidden reserve equal to its price."""
    plain = _replay(market, auction, None)
    return plain if plain.price == auction.price else _replay(market, auction, auction.price)


def _replay(market: Market, auction: RealAuction, reserve: Decimal | None) -> Replay:
    product_id = market.open_auction(auction, reserve)
    refused = sum(not market.bid(product_id, bid) for bid in auction.bids)
    return Replay(*market.close(product_id), refused, with_reserve=reserve is not None)


def spread_sample(auctions: Sequence[RealAuction], size: int | None) -> list[RealAuction]:
    """Return `size` auctions spread evenly over the file; all of them when there are no more or size is None."""
    if size is None or size >= len(auctions):
        return list(auctions)
    return [auctions[place * len(auctions) // size] for place in range(size)]


@click.command("replay-auctions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sample", type=click.IntRange(1), help="Only this many auctions, spread over the file.")
@click.option("--http", "url", help="Send every bid to the server at this URL instead of calling the command here.")
@delimiter_option
@acts
@with_appcontext
def replay_auctions(file: Path, sample: int | None, url: str | None, delimiter: str | None, dry_run: bool, yes: bool,
                    as_json: bool) -> None:
    """Replay the real auctions in FILE on PROXY listings and compare price and winner with the file.

    Example: flask demo replay-auctions tests/data/real_ebay_auctions.csv --yes
    """
    refuse_production()
    auctions = spread_sample(read_auctions(file, delimiter), sample)
    bids = sum(len(auction.bids) for auction in auctions)
    where = f"at {url}" if url else f"in {current_app.config['SQLALCHEMY_DATABASE_URI'].split('@')[-1]}"
    if not agreed(f"{len(auctions)} auctions are listed and {bids} bids placed {where}", dry_run=dry_run, yes=yes):
        return
    market = _market_at(url, auctions) if url else LocalMarket()
    with click.progressbar(auctions, label="replaying", file=sys.stderr) as shown:
        outcomes = [(auction, replay(market, auction)) for auction in shown]
    _report(outcomes, as_json)


def _market_at(url: str, auctions: list[RealAuction]) -> Market:
    from cli.replay_http import HttpMarket

    return HttpMarket(url, most_bidders=max(len({bid.bidder for bid in auction.bids}) for auction in auctions))


def _report(outcomes: list[tuple[RealAuction, Replay]], as_json: bool) -> None:
    exact = [result for auction, result in outcomes if result.price == auction.price]
    facts = {
        "auctions": len(outcomes), "bids": sum(len(auction.bids) for auction, _ in outcomes),
        "refusedBids": sum(result.refused for _, result in outcomes), "exactPrices": len(exact),
        "exactPlainly": sum(not result.with_reserve for result in exact),
        "exactWithReserve": sum(result.with_reserve for result in exact),
        "exactWinners": sum(result.winner == auction.highest_bidder for auction, result in outcomes)}
    different = [_difference(auction, result) for auction, result in outcomes
                 if result.price != auction.price or result.winner != auction.highest_bidder]
    print_facts({**facts, "different": different} if as_json else facts, as_json=as_json)
    if not as_json and different:
        click.echo()
        print_rows(different, as_json=False)


def _difference(auction: RealAuction, result: Replay) -> dict[str, object]:
    return {"auction": auction.number, "price": str(auction.price),
            "priceHere": None if result.price is None else str(result.price),
            "winner": auction.highest_bidder, "winnerHere": result.winner}
