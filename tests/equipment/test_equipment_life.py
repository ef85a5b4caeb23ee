"""Changing, activating, deactivating and moving equipment, with the histories each of them leaves."""

from typing import Any

import pytest

from blueprints.equipment import registry
from blueprints.equipment.tokens import console
from tests.equipment.conftest import Holder, Registry, entries, refusal

NOWHERE = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"


@pytest.fixture
def walker(world: Registry, hospital: str) -> str:
    """The id of ACTIVE equipment of the hospital that stands in no division."""
    return world.equipment(hospital, external_id="A-1", manufacture_date="2024-01-02")


def change(owner: Holder, equipment: str, **fields: Any) -> Any:
    return owner.send("PATCH", f"/api/equipment/{equipment}", fields)


def act(owner: Holder, equipment: str, action: str, body: Any = None) -> Any:
    return owner.send("PATCH", f"/api/equipment/{equipment}/actions/{action}", body)


def history(owner: Holder, equipment: str) -> list[str]:
    return [row["status"] for row in owner.send("GET", f"/api/equipment/{equipment}/history").json["data"]]


def places(owner: Holder, equipment: str) -> list[tuple[str, str, bool]]:
    data = owner.send("GET", f"/api/equipment/{equipment}").json["data"]
    return [(place["division_id"], place["status"], place["is_active"]) for place in data["divisions"]]


@pytest.mark.parametrize("field", ["division_id", "status", "legal_entity_id", "id", "is_active", "inserted_at"])
def test_what_a_change_may_not_touch_is_refused(owner: Holder, walker: str, field: str) -> None:
    assert entries(change(owner, walker, **{field: None})) == {f"$.{field}": ["schema"]}


def test_an_empty_change_is_refused(owner: Holder, walker: str) -> None:
    assert entries(change(owner, walker)) == {"$": ["length"]}


def test_name_and_type_cannot_be_taken_away(owner: Holder, walker: str) -> None:
    assert entries(change(owner, walker, name=None, type=None)) == {"$.name": ["cast"], "$.type": ["cast"]}


def test_inactive_equipment_cannot_be_changed(owner: Holder, walker: str) -> None:
    act(owner, walker, "deactivate")

    assert refusal(change(owner, walker, note="x")) == (409, "request_conflict", "INACTIVE equipment cannot be UPDATED")


def test_a_change_may_not_take_another_ones_external_id(
    world: Registry, hospital: str, owner: Holder, walker: str
) -> None:
    world.equipment(hospital, external_id="A-2")

    assert refusal(change(owner, walker, external_id="A-2"))[::2] == (409, "Duplicated equipment")


def test_a_change_is_measured_by_the_dates_that_stay(owner: Holder, walker: str) -> None:
    assert entries(change(owner, walker, expiration_date="2024-01-01")) == {"$.expiration_date": ["invalid"]}


def test_a_refused_change_changes_nothing(owner: Holder, walker: str) -> None:
    before = owner.send("GET", f"/api/equipment/{walker}").json["data"]

    change(owner, walker, note="x", expiration_date="2024-01-01")

    assert owner.send("GET", f"/api/equipment/{walker}").json["data"] == before


def test_a_change_sets_what_is_given_and_keeps_the_rest(owner: Holder, walker: str) -> None:
    answer = change(owner, walker, note="in the cellar", external_id=None, name="Old Betty")

    data = answer.json["data"]
    assert answer.status_code == 200
    assert (data["note"], data["external_id"], data["name"]) == ("in the cellar", None, "Old Betty")
    assert (data["type"], data["manufacture_date"], data["status"]) == ("XRAY", "2024-01-02", "ACTIVE")
    assert data["updated_by"] != data["inserted_by"]


def test_given_names_replace_the_former_ones(owner: Holder, walker: str) -> None:
    change(owner, walker, names=[{"name": "Betty", "type": "user-friendly"}, {"name": "BX-1", "type": "model"}])
    data = change(owner, walker, names=[{"name": "Berta", "type": "user-friendly"}]).json["data"]

    assert [name["name"] for name in data["names"]] == ["Berta"]
    found = [len(owner.send("GET", f"/api/equipment?name={name}").json["data"]) for name in ("betty", "berta", "x-ray")]
    assert found == [0, 1, 1]


def test_active_equipment_cannot_be_activated(owner: Holder, walker: str) -> None:
    answer = act(owner, walker, "activate")

    assert refusal(answer) == (409, "request_conflict", "ACTIVE equipment cannot be ACTIVATED")
    assert history(owner, walker) == ["ACTIVE"]


def test_inactive_equipment_cannot_be_deactivated(owner: Holder, walker: str) -> None:
    act(owner, walker, "deactivate")

    assert refusal(act(owner, walker, "deactivate"))[2] == "INACTIVE equipment cannot be DEACTIVATED"
    assert history(owner, walker) == ["ACTIVE", "INACTIVE"]


def test_each_change_of_status_is_one_row_of_history(owner: Holder, walker: str) -> None:
    statuses = [
        act(owner, walker, action).json["data"]["status"] for action in ("deactivate", "activate", "deactivate")
    ]

    assert statuses == ["INACTIVE", "ACTIVE", "INACTIVE"]
    assert history(owner, walker) == ["ACTIVE", "INACTIVE", "ACTIVE", "INACTIVE"]


def test_equipment_wakes_only_in_an_active_division(world: Registry, hospital: str, owner: Holder) -> None:
    division = world.division(hospital)
    equipment = world.equipment(hospital, division_id=division)
    act(owner, equipment, "deactivate")
    registry.change_division_status(console(), division, "deactivate")

    assert refusal(act(owner, equipment, "activate"))[::2] == (409, "Division is not active")

    registry.change_division_status(console(), division, "activate")
    assert act(owner, equipment, "activate").status_code == 200


@pytest.mark.parametrize("body", [{}, {"division_id": 7}, {"division_id": "x"}, {"division_id": None, "more": 1}])
def test_a_move_says_where_to(owner: Holder, walker: str, body: dict[str, Any]) -> None:
    assert entries(act(owner, walker, "change_division", body))


def test_a_move_to_an_unusable_division_is_refused(world: Registry, hospital: str, owner: Holder, walker: str) -> None:
    closed, elsewhere = world.division(hospital), world.division(world.legal_entity())
    registry.change_division_status(console(), closed, "deactivate")

    said = [refusal(act(owner, walker, "change_division", {"division_id": division}))[::2]
            for division in (NOWHERE, elsewhere, closed)]  # fmt: skip

    assert said == [
        (422, "Division does not exist"),
        (422, "Division is not within current legal entity"),
        (422, "Division is not active"),
    ]
    assert places(owner, walker) == []


def test_a_move_closes_the_former_link_and_opens_one(
    world: Registry, hospital: str, owner: Holder, walker: str
) -> None:
    first, second = world.division(hospital), world.division(hospital, "Surgery")

    act(owner, walker, "change_division", {"division_id": first})
    answer = act(owner, walker, "change_division", {"division_id": second})

    assert answer.json["data"]["division_id"] == second
    assert places(owner, walker) == [(first, "INACTIVE", False), (second, "ACTIVE", True)]
    assert answer.json["data"]["divisions"][1]["division_name"] == "Surgery"


def test_null_takes_equipment_out_of_any_division(world: Registry, hospital: str, owner: Holder, walker: str) -> None:
    division = world.division(hospital)
    act(owner, walker, "change_division", {"division_id": division})

    assert act(owner, walker, "change_division", {"division_id": None}).json["data"]["division_id"] is None
    assert places(owner, walker) == [(division, "INACTIVE", False)]


def test_a_move_to_where_it_stands_changes_nothing(
    world: Registry, hospital: str, owner: Holder, walker: str, sent: Any
) -> None:
    division = world.division(hospital)
    for _ in range(2):
        assert act(owner, walker, "change_division", {"division_id": division}).status_code == 200

    assert places(owner, walker) == [(division, "ACTIVE", True)]
    assert len(sent("equipment-registry-service-equipment-moved")) == 1


def test_a_division_with_active_equipment_cannot_be_deactivated(world: Registry, hospital: str, owner: Holder) -> None:
    division = world.division(hospital)
    equipment = world.equipment(hospital, division_id=division)
    path = f"/api/divisions/{division}/actions/deactivate"

    assert refusal(owner.send("PATCH", path))[:2] == (409, "request_conflict")

    act(owner, equipment, "deactivate")
    assert owner.send("PATCH", path).json["data"]["status"] == "INACTIVE"


@pytest.mark.parametrize("equipment", [NOWHERE, "no-uuid", "%00", "x" * 300])
def test_unknown_equipment_is_not_found(owner: Holder, equipment: str) -> None:
    for method, path in [("GET", ""), ("GET", "/history"), ("PATCH", "/actions/activate")]:
        assert refusal(owner.send(method, f"/api/equipment/{equipment}{path}"))[:2] == (404, "not_found")
