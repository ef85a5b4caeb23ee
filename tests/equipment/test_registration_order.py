"""The order of checks of POST /api/equipment, one test a rung; a request that breaks several answers with the first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import moved_clock, now
from app.data.changes import OutboxRecord
from app.data.ids import uuid7
from app.data.reads import fetch
from app.http.idempotency import IdempotencyKey
from blueprints.equipment import registry
from blueprints.equipment.models import Division, Equipment, LegalEntity, RegistryClient
from blueprints.equipment.rules import SCOPES
from blueprints.equipment.tokens import console
from tests.clients import ApiClient
from tests.equipment.conftest import WALKER, Holder, Registry, entries, refusal

WITHOUT_WRITE = tuple(scope for scope in SCOPES if scope != "equipment:write")
BROKEN_BODY = {"type": 7}


def register(holder: Holder, **fields: Any) -> Any:
    return holder.send("POST", "/api/equipment", WALKER | fields)


def test_rung_1_an_unknown_token_is_refused(world: Registry) -> None:
    stranger = Holder(world.client, console(), "no-such-token")

    assert refusal(stranger.send("POST", "/api/equipment", BROKEN_BODY)) == (
        401,
        "access_denied",
        "Invalid access token",
    )


def test_rung_1_no_token_is_refused(world: Registry) -> None:
    answer = world.client.post("/equipment-api/api/equipment", json=WALKER)

    assert refusal(answer) == (401, "access_denied", "Invalid access token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_rung_1_the_token_of_a_revoked_client_is_refused(world: Registry, owner: Holder, operator: Holder) -> None:
    clients = operator.send("GET", "/api/clients").json["data"]
    mine = next(client["id"] for client in clients if client["role"] == "OWNER")
    operator.send("PATCH", f"/api/clients/{mine}/actions/deactivate")

    assert refusal(register(owner))[0] == 401


def test_rung_2_a_missing_scope_is_named_before_role_and_body(world: Registry, hospital: str) -> None:
    reader = world.holder(hospital, "NHS ADMIN", WITHOUT_WRITE)

    code, kind, message = refusal(reader.send("POST", "/api/equipment", BROKEN_BODY))

    assert (code, kind) == (403, "forbidden")
    assert "equipment:write" in message


def test_rung_3_a_role_that_may_not_register_is_refused_before_the_body(world: Registry, hospital: str) -> None:
    code, kind, message = refusal(world.holder(hospital, "NHS ADMIN").send("POST", "/api/equipment", BROKEN_BODY))

    assert (code, kind) == (403, "forbidden")
    assert "NHS ADMIN" in message


@pytest.mark.parametrize("role", ["HR", "ADMIN", "OWNER"])
def test_rung_3_each_role_of_the_legal_entity_may_register(world: Registry, hospital: str, role: str) -> None:
    assert register(world.holder(hospital, role)).status_code == 201


def test_rung_4_every_failing_entry_is_named_before_the_legal_entity(
    world: Registry, hospital: str, owner: Holder
) -> None:
    registry.change_legal_entity_status(console(), hospital, "deactivate")

    wrong = entries(
        register(
            owner,
            type="UNKNOWN",
            name=" ",
            external_id="x" * 256,
            udi=[{"value": "1", "type": 3}],
            manufacture_date="2024-02-30",
            division_id="not-a-uuid",
            names=[{"type": "model"}],
            status="ACTIVE",
        )
    )

    assert wrong == {
        "$.type": ["inclusion"],
        "$.name": ["format"],
        "$.external_id": ["length"],
        "$.udi[0].type": ["cast"],
        "$.manufacture_date": ["format"],
        "$.division_id": ["format"],
        "$.names[0].name": ["required"],
        "$.status": ["schema"],
    }


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"null", b"\xff", b"[" * 5000, b'{"type": NaN}'])
def test_rung_4_a_body_that_is_no_object_is_named_as_a_whole(owner: Holder, body: bytes) -> None:
    answer = owner.send("POST", "/api/equipment", data=body, content_type="application/json")

    assert list(entries(answer)) == ["$"]


def test_rung_4_a_missing_type_and_name_are_both_named(owner: Holder) -> None:
    for body in ({}, None):
        wrong = entries(owner.send("POST", "/api/equipment", body))
        assert wrong == {"$.type": ["required"], "$.name": ["required"]}


def test_rung_4_a_retired_code_is_no_device_type(world: Registry, owner: Holder) -> None:
    registry.load_dictionary(console(), "DEVICE_TYPE", {"MRI": "Magnetic resonance tomograph"})

    assert entries(register(owner)) == {"$.type": ["inclusion"]}


@pytest.mark.parametrize("moment", ["2024-01-01\x0012:00", "2024-W01-1", "20240101", "yesterday", ""])
def test_rung_4_a_date_is_written_as_iso_8601_writes_it(owner: Holder, moment: str) -> None:
    answer = register(owner, expiration_date=moment)

    assert list(entries(answer)) == ["$.expiration_date"]


def test_rung_4_equipment_cannot_be_manufactured_in_the_future(owner: Holder) -> None:
    assert entries(register(owner, manufacture_date="2999-01-01")) == {"$.manufacture_date": ["invalid"]}


def _day_in(zone: str, ahead: int = 0) -> str:
    return (now().astimezone(ZoneInfo(zone)) + timedelta(days=ahead)).date().isoformat()


@pytest.mark.parametrize("zone", ["Europe/Kyiv", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_rung_4_equipment_may_be_manufactured_today_wherever_that_is(
    world: Registry, hospital: str, zone: str
) -> None:
    for hour in range(0, 24, 6):
        with moved_clock(hours=hour):
            owner = world.holder(hospital)
            assert register(owner, manufacture_date=_day_in(zone)).status_code == 201, (hour, zone)


def test_rung_4_a_day_of_the_realms_zone_has_one_day_of_grace(
    world: Registry, hospital: str, make_app: Callable[..., Flask]
) -> None:
    client = ApiClient(make_app(TIME_ZONE="UTC,equipment:Europe/Kyiv"))
    for hour in range(0, 24, 4):
        with moved_clock(hours=hour):
            in_kyiv = replace(world.holder(hospital), client=client)
            assert register(in_kyiv, manufacture_date=_day_in("Europe/Kyiv", 1)).status_code == 201, hour
            too_late = register(in_kyiv, manufacture_date=_day_in("Europe/Kyiv", 2))
            assert entries(too_late) == {"$.manufacture_date": ["invalid"]}, hour


def test_rung_4_a_date_with_a_time_is_an_instant_and_has_no_grace(owner: Holder) -> None:
    later = (now() + timedelta(hours=1)).isoformat()
    assert entries(register(owner, manufacture_date=later)) == {"$.manufacture_date": ["invalid"]}
    assert register(owner, manufacture_date=(now() - timedelta(hours=1)).isoformat()).status_code == 201


def test_rung_4_a_malformed_date_hides_no_other_wrong_one(owner: Holder) -> None:
    wrong = entries(register(owner, manufacture_date="2999-01-01", expiration_date="soon"))

    assert set(wrong) == {"$.manufacture_date", "$.expiration_date"}


@pytest.mark.parametrize("expires", ["2024-01-02", "2024-01-01", "2023-12-31T23:59:59Z"])
def test_rung_4_equipment_expires_after_it_was_manufactured(owner: Holder, expires: str) -> None:
    answer = register(owner, manufacture_date="2024-01-02", expiration_date=expires)

    assert entries(answer) == {"$.expiration_date": ["invalid"]}


def test_rung_5_an_unknown_legal_entity_is_refused_before_the_division(
    world: Registry, hospital: str, owner: Holder
) -> None:
    world.set_row(LegalEntity, hospital, is_active=False)

    answer = register(owner, division_id="018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e")

    assert refusal(answer) == (409, "request_conflict", "Legal entity is not active")


def test_rung_5_an_inactive_legal_entity_is_refused(world: Registry, hospital: str, owner: Holder) -> None:
    registry.change_legal_entity_status(console(), hospital, "deactivate")

    assert refusal(register(owner)) == (409, "request_conflict", "Legal entity is not active")


def test_rung_5_a_suspended_legal_entity_may_register(world: Registry, hospital: str, owner: Holder) -> None:
    registry.change_legal_entity_status(console(), hospital, "suspend")

    assert register(owner).status_code == 201


@pytest.mark.parametrize("kind", ["PHARMACY", "NHS"])
def test_rung_5_a_legal_entity_of_another_type_is_refused(world: Registry, kind: str) -> None:
    code, error, message = refusal(register(world.holder(world.legal_entity(kind))))

    assert (code, error) == (409, "request_conflict")
    assert kind in message


@pytest.mark.parametrize("kind", ["MSP", "OUTPATIENT", "PRIMARY_CARE", "EMERGENCY"])
def test_rung_5_each_equipped_type_may_register(world: Registry, kind: str) -> None:
    assert register(world.holder(world.legal_entity(kind))).status_code == 201


def test_rung_6_an_unknown_division_is_refused_before_the_duplicate(owner: Holder) -> None:
    register(owner, external_id="A-1")

    answer = register(owner, external_id="A-1", division_id="018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e")

    assert entries(answer) == {"$.division_id": ["invalid"]}
    assert answer.json["error"]["message"] == "Division does not exist"


def test_rung_6_a_removed_division_does_not_exist(world: Registry, hospital: str, owner: Holder) -> None:
    division = world.division(hospital)
    world.set_row(Division, division, is_active=False)

    assert refusal(register(owner, division_id=division)) == (422, "validation_failed", "Division does not exist")


def test_rung_6_a_division_of_another_legal_entity_is_refused(world: Registry, owner: Holder) -> None:
    elsewhere = world.division(world.legal_entity())

    answer = register(owner, division_id=elsewhere)

    assert refusal(answer)[::2] == (422, "Division is not within current legal entity")


def test_rung_6_an_inactive_division_is_refused(world: Registry, hospital: str, owner: Holder) -> None:
    division = world.division(hospital)
    registry.change_division_status(console(), division, "deactivate")

    assert refusal(register(owner, division_id=division))[::2] == (422, "Division is not active")


def test_rung_7_a_taken_external_id_is_refused(owner: Holder) -> None:
    assert register(owner, external_id="A-1").status_code == 201

    assert refusal(register(owner, external_id="A-1")) == (409, "request_conflict", "Duplicated equipment")


def test_rung_7_another_legal_entity_may_use_the_same_external_id(world: Registry, owner: Holder) -> None:
    register(owner, external_id="A-1")

    assert register(world.holder(world.legal_entity()), external_id="A-1").status_code == 201


def test_rung_7_the_external_id_of_a_removed_record_is_free_again(world: Registry, owner: Holder) -> None:
    first = register(owner, external_id="A-1").json["data"]["id"]
    world.set_row(Equipment, first, is_active=False)

    assert register(owner, external_id="A-1").status_code == 201


def test_rung_7_equipment_without_an_external_id_is_never_a_duplicate(owner: Holder) -> None:
    assert [register(owner).status_code for _ in range(2)] == [201, 201]


def test_a_refused_registration_leaves_nothing_behind(owner: Holder) -> None:
    register(owner, external_id="A-1")
    register(owner, external_id="A-1", names=[{"name": "Betty", "type": "user-friendly"}])

    found = owner.send("GET", "/api/equipment").json
    assert found["paging"]["total_entries"] == 1
    assert found["data"][0]["names"] == []


def test_registered_equipment_has_all_its_rows(world: Registry, hospital: str, owner: Holder) -> None:
    division = world.division(hospital)
    sent = {
        "external_id": "INV-7",
        "udi": [{"value": "0401", "type": "GS1", "assigner_name": "GS1"}],
        "lot_number": "L1",
        "manufacturer": "Acme",
        "manufacture_date": "2024-03-01",
        "expiration_date": "2034-03-01",
        "model_number": "M1",
        "part_number": "P1",
        "version": "v2",
        "serial_number": "S1",
        "note": "in the cellar",
    }

    answer = register(owner, **sent, division_id=division, names=[{"name": "Betty", "type": "user-friendly"}])

    data = answer.json["data"]
    assert answer.status_code == 201
    assert data | WALKER | sent == data
    assert (data["status"], data["is_active"], data["legal_entity_id"]) == ("ACTIVE", True, hospital)
    assert data["inserted_at"] == data["updated_at"]
    assert data["inserted_by"] == data["updated_by"]
    assert [(name["name"], name["type"]) for name in data["names"]] == [("Betty", "user-friendly")]
    assert data["division_id"] == division
    places = [(place["division_id"], place["status"], place["is_active"]) for place in data["divisions"]]
    assert places == [(division, "ACTIVE", True)]
    history = owner.send("GET", f"/api/equipment/{data['id']}/history").json["data"]
    assert [(row["status"], row["inserted_by"]) for row in history] == [("ACTIVE", data["inserted_by"])]


def test_the_user_of_the_token_is_who_inserted_it(world: Registry, hospital: str) -> None:
    holder = world.holder(hospital)
    clients = world.holder(world.legal_entity("NHS"), "NHS ADMIN").send("GET", "/api/clients").json["data"]
    user = next(client["user_id"] for client in clients if client["legal_entity_id"] == hospital)

    assert register(holder).json["data"]["inserted_by"] == user


def test_registering_twice_with_one_idempotency_key_registers_once(owner: Holder) -> None:
    answers = [
        owner.send("POST", "/api/equipment", WALKER, headers={"Idempotency-Key": "k1"}).json["data"]["id"]
        for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert owner.send("GET", "/api/equipment").json["paging"]["total_entries"] == 1


def test_the_idempotency_key_of_one_legal_entity_opens_no_answer_of_another(world: Registry, hospital: str) -> None:
    user, other = uuid7(), world.legal_entity()
    of_both = [world.holder(legal_entity, user_id=user) for legal_entity in (hospital, other)]

    answers = [
        holder.send("POST", "/api/equipment", WALKER, headers={"Idempotency-Key": "1"}).json["data"]
        for holder in of_both
    ]

    assert [answer["legal_entity_id"] for answer in answers] == [hospital, other]


def test_registering_says_so_in_one_event(sent: Any, owner: Holder) -> None:
    made = register(owner, external_id="A-1").json["data"]["id"]

    events = sent("equipment-registry-service-equipment-registered")
    assert [(event.key, event.payload["external_id"]) for event in events] == [(made, "A-1")]


def test_no_client_secret_is_kept_in_the_clear(hospital: str, operator: Holder) -> None:
    body = {"legal_entity_id": hospital, "user_id": uuid7(), "role": "HR", "scopes": ["equipment:read"]}
    answers = [
        operator.send("POST", "/api/clients", body, headers={"Idempotency-Key": "k"}).json["data"] for _ in range(2)
    ]

    secret = answers[0]["client_secret"]
    assert answers[0] == answers[1]
    for table in (RegistryClient, IdempotencyKey, OutboxRecord):
        assert all(secret not in str(tuple(row)) for row in fetch(select(table.__table__)))
