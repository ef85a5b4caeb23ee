"""Role × scope × legal entity × division or equipment × ownership, every combination; the expected answer is derived
from the order of checks in equipment.md, written down once more below and in no other way used by the registry."""

from itertools import product
from typing import Any

import pytest

from blueprints.equipment import commands, registry
from blueprints.equipment.models import Division, Equipment, LegalEntity
from blueprints.equipment.rules import SCOPES
from blueprints.equipment.tokens import Caller, console
from tests.equipment.conftest import WALKER, Holder, Registry

ROLES = ("HR", "ADMIN", "OWNER", "NHS ADMIN")
SCOPE = ("granted", "missing")
LEGAL_ENTITY = ("ACTIVE", "SUSPENDED", "INACTIVE", "removed")
DIVISION = ("none", "unknown", "ACTIVE", "INACTIVE", "removed")
OWNERSHIP = ("own", "other")
NOWHERE = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"
WRITERS = ("HR", "ADMIN", "OWNER")


def expected_of_registration(role: str, scope: str, legal_entity: str, division: str, ownership: str) -> int:
    """The rungs of POST /api/equipment in their order."""
    if scope == "missing" or role not in WRITERS:
        return 403
    if legal_entity not in ("ACTIVE", "SUSPENDED"):
        return 409
    if division == "none":
        return 201
    return 201 if (division, ownership) == ("ACTIVE", "own") else 422


def expected_of_use(
    action: str, role: str, scope: str, legal_entity: str, equipment: str, ownership: str, division: str
) -> int:
    """The rungs of all other routes in their order."""
    reads = action in ("get", "history")
    if scope == "missing" or (not reads and role not in WRITERS):
        return 403
    if legal_entity not in ("ACTIVE", "SUSPENDED"):
        return 409
    if equipment == "removed":
        return 404
    if ownership == "other" and not (reads and role == "NHS ADMIN"):
        return 403
    refused = {
        "update": equipment == "INACTIVE",
        "activate": equipment == "ACTIVE" or division == "INACTIVE",
        "deactivate": equipment == "INACTIVE",
    }
    if refused.get(action):
        return 409
    return 422 if action == "change_division" and division == "INACTIVE" else 200


class Table:
    """Holders for each role, scope and legal entity status, made once; the statuses are set when all rows are there."""

    def __init__(self, world: Registry, needed: str) -> None:
        self.world = world
        self.legal_entities = {status: world.legal_entity() for status in LEGAL_ENTITY}
        self.elsewhere = world.legal_entity()
        without = tuple(scope for scope in SCOPES if scope != needed)
        self.holders: dict[tuple[str, str, str], Holder] = {
            (role, scope, status): world.holder(
                self.legal_entities[status], role, SCOPES if scope == "granted" else without
            )
            for role, scope, status in product(ROLES, SCOPE, LEGAL_ENTITY)
        }

    def owner_of(self, status: str, ownership: str) -> str:
        """Return the legal entity a row belongs to."""
        return self.legal_entities[status] if ownership == "own" else self.elsewhere

    def division(self, owner: str, state: str) -> str | None:
        """Return a division in the wanted state."""
        if state == "none":
            return None
        if state == "unknown":
            return NOWHERE
        made = self.world.division(owner)
        if state == "INACTIVE":
            registry.turn_division(console(), made, "deactivate")
        if state == "removed":
            self.world.set_row(Division, made, is_active=False)
        return made

    def close(self) -> None:
        """Bring the legal entities into the statuses they are named after."""
        registry.turn_legal_entity(console(), self.legal_entities["SUSPENDED"], "suspend")
        registry.turn_legal_entity(console(), self.legal_entities["INACTIVE"], "deactivate")
        self.world.set_row(LegalEntity, self.legal_entities["removed"], is_active=False)


def test_every_registration_is_decided_by_the_order_of_checks(world: Registry) -> None:
    table = Table(world, "equipment:write")
    divisions = {
        (status, state, ownership): table.division(table.owner_of(status, ownership), state)
        for status, state, ownership in product(LEGAL_ENTITY, DIVISION, OWNERSHIP)
    }
    table.close()

    wrong = []
    for case in product(ROLES, SCOPE, LEGAL_ENTITY, DIVISION, OWNERSHIP):
        role, scope, legal_entity, division, ownership = case
        body = WALKER | {"division_id": divisions[legal_entity, division, ownership]}
        answer = table.holders[role, scope, legal_entity].send("POST", "/api/equipment", body)
        if answer.status_code != expected_of_registration(*case):
            wrong.append((case, answer.status_code, answer.json))
    assert wrong == []


@pytest.mark.parametrize("action", ["get", "history", "update", "activate", "deactivate", "change_division"])
def test_every_use_is_decided_by_the_order_of_checks(world: Registry, action: str) -> None:
    table = Table(world, "equipment:read" if action in ("get", "history") else "equipment:write")
    cases = list(
        product(ROLES, SCOPE, LEGAL_ENTITY, ("ACTIVE", "INACTIVE", "removed"), OWNERSHIP, ("none", "INACTIVE"))
    )
    targets = [_equipment(table, legal_entity, state, ownership, division, action)
               for _, _, legal_entity, state, ownership, division in cases]  # fmt: skip
    table.close()

    wrong = []
    for case, (equipment, division) in zip(cases, targets, strict=True):
        role, scope, legal_entity, *_ = case
        answer = _use(table.holders[role, scope, legal_entity], action, equipment, division)
        if answer.status_code != expected_of_use(action, *case):
            wrong.append((case, answer.status_code, answer.json))
    assert wrong == []


def _equipment(
    table: Table, legal_entity: str, state: str, ownership: str, division: str, action: str
) -> tuple[str, str | None]:
    """Return equipment in the wanted state; its division turns INACTIVE while it rests, or is where it shall go."""
    owner = table.owner_of(legal_entity, ownership)
    caller = Caller(owner, NOWHERE, "OWNER")
    where = None
    if division == "INACTIVE" and action == "activate" and state == "INACTIVE":
        where = table.world.division(owner)
    made = table.world.equipment(owner, division_id=where)
    if state == "INACTIVE":
        commands.turn_equipment(caller, made, "deactivate")
    if state == "removed":
        table.world.set_row(Equipment, made, is_active=False)
    if where is not None:
        registry.turn_division(console(), where, "deactivate")
    target = table.division(owner, "INACTIVE") if action == "change_division" and division == "INACTIVE" else None
    return made, target


def _use(holder: Holder, action: str, equipment: str, division: str | None) -> Any:
    path = f"/api/equipment/{equipment}"
    match action:
        case "get":
            return holder.send("GET", path)
        case "history":
            return holder.send("GET", f"{path}/history")
        case "update":
            return holder.send("PATCH", path, {"note": "seen"})
        case "change_division":
            return holder.send("PATCH", f"{path}/actions/change_division", {"division_id": division})
        case _:
            return holder.send("PATCH", f"{path}/actions/{action}")
