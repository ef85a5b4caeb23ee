"""What `flask demo seed` leaves: a small market with a past, made once."""
import pytest
from flask import Flask

from app.actor import system_actor
from app.data.reads.read_request import ReadRequest
from app.errors import ApiError
from blueprints.marketplace.feedback.queries import get_reputation
from blueprints.marketplace.messaging.commands import send_message
from blueprints.marketplace.messaging.queries import list_conversations
from blueprints.marketplace.watchlist_cart.queries import list_cart, list_folders, list_watched
from blueprints.network.profile.queries import list_profiles
from blueprints.platform.moderation.queries import list_cases
from blueprints.platform.people.commands import block_person
from blueprints.platform.people.queries import is_blocked_between
from cli import demo_network, demo_seed
from cli.demo_factories import ANNA, BEN, CLEO, EMIL, GRETA, HUGO, REALM, demo_id
from cli.demo_seed import is_seeded, seed_demo
from cli.demo_story import STORY, actor_of


def test_seeding_twice_adds_nothing(app: Flask) -> None:
    first = seed_demo(REALM)
    assert all(first.values())
    assert first["users"] == 7
    assert first["products"] >= 10
    assert set(seed_demo(REALM).values()) == {0}


def test_every_row_of_the_story_is_taken(app: Flask) -> None:
    first = seed_demo(REALM)
    assert {kind: first[kind] for kind in STORY} == {
        kind: len(rows) for kind, (_, rows) in STORY.items()}


def test_a_seed_that_broke_off_is_no_seed_and_the_next_completes_it(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(demo_seed, "STORY", {"orders": (_break_off, ((),))})
        with pytest.raises(KeyboardInterrupt):
            seed_demo(REALM)
    assert not is_seeded(REALM)
    assert seed_demo(REALM)["cartItems"]
    assert is_seeded(REALM)


def test_what_visitors_changed_does_not_stop_a_second_seed(app: Flask) -> None:
    seed_demo(REALM)
    block_person(actor_of(BEN), demo_id(ANNA))
    assert set(seed_demo(REALM).values()) == {0}


def test_the_market_has_all_stars_of_several_sellers(app: Flask) -> None:
    seed_demo(REALM)
    given = [get_reputation(REALM, demo_id(seller))["stars"] for seller in (HUGO, GRETA, EMIL)]
    assert {stars for one in given for stars, times in one.items() if times} == {"1", "2", "3", "4", "5"}
    assert all(any(one.values()) for one in given)


def test_some_messages_are_unread_and_one_person_is_blocked(app: Flask) -> None:
    seed_demo(REALM)
    assert list_conversations(actor_of(ANNA), ReadRequest()).extras["unread"] == 1
    assert is_blocked_between(REALM, demo_id(CLEO), demo_id(GRETA))
    with pytest.raises(ApiError):
        send_message(actor_of(GRETA), to_user_id=demo_id(CLEO), content="Hello?")


def test_watchlists_have_folders_and_carts_are_filled(app: Flask) -> None:
    seed_demo(REALM)
    assert [row["itemCount"] for row in list_folders(ReadRequest(), user_id=demo_id(BEN)).rows] == [2]
    assert len(list_watched(ReadRequest(), (), user_id=demo_id(BEN)).rows) == 4
    assert len(list_cart(ReadRequest(), (), user_id=demo_id(BEN)).rows) == 2


def test_five_reports_of_different_weight_and_an_appeal_wait_for_a_moderator(app: Flask) -> None:
    seed_demo(REALM)
    waiting = list_cases(system_actor(REALM), ReadRequest()).rows
    reported = [case for case in waiting if case["kind"] == "REPORT"]
    assert sum(case["reportCount"] for case in reported) == 5
    assert len({case["priority"] for case in reported}) == len(reported) == 4
    assert [case["kind"] for case in waiting if case["kind"] != "REPORT"] == ["APPEAL"]


def test_seeding_the_network_twice_adds_nothing(app: Flask) -> None:
    first = seed_demo(demo_network.REALM)
    assert first == {"users": len(demo_network.MEMBERS)} | {
        kind: len(rows) for kind, (_, rows) in demo_network.STORY.items()}
    assert is_seeded(demo_network.REALM)
    assert not is_seeded(REALM)
    assert set(seed_demo(demo_network.REALM).values()) == {0}


def test_the_network_has_public_and_private_profiles_and_somebody_without_one(app: Flask) -> None:
    seed_demo(demo_network.REALM)
    shown = [row["fullName"] for row in list_profiles(demo_network.actor_of(demo_network.UGO), ReadRequest()).rows]
    assert shown == ["Nora Network", "Omar Optics", "Pia Platform", "Rosa Robotics"]


def _break_off() -> None:
    raise KeyboardInterrupt
