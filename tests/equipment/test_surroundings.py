"""Legal entities, divisions, clients and the dictionary through the API."""

from typing import Any

import pytest

from blueprints.equipment import registry
from blueprints.equipment.tokens import console
from tests.equipment.conftest import Holder, Registry, entries, refusal

NOWHERE = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"
CLIENT = {"user_id": NOWHERE, "role": "HR", "scopes": ["equipment:read"]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/legal_entities", {"name": "New", "type": "MSP"}),
        ("PATCH", "/api/legal_entities/{own}", {"name": "Mine now"}),
        ("PATCH", "/api/legal_entities/{own}/actions/suspend", None),
        ("POST", "/api/clients", CLIENT | {"legal_entity_id": NOWHERE}),
        ("GET", "/api/clients", None),
        ("PUT", "/api/dictionaries/DEVICE_TYPE", {"X": "x"}),
    ],
)
def test_what_only_the_operator_may_do_is_refused_to_an_owner(
    owner: Holder, hospital: str, method: str, path: str, body: Any
) -> None:
    assert refusal(owner.send(method, path.format(own=hospital), body))[:2] == (403, "forbidden")


def test_an_operator_creates_no_division(operator: Holder) -> None:
    assert refusal(operator.send("POST", "/api/divisions", {"name": "Surgery"}))[0] == 403


def test_every_wrong_field_of_a_legal_entity_is_named(operator: Holder) -> None:
    answer = operator.send(
        "POST", "/api/legal_entities", {"name": "", "type": "CIRCUS", "edrpou": "12", "status": "ACTIVE"}
    )

    assert set(entries(answer)) == {"$.name", "$.type", "$.edrpou", "$.status"}


@pytest.mark.parametrize("edrpou", ["1234567", "12345678901", "1234 5678", "٠١٢٣٤٥٦٧"])
def test_a_state_register_code_has_eight_to_ten_digits(operator: Holder, edrpou: str) -> None:
    answer = operator.send("POST", "/api/legal_entities", {"name": "Clinic", "type": "MSP", "edrpou": edrpou})

    assert entries(answer) == {"$.edrpou": ["format"]}


def test_the_life_of_a_legal_entity(operator: Holder) -> None:
    made = operator.send("POST", "/api/legal_entities", {"name": "Clinic", "type": "OUTPATIENT", "edrpou": "12345678"})
    path = f"/api/legal_entities/{made.json['data']['id']}"

    assert (made.status_code, made.json["data"]["status"]) == (201, "ACTIVE")
    assert refusal(operator.send("PATCH", f"{path}/actions/activate"))[2] == "ACTIVE legal entity cannot be ACTIVATED"
    steps = [operator.send("PATCH", f"{path}/actions/{action}").json["data"]["status"]
             for action in ("suspend", "activate", "deactivate")]  # fmt: skip
    assert steps == ["SUSPENDED", "ACTIVE", "INACTIVE"]
    assert refusal(operator.send("PATCH", f"{path}/actions/suspend"))[0] == 409
    assert operator.send("PATCH", path, {"name": "Clinic Nr. 1"}).json["data"]["name"] == "Clinic Nr. 1"
    assert operator.send("GET", path).json["data"]["edrpou"] == "12345678"


def test_an_owner_sees_its_own_legal_entity_only(world: Registry, hospital: str, owner: Holder) -> None:
    other = world.legal_entity(name="Other")

    assert [row["id"] for row in owner.send("GET", "/api/legal_entities").json["data"]] == [hospital]
    assert refusal(owner.send("GET", f"/api/legal_entities/{other}"))[0] == 403


def test_an_operator_whose_own_legal_entity_is_closed_may_do_nothing(world: Registry) -> None:
    service = world.legal_entity("NHS")
    operator = world.holder(service, "NHS ADMIN")
    registry.change_legal_entity_status(console(), service, "deactivate")

    assert refusal(operator.send("POST", "/api/legal_entities", {"name": "X", "type": "MSP"}))[0] == 409
    assert refusal(operator.send("GET", "/api/legal_entities"))[0] == 409


def test_the_life_of_a_division(hospital: str, owner: Holder) -> None:
    made = owner.send("POST", "/api/divisions", {"name": "Surgery"})
    path = f"/api/divisions/{made.json['data']['id']}"

    assert (made.status_code, made.json["data"]["legal_entity_id"]) == (201, hospital)
    assert owner.send("PATCH", path, {"name": "Surgery II"}).json["data"]["name"] == "Surgery II"
    assert refusal(owner.send("PATCH", f"{path}/actions/activate"))[2] == "ACTIVE division cannot be ACTIVATED"
    assert owner.send("PATCH", f"{path}/actions/deactivate").json["data"]["status"] == "INACTIVE"
    found = owner.send("GET", "/api/divisions?status=INACTIVE&name=Surg").json
    assert [row["name"] for row in found["data"]] == ["Surgery II"]


def test_a_division_of_another_legal_entity_is_neither_read_nor_changed(world: Registry, owner: Holder) -> None:
    elsewhere = f"/api/divisions/{world.division(world.legal_entity())}"

    for method, path, body in [("GET", "", None), ("PATCH", "", {"name": "x"}), ("PATCH", "/actions/deactivate", None)]:
        assert refusal(owner.send(method, elsewhere + path, body))[:2] == (403, "forbidden")


@pytest.mark.parametrize("kind", ["legal_entities", "divisions"])
def test_a_name_is_found_in_any_letter_case_of_any_alphabet(world: Registry, operator: Holder, kind: str) -> None:
    made = world.legal_entity(name="Клініка Nr. 1")
    if kind == "divisions":
        made = world.division(made, "Клініка Nr. 1")

    for name in ("КЛІНІКА", "клініка nr.", "кЛІ"):
        found = operator.send("GET", f"/api/{kind}?name={name}").json["data"]
        assert [row["id"] for row in found] == [made]
        assert "folded_name" not in found[0]
    assert operator.send("GET", f"/api/{kind}?name=%25").json["data"] == []


@pytest.mark.parametrize("kind", ["legal_entities", "divisions"])
def test_unknown_rows_are_not_found(owner: Holder, operator: Holder, kind: str) -> None:
    holder = operator if kind == "legal_entities" else owner
    for row in (NOWHERE, "no-uuid", "%00"):
        assert refusal(holder.send("PATCH", f"/api/{kind}/{row}/actions/activate"))[:2] == (404, "not_found")
        assert refusal(holder.send("GET", f"/api/{kind}/{row}"))[:2] == (404, "not_found")


def test_a_client_needs_a_legal_entity_that_exists(operator: Holder) -> None:
    answer = operator.send("POST", "/api/clients", CLIENT | {"legal_entity_id": NOWHERE})

    assert entries(answer) == {"$.legal_entity_id": ["invalid"]}


def test_a_client_is_shown_its_secret_once(world: Registry, hospital: str, operator: Holder) -> None:
    made = operator.send("POST", "/api/clients", CLIENT | {"legal_entity_id": hospital}).json["data"]

    assert world.ask_token(made["id"], made["client_secret"]).status_code == 200
    listed = operator.send("GET", f"/api/clients?legal_entity_id={hospital}").json["data"]
    assert [row["id"] for row in listed] == [made["id"]]
    assert "client_secret" not in listed[0]
    assert "secret_hash" not in listed[0]


def test_a_client_is_revoked_once(world: Registry, hospital: str, operator: Holder) -> None:
    client_id, _ = world.registered_client(hospital)
    path = f"/api/clients/{client_id}/actions/deactivate"

    assert operator.send("PATCH", path).json["data"]["is_active"] is False
    assert refusal(operator.send("PATCH", path))[0] == 404


@pytest.mark.parametrize("body", [{}, {"no spaces": "x"}, {"X": ""}, {"X": 7}, ["X"]])
def test_a_malformed_dictionary_is_refused(operator: Holder, body: Any) -> None:
    assert entries(operator.send("PUT", "/api/dictionaries/DEVICE_TYPE", body))


def test_each_malformed_code_of_a_dictionary_is_named(operator: Holder) -> None:
    body = {"no spaces": "x", "X" * 65: "x", "LINE\n": "x", "EMPTY": "", "FINE": "x"}

    wrong = entries(operator.send("PUT", "/api/dictionaries/DEVICE_TYPE", body))

    assert set(wrong) == {"$.no spaces", f"$.{'X' * 65}", "$.LINE\n", "$.EMPTY"}


def test_a_dictionary_that_is_none_is_not_found(operator: Holder) -> None:
    for name in ("COLOURS", "%00"):
        assert refusal(operator.send("GET", f"/api/dictionaries/{name}"))[0] == 404
        assert refusal(operator.send("PUT", f"/api/dictionaries/{name}", {"X": "x"}))[0] == 404


def test_loading_a_dictionary_adds_changes_and_retires(world: Registry, operator: Holder) -> None:
    loaded = operator.send("PUT", "/api/dictionaries/DEVICE_TYPE", {"XRAY": "Röntgen", "CT": "Computed tomograph"})

    assert loaded.json["data"] == {"added": 1, "changed": 1, "retired": 1}
    codes = {
        row["code"]: row["is_active"] for row in operator.send("GET", "/api/dictionaries/DEVICE_TYPE").json["data"]
    }
    assert codes == {"CT": True, "MRI": False, "XRAY": True}
