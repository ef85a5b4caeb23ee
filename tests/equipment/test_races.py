"""Two calls at the same moment: what only the database can decide."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from blueprints.equipment import registry
from blueprints.equipment.tokens import console
from tests.equipment.conftest import WALKER, Holder, Registry

pytestmark = pytest.mark.usefixtures("world")
ROUNDS = 8


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; return their answers in order."""
    start = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        start.wait()
        answers[number] = call()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_of_two_simultaneous_registrations_with_one_external_id_one_is_refused(owner: Holder) -> None:
    for number in range(ROUNDS):
        body = WALKER | {"external_id": f"E-{number}"}
        answers = at_once(*[lambda body=body: owner.send("POST", "/api/equipment", body) for _ in range(4)])

        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert refused.json["error"]["message"] == "Duplicated equipment"
    assert owner.send("GET", "/api/equipment").json["paging"]["total_entries"] == ROUNDS


def test_two_that_swap_their_external_ids_are_both_answered(world: Registry, hospital: str, owner: Holder) -> None:
    for number in range(ROUNDS):
        first, second = (world.equipment(hospital, external_id=f"{letter}-{number}") for letter in "AB")
        answers = at_once(
            lambda first=first, number=number: owner.send(
                "PATCH", f"/api/equipment/{first}", {"external_id": f"B-{number}"}
            ),
            lambda second=second, number=number: owner.send(
                "PATCH", f"/api/equipment/{second}", {"external_id": f"A-{number}"}
            ),
        )

        assert [answer.status_code for answer in answers] == [409, 409]


def test_one_status_changes_once(world: Registry, hospital: str, owner: Holder) -> None:
    for _ in range(ROUNDS):
        equipment = world.equipment(hospital)
        path = f"/api/equipment/{equipment}/actions/deactivate"
        answers = at_once(*[lambda path=path: owner.send("PATCH", path) for _ in range(3)])

        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert len(owner.send("GET", f"/api/equipment/{equipment}/history").json["data"]) == 2


def test_equipment_moved_by_two_stands_in_one_division(world: Registry, hospital: str, owner: Holder) -> None:
    divisions = [world.division(hospital) for _ in range(2)]
    for _ in range(ROUNDS):
        equipment = world.equipment(hospital, division_id=world.division(hospital))
        path = f"/api/equipment/{equipment}/actions/change_division"
        answers = at_once(*[
            lambda path=path, division=division: owner.send("PATCH", path, {"division_id": division})
            for division in divisions
        ])  # fmt: skip

        assert [answer.status_code for answer in answers] == [200, 200]
        found = owner.send("GET", f"/api/equipment/{equipment}").json["data"]["divisions"]
        assert sum(place["is_active"] for place in found) == 1


def test_no_active_equipment_is_left_in_a_division_that_closes_meanwhile(
    world: Registry, hospital: str, owner: Holder
) -> None:
    for _ in range(ROUNDS):
        division = world.division(hospital)
        body = WALKER | {"division_id": division}
        registered, closed = at_once(
            lambda body=body: owner.send("POST", "/api/equipment", body),
            lambda division=division: owner.send("PATCH", f"/api/divisions/{division}/actions/deactivate"),
        )

        assert sorted((registered.status_code, closed.status_code)) in ([200, 422], [201, 409])


def test_a_dictionary_loaded_twice_at_once_is_whole(world: Registry, operator: Holder) -> None:
    codes = {f"CODE-{number}": f"Device {number}" for number in range(50)}

    answers = at_once(*[lambda: operator.send("PUT", "/api/dictionaries/DEVICE_TYPE", codes) for _ in range(3)])

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert 200 in {answer.status_code for answer in answers}
    assert registry.load_dictionary(console(), "DEVICE_TYPE", codes) == registry.Loaded(0, 0, 0)
