"""Whoever is no party to an object, and no staff, neither changes nor removes it, whatever the route (decision 7)."""
from collections.abc import Sequence

import pytest

from tests.clients import Callers
from tests.contract.fronts import MARKETPLACE, NETWORK, Front

pytestmark = pytest.mark.sweep("every route that changes something: refused by the same lines on both databases")
CHANGES = ("PATCH", "PUT", "DELETE")
# Open to everybody who is logged in, because they change nothing: the name of an entry is constant (rules-network §6B).
CHANGE_NOTHING = {"updateCertification", "updateLanguage"}


@pytest.mark.parametrize("mounts", [MARKETPLACE, NETWORK], ids=["marketplace", "network"])
def test_a_stranger_neither_changes_nor_removes_what_is_another_s(
        fronts: list[Front], callers: Callers, mounts: Sequence[str]) -> None:
    stranger = callers.user("eve", realm=mounts[0].split("/")[1])
    for front in fronts:
        for operation in front.operations:
            if operation.method in CHANGES and operation.places and operation.name not in CHANGE_NOTHING:
                # What names no object changes the caller's own.
                body = {"json": front.good(operation.name)} if operation.takes_json and operation.fields else {}
                before = front.written()
                answer = stranger.request(operation.method, front.url(operation), **body)
                assert answer.status_code in (403, 404), (operation.name, answer.json)
                assert front.written() == before, operation.name


@pytest.mark.parametrize("mount", ["/network/profile-api"])
def test_what_a_stranger_may_call_leaves_the_dictionaries_as_they_are(
        front: Front, callers: Callers, mount: str) -> None:
    stranger, seen = callers.user("eve", realm="network"), set()
    for operation in front.operations:
        if operation.name in CHANGE_NOTHING:
            url = front.url(operation)
            before = stranger.get(url).json
            answer = stranger.request(operation.method, url, json={"name": "another"})
            assert (answer.status_code, answer.json[answer.json["dataName"]]) == (200, before[before["dataName"]])
            assert stranger.get(url).json[before["dataName"]] == before[before["dataName"]]
            seen.add(operation.name)
    assert seen == CHANGE_NOTHING
