"""`flask auctions` and `flask demo replay-auctions`: refusals first."""
import json
from pathlib import Path
from uuid import uuid4

import pytest

from cli import load_command
from tests.platform.moderation.chains import entries

REAL = Path(__file__).parents[2] / "data" / "real_ebay_auctions.csv"


@pytest.fixture
def flask(app):
    """Call it with the words of a flask command; returns click's result."""
    runner = app.test_cli_runner(env={"GUILDHALL_OPERATOR": "admin@admin.com"})

    def run(group, *words, **options):
        return runner.invoke(load_command(group), words, **options)

    return run


def test_an_unknown_listing_is_said_to_be_unknown(flask):
    for action in ("show", "close"):
        result = flask("auctions", action, str(uuid4()))
        assert result.exit_code == 1
        assert "there is no listing" in result.output


def test_a_fixed_price_listing_is_no_auction(flask, room):
    result = flask("auctions", "close", room.fixed(), "--yes")
    assert result.exit_code == 1
    assert "no auction" in result.output


def test_show_tells_the_standing_and_keeps_the_secrets(flask, room):
    auction = room.auction(biddingMode="PROXY", reservePrice=4321)
    room.placed(room.ben, auction, 1234.56)
    result = flask("auctions", "show", auction, "--json")
    shown = json.loads(result.stdout)
    assert (shown["currentBid"], shown["bidCount"], shown["reserve"]) == (50, 1, "not met")
    assert [bid["bidAmount"] for bid in shown["bids"]] == [50]
    assert "1234.56" not in result.output
    assert "4321" not in result.output


def test_a_dry_run_and_a_no_close_nothing(flask, room):
    auction = room.auction()
    assert "nothing was changed" in flask("auctions", "close", auction, "--dry-run").output
    assert flask("auctions", "close", auction, input="n\n").exit_code == 1
    assert json.loads(flask("auctions", "show", auction, "--json").stdout)["closedAt"] is None


def test_nobody_closes_an_auction_without_saying_who_and_the_audit_knows(flask, room):
    auction = room.auction()
    refused = flask("auctions", "close", auction, "--yes", env={"GUILDHALL_OPERATOR": None})
    assert (refused.exit_code, "GUILDHALL_OPERATOR" in refused.output) == (2, True)
    assert flask("auctions", "close", auction, "--yes", "--as", room.ben.email).exit_code == 1
    assert flask("auctions", "close", auction, "--yes", "--as", room.admin.email).exit_code == 0
    assert entries()[-1]["by"]["userId"] == room.admin.user_id


def test_close_closes_once(flask, room):
    auction = room.auction()
    bid = room.placed(room.ben, auction, 60)
    closed = flask("auctions", "close", auction, "--yes", "--json")
    assert json.loads(closed.stdout)["winnerBidId"] == bid
    again = flask("auctions", "close", auction, "--yes")
    assert (again.exit_code, "nothing to do" in again.output) == (0, True)
    assert "WON" in flask("auctions", "show", auction).output


def test_a_file_that_holds_no_auctions_is_refused(flask, tmp_path):
    wrong = tmp_path / "prices.csv"
    wrong.write_text("name,price\nx,1\n")
    result = flask("demo", "replay-auctions", str(wrong), "--yes")
    assert result.exit_code == 1
    assert "no column auctionid, bidder, bid, bidtime, openbid" in result.output


def test_real_auctions_replay_to_their_real_price_and_winner(flask):
    result = flask("demo", "replay-auctions", str(REAL), "--yes", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["auctions"], told["exactPrices"], told["exactWinners"]) == (10, 10, 10)
    assert (told["exactPlainly"], told["exactWithReserve"], told["different"]) == (8, 2, [])


def test_a_sample_is_spread_over_the_file(flask):
    told = json.loads(flask("demo", "replay-auctions", str(REAL), "--yes", "--json", "--sample", "2").stdout)
    assert told["auctions"] == told["exactPrices"] == 2
