"""Nothing goes outward that its receiver cannot get: every event of two small worlds, for each of their persons, by
each topic that this person may follow (front-door.md FD-13, FD-14). Streams and webhooks send what this tells."""
import re
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from app.actor import Actor
from app.data.visibility import read_objects
from app.errors import InvalidInput
from app.events.log import LoggedEvent, events_after
from app.events.outward import VERBS, OutwardEvent, Receiver, Selection, outward
from app.events.topics import db_topic
from tests.clients import ApiClient
from tests.contract import test_leaks, test_network_leaks
from tests.contract.leaks import SmallRealm
from tests.contract.test_leaks import MODERATOR, Market, log, market  # noqa: F401
from tests.contract.test_network_leaks import SUPER, SmallNetwork, network  # noqa: F401
from tests.contract.test_visibility_of_lists import actor_of
from tests.contract.who_may_see import Secrets, assert_nothing_leaks

# ruff: noqa: F811 - that is how pytest hands fixtures over
pytestmark = pytest.mark.once("what goes outward is decided by rules, the same on both databases (tests/app/data)")
# What the clock and the caller make of a row when it is got (`completed` of its service).
NOT_COMPARED = {"status", "status_idx", "bidAmount", "items", "summary", "state", "state_idx", "updatedAt"}

READ_TOKEN = re.compile(r"\?token=[0-9a-z.-]+")  # of private files: no event has one


def everything_logged(world: SmallRealm) -> list[LoggedEvent]:
    found: list[LoggedEvent] = []
    while batch := events_after(world.realm, found[-1].position if found else 0):
        found += batch
    return found


def topics_of(world: SmallRealm, events: list[LoggedEvent]) -> list[str]:
    """Every topic of the realm, and by their ids the rows that nobody pages through."""
    topics = [db_topic(realm, one.model.__service__, one.name, verb) for realm, one in read_objects()
              if realm == world.realm for verb in VERBS]
    return [*topics, *sorted({f"{event.object_name}/{event.object_id}" for event in events
                              if read_objects().get(world.realm, event.object_name).named_only})]


def may_follow(actor: Actor, topic: str) -> bool:
    try:
        Selection.of(actor.realm, [topic], actor)
    except InvalidInput:
        return False
    return True


def told_to(world: SmallRealm, person: str, client: ApiClient, events: list[LoggedEvent]) -> list[OutwardEvent]:
    actor = actor_of(world, client)
    topics = [topic for topic in topics_of(world, events) if may_follow(actor, topic)]
    selections = [Selection.stored(world.realm, topics[at:at + 50]) for at in range(0, len(topics), 50)]
    told = {one.event_id: one for found in outward(events, [Receiver(actor, some) for some in selections])
            for one in found}
    return sorted(told.values(), key=lambda one: one.position)


def assert_all_can_be_got(world: SmallRealm, person: str, client: ApiClient, told: list[OutwardEvent]) -> None:
    """The receiver gets each row that he was told, and in it at least what he was told; the newest as it was told."""
    newest: dict[tuple[str, str], OutwardEvent] = {(one.object_name, one.object_id): one for one in told if one.row}
    for (name, row_id), one in newest.items():
        answer = client.get(f"/{world.realm}/bff-service/{name}/{row_id}")
        if one.kind == "deleted":
            assert one.row == {"id": row_id}
            continue
        assert answer.status_code == 200, (person, one, answer.text)
        body = orjson.loads(READ_TOKEN.sub("", answer.text))
        got: Any = body[body["dataName"]]
        wrong = {field: (value, got.get(field, ...)) for field, value in (one.row or {}).items()
                 if got.get(field, ...) != value and (field not in NOT_COMPARED or field not in got)}
        assert not wrong, (person, name, wrong)


def assert_nothing_goes_too_far(world: SmallRealm, people: Mapping[str, ApiClient], secrets: Secrets,
                                *staff: str) -> None:
    events = everything_logged(world)
    told = {person: told_to(world, person, client, events) for person, client in people.items()}
    assert sum(len(one) for one in told.values()) > len(events), "the world is too empty to prove anything"
    for person, some in told.items():
        assert_all_can_be_got(world, person, people[person], some)
        assert person in staff or not [one for one in some if one.old]
    seen = {person: [(f"event {one.topic}", orjson.dumps([one.row, one.old]).decode()) for one in some]
            for person, some in told.items()}
    assert_nothing_leaks(seen, secrets)


def test_no_event_of_the_marketplace_tells_a_receiver_what_he_cannot_get(market: Market) -> None:
    assert_nothing_goes_too_far(market, market.people, test_leaks.SECRETS, MODERATOR)


def test_no_event_of_the_network_tells_a_receiver_what_he_cannot_get(network: SmallNetwork) -> None:
    assert_nothing_goes_too_far(network, network.people, test_network_leaks.SECRETS, MODERATOR, SUPER)
