"""What `flask demo seed` leaves: a small market with a past, made once."""
from collections.abc import Iterator

import click
import pytest
from flask import Flask

from app.actor import system_actor
from app.clock import moved_clock
from app.data.reads.read_request import ReadRequest
from app.errors import ApiError
from app.runtime import runtime
from blueprints.marketplace.auction_offer.offer_commands import offer_second_chance
from blueprints.marketplace.auction_offer.queries import auction_report, auctions_listed
from blueprints.marketplace.feedback.queries import get_reputation
from blueprints.marketplace.messaging.commands import send_message
from blueprints.marketplace.messaging.queries import list_conversations
from blueprints.marketplace.order_management.inspection import recent_orders
from blueprints.marketplace.product_listing.queries import find_product_ids, list_media
from blueprints.marketplace.watchlist_cart.queries import list_cart, list_folders, list_watched
from blueprints.network.company.queries import list_companies
from blueprints.network.content.feed import list_feed
from blueprints.network.job_application.queries import list_applications
from blueprints.network.messaging.counting import check_conversations
from blueprints.network.messaging.queries import list_conversations as conversations_of
from blueprints.network.networking.checks import check_ties
from blueprints.network.networking.queries import degree_between, list_requests
from blueprints.network.profile.queries import list_profiles
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.case_queue import list_cases
from blueprints.platform.moderation.cases import act
from blueprints.platform.people.commands import block_person
from blueprints.platform.people.queries import inactive_among, is_blocked_between
from cli import COMMANDS, demo_network, demo_network_story, demo_seed, load_command
from cli.demo_factories import (
    ANNA,
    BEN,
    CLEO,
    EMIL,
    GOODS,
    GRETA,
    HUGO,
    JAN,
    PEOPLE,
    REALM,
    SARA,
    demo_id,
)
from cli.demo_seed import is_seeded, seed_demo
from cli.demo_story import STORY, actor_of
from tests.contract.terminal_leaks import commands_below, is_reading, takes, wider_than_the_terminal


def test_seeding_twice_adds_nothing_and_every_row_of_the_story_is_taken(app: Flask) -> None:
    first = seed_demo(REALM)
    assert all(first.values())
    assert (first["users"], first["products"]) == (len(PEOPLE), len(GOODS))
    assert {kind: first[kind] for kind in STORY} == {kind: len(rows) for kind, (_, rows) in STORY.items()}
    assert set(seed_demo(REALM).values()) == {0}


def test_a_seed_that_broke_off_is_no_seed_and_the_next_completes_it(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(demo_seed, "STORY", {"orders": (_break_off, ((),))})
        with pytest.raises(KeyboardInterrupt):
            seed_demo(REALM)
    assert not is_seeded(REALM)
    assert seed_demo(REALM)["cartItems"]
    assert is_seeded(REALM)


def test_what_visitors_and_staff_changed_does_not_stop_a_second_seed_and_is_not_done_again(app: Flask) -> None:
    seed_demo(REALM)
    block_person(actor_of(BEN), demo_id(ANNA))
    act(system_actor(REALM, operator="test"), ActOrder("UNBAN", "USER", demo_id(JAN)), reason="he has paid it back")
    assert set(seed_demo(REALM).values()) == {0}
    assert not inactive_among(REALM, [demo_id(JAN)])


def test_the_market_has_all_stars_unread_messages_a_block_watchlists_carts_and_a_picture(app: Flask) -> None:
    seed_demo(REALM)
    given = [get_reputation(REALM, demo_id(seller))["stars"] for seller in (HUGO, GRETA, EMIL)]
    assert {stars for one in given for stars, times in one.items() if times} == {"1", "2", "3", "4", "5"}
    assert all(any(one.values()) for one in given)
    assert list_conversations(actor_of(ANNA), ReadRequest()).extras["unread"] == 1
    assert is_blocked_between(REALM, demo_id(CLEO), demo_id(GRETA))
    with pytest.raises(ApiError):
        send_message(actor_of(GRETA), to_user_id=demo_id(CLEO), content="Hello?")
    assert [row["itemCount"] for row in list_folders(actor_of(BEN), ReadRequest()).rows] == [2]
    assert len(list_watched(actor_of(BEN), ReadRequest(), ()).rows) == 4
    assert len(list_cart(actor_of(BEN), ReadRequest(), ()).rows) == 2
    assert [row["id"] for row in list_media(actor_of(HUGO), ReadRequest()).rows] == [
        demo_id("picture", "Watchmaker's loupe")]


def test_a_moderator_finds_cases_a_suspension_an_unshipped_order_an_unpaid_auction_and_things_alike(app: Flask) -> None:
    seed_demo(REALM)
    waiting = list_cases(system_actor(REALM), ReadRequest()).rows
    reported = [case for case in waiting if case["kind"] == "REPORT"]
    assert sum(case["reportCount"] for case in reported) == 5
    assert len({case["priority"] for case in reported}) == len(reported) == 4
    assert [case["kind"] for case in waiting if case["kind"] != "REPORT"] == ["APPEAL"]

    assert inactive_among(REALM, [demo_id(JAN)]) == {demo_id(JAN)}
    assert [order["seller"] for order in recent_orders(status="PAID", limit=10)] == ["Jan Jumble"]
    assert len(find_product_ids(seller_id=demo_id(SARA), text="rolex", limit=10)) == 4

    [auction] = auctions_listed("closed", seller_id=None, limit=10)
    assert auction_report(auction["id"])["highestBidderId"] == demo_id(CLEO)
    with pytest.raises(ApiError) as refused:
        offer_second_chance(system_actor(REALM), auction["id"])
    assert refused.value.err_code == "WinnerMayStillPay"
    with moved_clock(days=1, minutes=1):
        assert offer_second_chance(system_actor(REALM), auction["id"]).buyer_id == demo_id(BEN)


def test_seeding_the_network_twice_adds_nothing(app: Flask) -> None:
    first = seed_demo(demo_network.REALM)
    assert first == {"users": len(demo_network.MEMBERS)} | {
        kind: len(rows) for kind, (_, rows) in demo_network_story.STORY.items()}
    assert is_seeded(demo_network.REALM)
    assert not is_seeded(REALM)
    files = _files()
    assert set(seed_demo(demo_network.REALM).values()) == {0}
    assert _files() == files
    assert check_conversations()[0] == check_ties()[0] == "ok"


def test_the_network_has_something_of_every_service_to_look_at(app: Flask) -> None:
    seed_demo(demo_network.REALM)
    ugo, nora, pia, rosa = map(demo_network.actor_of, (
        demo_network.UGO, demo_network.NORA, demo_network.PIA, demo_network.ROSA))
    shown = {row["fullName"] for row in list_profiles(ugo, ReadRequest()).rows}
    assert shown == {member.person.name for member in demo_network.MEMBERS} - {
        "Sven Silent", "Tara Timetable", "Ugo Undecided", "Yara Yesterday"}
    assert degree_between(demo_id(demo_network.OMAR), demo_id(demo_network.PIA)) == 2
    assert [row["status"] for row in list_requests(nora, ReadRequest()).rows].count("pending") == 1
    assert len(list_feed(nora, ReadRequest()).rows) == len(demo_network_story.POSTS)
    assert {row["pageVisibility"] for row in list_companies(nora, ReadRequest()).rows} == {"public", "private"}
    assert {row["status"] for who in (pia, rosa) for row in list_applications(who, ReadRequest()).rows} == {
        "submitted", "in_review", "accepted", "rejected"}
    assert sorted(row["unreadCount"] for row in conversations_of(nora, ReadRequest()).rows) == [0, 1]
    assert len(list_cases(system_actor(demo_network.REALM), ReadRequest()).rows) == 2


def _files() -> list[str]:
    """Return the names under which files are stored: a second seed uploads nothing."""
    return sorted(path.name for path in (runtime().settings.home / "media").rglob("*"))


def _break_off() -> None:
    raise KeyboardInterrupt


def test_every_list_of_the_terminal_fits_a_hundred_columns_on_the_demo(app: Flask) -> None:
    for realm in (REALM, "network"):
        seed_demo(realm)
    told = [("flask " + " ".join(words), app.test_cli_runner().invoke(load_command(words[0]), words[1:]).stdout)
            for words in _lists()]
    assert len(told) > 30
    assert wider_than_the_terminal(told) == {}


def _lists() -> Iterator[tuple[str, ...]]:
    """Yield the words of each reading command that needs no argument, in both realms where it asks for one."""
    for name in COMMANDS:
        for command, words in commands_below(load_command(name), (name,), is_reading):
            if not any(isinstance(one, click.Argument) and one.required for one in command.params):
                yield from ((*words, "--realm", realm) for realm in (REALM, "network")) if takes(
                    command, "realm") else (words,)
