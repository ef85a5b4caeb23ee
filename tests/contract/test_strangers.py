"""Whoever is no party to an object, and no staff, neither changes nor removes it, whatever the route (decision 7)."""
import pytest

from tests.clients import Callers
from tests.contract.fronts import MARKETPLACE, Front

CHANGES = ("PATCH", "PUT", "DELETE")


@pytest.mark.parametrize("mount", MARKETPLACE)
def test_a_stranger_neither_changes_nor_removes_what_is_another_s(front: Front, callers: Callers, mount: str) -> None:
    stranger = callers.user("eve")
    for operation in front.operations:
        if operation.method in CHANGES and operation.places:  # what names no object changes the caller's own
            before = front.written()
            body = {"json": front.good(operation.name)} if operation.takes_json and operation.fields else {}
            answer = stranger.request(operation.method, front.url(operation), **body)
            assert answer.status_code in (403, 404), (operation.name, answer.json)
            assert front.written() == before, operation.name


@pytest.mark.parametrize("mount", MARKETPLACE)
def test_the_superadmin_meets_no_access_check_on_those_routes(front: Front, mount: str) -> None:
    for operation in front.operations:
        if operation.method in CHANGES:
            answer = front.call(operation)
            assert answer.status_code != 403, (operation.name, answer.json)
