"""Each of the twelve views shows each person of the two small worlds the whole rows of its object as that person sees
them now, with what they point at, and takes away at once what he sees no more (docs/decisions/121)."""
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from blueprints.platform.bff.views import views_of
from tests.clients import ApiClient
from tests.contract.leaks import VISITOR, SmallRealm, without_tokens
from tests.contract.test_leaks import Market, log, market  # noqa: F401 - pytest finds them here
from tests.contract.test_network_leaks import BLOCKED, OWNER, SmallNetwork, network  # noqa: F401

# ruff: noqa: F811 - that is how pytest hands fixtures over
pytestmark = pytest.mark.once("views and objects are read by the same statements (tests/platform/bff has both)")
Rows = Mapping[str, Any]


def rows(world: SmallRealm, client: ApiClient, index: str) -> tuple[int, Rows]:
    """Return the status of a list, and id → row of all that it shows; of people those of the world, by their ids."""
    people = [one.user_id for person, one in world.people.items() if person != VISITOR]
    body = {"id": {"operator": "eq", "values": people}} if index.lower().startswith("user") and (
        "profile" not in index.lower()) else {}
    answer = client.post(f"/{world.realm}/bff-service/{index}/list?limit=100", json=body)
    found = orjson.loads(without_tokens(answer.data))
    return answer.status_code, {row["id"]: row for row in found.get("items", ())}


def assert_views_show_the_rows_of_their_objects(world: SmallRealm) -> None:
    shown_by: set[str] = set()
    for person, client in world.people.items():
        for view, name in views_of(world.realm).items():
            seen, wanted = rows(world, client, view), rows(world, client, name)
            assert seen == wanted, (person, view)
            shown_by |= {view} if seen[1] else set()
            for id_, row in list(seen[1].items())[:3]:
                got = orjson.loads(without_tokens(client.get(f"/{world.realm}/bff-service/{view}/{id_}").data))
                assert got[view] == row, (person, view)
    assert len(shown_by) >= len(views_of(world.realm)) - 1, f"the world is too empty to prove anything: {shown_by}"


def test_the_views_of_the_marketplace_show_each_person_what_he_sees_now(market: Market) -> None:
    assert_views_show_the_rows_of_their_objects(market)


def test_the_views_of_the_network_show_each_person_what_he_sees_now(network: SmallNetwork) -> None:
    assert_views_show_the_rows_of_their_objects(network)


def test_a_view_shows_a_change_and_a_block_with_the_next_request(network: SmallNetwork) -> None:
    """Before any event is delivered: no copy is shown that is older than its part."""
    owner, other = network.people[OWNER], network.people["connection"]
    view = "postdetailview"
    [id_, *_] = [id_ for id_, row in rows(network, other, view)[1].items() if row["authorUserId"] == owner.user_id]
    assert owner.patch(f"/network/auth-api/v1/profile/{owner.user_id}", json={"fullname": "Renamed"}).status_code == 200
    assert rows(network, other, view)[1][id_]["author"]["fullname"] == "Renamed"
    assert owner.post("/network/people-api/v1/blocks", json={"userId": other.user_id}).status_code == 201
    assert id_ not in rows(network, other, view)[1]
    assert network.people[BLOCKED].get(f"/network/bff-service/{view}/{id_}").status_code == 404
