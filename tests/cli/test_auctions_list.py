"""`flask auctions list`: refusals first."""
import json
from datetime import timedelta

import pytest

from app.clock import moved_clock, now
from app.data.columns import iso
from blueprints.marketplace.product_listing.commands import delete_product
from cli.terminal import TABLE_COLUMNS


def listed(run, *words):
    result = run("auctions", "list", "--json", *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def auction(market):
    """Call it with the hours an auction runs (None: without an end)."""
    def list_it(hours, **given):
        end = {} if hours is None else {"endBidDate": iso(now() + timedelta(hours=hours))}
        return market.listed(type="AUCTION", startPrice=50, **end, **given)
    return list_it


def test_an_unknown_state_and_an_unknown_seller_are_refused(run, market):
    assert run("auctions", "list", "--state", "gone").exit_code == 2
    assert run("auctions", "list", "--seller", "nobody@guildhall.test").exit_code == 1


def test_fixed_prices_and_withdrawn_auctions_are_not_listed(run, market, auction):
    market.listed()
    delete_product(market.sara.actor, auction(2))
    assert listed(run) == []
    assert "no auctions" in run("auctions", "list").stdout


def test_an_auction_of_a_long_title_is_shown_on_a_hundred_columns(run, auction):
    shown = run("auctions", "show", auction(2, title="Brass sextant " * 14))
    assert shown.exit_code == 0, shown.output
    assert max(map(len, shown.stdout.splitlines())) <= TABLE_COLUMNS
    assert shown.stdout.count("sextant") == 14


def test_running_auctions_come_by_their_end_and_those_without_one_last(run, market, auction):
    endless, late, soon = auction(None), auction(48), auction(2)
    bid = {"productId": soon, "bidAmount": 60, "currency": "USD", "status": "ACTIVE"}
    assert market.ben.post("/marketplace/auctionoffer-api/v1/auctionofferbids", json=bid).status_code == 201
    assert [(one["id"], one["state"], one["price"], one["bids"]) for one in listed(run)] == [
        (soon, "ending", 60.0, 1), (late, "running", 50.0, 0), (endless, "running", 50.0, 0)]
    assert [one["id"] for one in listed(run, "--state", "ending")] == [soon]
    assert [one["id"] for one in listed(run, "--limit", "2")] == [soon, late]


def test_one_whose_end_has_passed_waits_to_be_closed(run, auction):
    late = auction(2)
    with moved_clock(hours=3):
        assert [(one["id"], one["state"]) for one in listed(run)] == [(late, "overdue")]


def test_closed_auctions_come_latest_first_and_say_whether_they_sold(run, market, auction):
    unsold, sold = auction(2), auction(2)
    bid = {"productId": sold, "bidAmount": 60, "currency": "USD", "status": "ACTIVE"}
    assert market.ben.post("/marketplace/auctionoffer-api/v1/auctionofferbids", json=bid).status_code == 201
    for one in (unsold, sold):
        assert run("auctions", "close", one[-8:], "--as", "ada@guildhall.test", "--yes").exit_code == 0
    assert [(one["id"], one["state"]) for one in listed(run, "--state", "closed")] == [
        (sold, "sold"), (unsold, "unsold")]
    assert listed(run) == []


def test_only_those_of_a_seller(run, market, auction):
    auction(2)
    of_sam = auction(None, seller=market.sam)
    assert [one["id"] for one in listed(run, "--seller", "sam@guildhall.test")] == [of_sam]
    assert listed(run, "--seller", "ben@guildhall.test") == []


def test_no_maximum_and_no_reserve_is_shown(run, market, auction):
    secret = auction(2, biddingMode="PROXY", reservePrice=4321)
    bid = {"productId": secret, "bidAmount": 1234.56, "currency": "USD", "status": "ACTIVE"}
    assert market.ben.post("/marketplace/auctionoffer-api/v1/auctionofferbids", json=bid).status_code == 201
    for told in (run("auctions", "list"), run("auctions", "list", "--json")):
        assert "1234.56" not in told.stdout
        assert "4321" not in told.stdout


def test_the_table_fits_a_hundred_columns(run, auction):
    auction(2, title="An antique brass sextant " * 8)
    told = run("auctions", "list").stdout
    assert "…" in told
    assert max(len(line) for line in told.splitlines()) <= 100


def found(run, text, *words):
    result = run("auctions", "find", text, "--json", *words)
    assert result.exit_code == 0, result.output
    return [one["id"] for one in json.loads(result.stdout)]


def test_what_names_no_auction_finds_none(run, market, auction):
    listing = market.listed()
    delete_product(market.sara.actor, withdrawn := auction(2))
    for text in (listing, withdrawn, "no such title", "%", "ben@guildhall.test", " "):
        assert found(run, text) == [], text
    assert "no auctions" in run("auctions", "find", "nothing").stdout


def test_auctions_are_found_by_id_last_digits_a_part_of_the_title_and_their_seller(run, market, auction):
    first, second = auction(2, title="Brass Séxtant"), auction(2, title="A chair")
    for text in (first, first[-8:], first[:-2], "sext", "BRASS sextant"):
        assert found(run, text) == [first], text
    for text in ("sara@guildhall.test", "Sara"):
        assert found(run, text) == [second, first], text
    assert found(run, "Sara", "--limit", "1") == [second]
