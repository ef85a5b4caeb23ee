"""`flask moderate`: refusals first."""
import getpass
import json
from uuid import uuid4

import pytest

from app.actor import system_actor
from app.clock import moved_clock
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.marketplace.product_listing.commands import create_media, delete_product
from cli import load_command
from tests.marketplace.auction_offer.saleroom import Saleroom

WHY = ("--reason", "the buyer is gone")


@pytest.fixture
def moderate(app):
    """Call it with the words after `flask moderate`; returns click's result."""
    runner = app.test_cli_runner(env={"GUILDHALL_OPERATOR": "ada@guildhall.test"})
    return lambda *words, **options: runner.invoke(load_command("moderate"), words, **options)


@pytest.fixture
def room(callers):
    callers.admin()
    return Saleroom(callers)


@pytest.fixture
def unpaid(room):
    """An auction Cleo has won before Ben."""
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    room.placed(room.cleo, auction, 70)
    close_auction(system_actor("marketplace"), auction, early=True)
    return auction


def recorded(moderate):
    return json.loads(moderate("record", "--json").stdout)


def test_nothing_is_done_without_a_reason(moderate, unpaid):
    for words in (("second-chance", unpaid), ("note", "PRODUCT", unpaid), ("restore", "PRODUCT", unpaid),
                  ("flag-media", unpaid)):
        result = moderate(*words, "--yes")
        assert (result.exit_code, "--reason" in result.stderr) == (2, True)
    assert recorded(moderate) == []


def test_an_unknown_listing_and_a_winner_who_may_still_pay_are_refused(moderate, unpaid):
    assert "there is no listing" in moderate("second-chance", str(uuid4()), *WHY, "--yes").stderr
    refused = moderate("second-chance", unpaid, *WHY, "--yes")
    assert (refused.exit_code, "may still pay" in refused.stderr) == (1, True)
    assert recorded(moderate) == []


def test_a_dry_run_and_a_no_change_nothing(moderate, unpaid):
    with moved_clock(days=4):
        assert "nothing was changed" in moderate("second-chance", unpaid, *WHY, "--dry-run").stderr
        assert moderate("second-chance", unpaid, *WHY, input="n\n").exit_code == 1
    assert recorded(moderate) == []


def test_a_second_chance_is_an_offer_and_an_entry_in_the_record(moderate, unpaid, room):
    with moved_clock(days=4):
        given = moderate("second-chance", unpaid, *WHY, "--yes", "--json")
    offer = room.offer_seen(room.ben, json.loads(given.stdout)["offerId"])
    assert (offer["buyerId"], offer["status"]) == (room.ben.user_id, "COUNTERED")
    [entry] = recorded(moderate)
    assert (entry["actionType"], entry["entityId"]) == ("MANUAL_CORRECTION", unpaid)
    assert entry["reason"] == f"the buyer is gone: second chance for {room.ben.user_id} ({getpass.getuser()})"


def test_a_note_is_recorded(moderate, unpaid):
    assert moderate("note", "PRODUCT", unpaid, "--reason", "is genuine", "--yes").exit_code == 0
    assert [entry["reason"] for entry in recorded(moderate)] == [f"is genuine ({getpass.getuser()})"]


def test_what_is_not_there_is_neither_removed_nor_brought_back(moderate, room):
    for words, said in ((("restore", "PRODUCT", str(uuid4())), "there is no PRODUCT"),
                        (("restore", "FEEDBACK", str(uuid4())), "there is no FEEDBACK"),
                        (("flag-media", str(uuid4())), "there is no MEDIA")):
        refused = moderate(*words, "--reason", "r", "--yes")
        assert (refused.exit_code, said in refused.stderr) == (1, True), refused.stderr
    assert recorded(moderate) == []


def test_a_listing_comes_back_once(moderate, room):
    listing = room.fixed()
    delete_product(room.seller.actor, listing)
    words = ("restore", "PRODUCT", listing, "--reason", "by mistake")
    assert "nothing was changed" in moderate(*words, "--dry-run").stderr
    assert json.loads(moderate(*words, "--yes", "--json").stdout)["restored"] is True
    assert room.product(listing)["isActive"] is True
    assert json.loads(moderate(*words, "--yes", "--json").stdout) == {
        "changed": False, "reason": f"PRODUCT {listing} is there"}
    assert [(entry["actionType"], entry["reason"]) for entry in recorded(moderate)] == [
        ("RESTORE", f"by mistake ({getpass.getuser()})")]


def test_a_picture_is_removed(moderate, room):
    media = create_media(room.seller.actor, mime_type="image/png", url="https://a.example/b.png", size=5)
    assert moderate("flag-media", media.id, "--reason", "a person's papers", "--yes").exit_code == 0
    [entry] = recorded(moderate)
    assert (entry["actionType"], entry["entityId"]) == ("MEDIA_FLAG", media.id)
