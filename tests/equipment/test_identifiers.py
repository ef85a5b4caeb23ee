"""A number is one number, however it is typed; nothing hides in what identifies or names (decision 34)."""

from typing import Any

import pytest

from blueprints.equipment.queries import check_registry
from tests.equipment.conftest import WALKER, Holder, Registry

FORMS = ("INV-1", " INV-1", "INV-1 ", "\tINV-1\n", "inv-1", "ＩＮＶ－１", "INV-1\u00a0")
CODES = ("external_id", "serial_number", "lot_number", "model_number", "part_number", "version")


def register(owner: Holder, **more: Any) -> Any:
    return owner.send("POST", "/api/equipment", {**WALKER, **more})


def entries(answer: Any) -> list[str]:
    assert answer.status_code == 422
    return [entry["entry"] for entry in answer.json["error"]["invalid"]]


@pytest.mark.parametrize("typed", FORMS)
def test_every_form_of_a_taken_number_is_taken(owner: Holder, typed: str) -> None:
    assert register(owner, external_id=FORMS[0]).status_code == 201
    assert register(owner, external_id=typed).status_code == 409


@pytest.mark.parametrize("typed", FORMS)
def test_a_number_is_found_by_every_form(owner: Holder, typed: str) -> None:
    made = register(owner, external_id=" INV-1 ").json["data"]
    assert made["external_id"] == "INV-1"
    found = owner.send("GET", "/api/equipment", query_string={"external_id": typed}).json["data"]
    assert [row["id"] for row in found] == [made["id"]]


def test_a_change_to_another_form_of_a_taken_number_is_refused_and_to_its_own_is_none(owner: Holder) -> None:
    first, second = (register(owner, external_id=number).json["data"]["id"] for number in ("INV-1", "INV-2"))
    assert owner.send("PATCH", f"/api/equipment/{second}", {"external_id": "inv-1 "}).status_code == 409
    answer = owner.send("PATCH", f"/api/equipment/{first}", {"external_id": " inv-1"})
    assert (answer.status_code, answer.json["data"]["external_id"]) == (200, "inv-1")


@pytest.mark.parametrize("field", CODES)
@pytest.mark.parametrize("hidden", ["INV\u200b-1", "INV-\u202e1", "INV\t1", "INV-1\ufe0f"])
def test_a_code_with_a_hidden_character_is_refused_by_name(owner: Holder, field: str, hidden: str) -> None:
    assert entries(register(owner, **{field: hidden})) == [f"$.{field}"]


def test_nothing_hides_in_names_and_device_identifiers(owner: Holder) -> None:
    udi, names = [{"value": "0401\u200b", "type": "GS1"}], [{"name": "Betty\nBlue", "type": "nick"}]
    answer = register(owner, name="Mobile \u202eyar-X", udi=udi, names=names, manufacturer="Ac\u2066me")
    assert sorted(entries(answer)) == ["$.manufacturer", "$.name", "$.names[0].name", "$.udi[0].value"]


def test_white_space_around_every_line_goes(owner: Holder) -> None:
    answer = register(owner, name=" Betty ", type=" XRAY", udi=[{"value": " 0401 ", "type": " GS1"}],
                      names=[{"name": " B ", "type": " nick"}], note=" two\n lines ")
    data = answer.json["data"]
    assert (data["name"], data["type"], data["note"]) == ("Betty", "XRAY", " two\n lines ")
    assert data["udi"] == [{"value": "0401", "type": "GS1"}]
    assert (data["names"][0]["name"], data["names"][0]["type"]) == ("B", "nick")


def test_a_legal_entity_is_named_and_numbered_without_space_around(world: Registry, operator: Holder) -> None:
    body = {"name": " City Hospital ", "type": "MSP", "edrpou": " 12345678 "}
    data = operator.send("POST", "/api/legal_entities", body).json["data"]
    assert (data["name"], data["edrpou"]) == ("City Hospital", "12345678")
    hidden = operator.send("POST", "/api/legal_entities", body | {"name": "City\u200bHospital"})
    assert entries(hidden) == ["$.name"]


def test_a_number_whose_compared_form_is_too_long_is_refused(owner: Holder) -> None:
    assert entries(register(owner, external_id="\ufdfa" * 100)) == ["$.external_id"]


def test_doctor_is_content_while_no_number_is_shared(owner: Holder) -> None:
    register(owner, external_id="INV-1")
    assert check_registry()[0] == "ok"
