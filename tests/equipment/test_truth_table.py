"""Role × scope × legal entity × division or equipment × ownership, every combination; the expected answer is derived
from the order of checks in equipment.md, written down once more below and in no other way used by the registry."""

from itertools import product
from typing import Any

import pytest

from blueprints.equipment import commands, registry
from blueprints.equipment.models import Division, Equipment, LegalEntity
from blueprints.equipment.tokens import Caller, console
from tests.equipment.conftest import WALKER, Holder, Registry

pytestmark = pytest.mark.once("the order of checks in Python; test_equipment_life has each statement on both")

ROLES = ("HR", "ADMIN", "OWNER", "NHS ADMIN")
SCOPE = ("granted", "missing")
LEGAL_ENTITY = ("ACTIVE", "SUSPENDED", "INACTIVE", "removed")
DIVISION = ("none", "unknown", "ACTIVE", "INACTIVE", "removed")
EQUIPMENT = ("ACTIVE", "INACTIVE", "removed")
MOVED = ("INACTIVE", "removed")  # ACTIVE equipment moves by the same rungs (test_equipment_life)
OWNERSHIP = ("own", "other")
NOWHERE = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"
WRITERS = ("HR", "ADMIN", "OWNER")
READS = ("get", "history")
# The first words of the sentence that each rung refuses with: a table of numbers could not tell two rungs apart.
NO_SCOPE, NO_ROLE = "Your scope does not allow", "Role NHS ADMIN is not allowed"
NO_LEGAL_ENTITY, NO_EQUIPMENT, NOT_YOURS = "Legal entity is not active", "Equipment not found", "Equipment belongs to"
UNKNOWN, FOREIGN, CLOSED = (
    "Division does not exist", "Division is not within current legal entity", "Division is not active")  # fmt: skip

Answer = tuple[int, str]


def expected_of_caller(role: str, scope: str, needed: str, legal_entity: str, *, reads: bool) -> Answer | None:
    """The rungs every route begins with; None when they are passed."""
    if scope == "missing":
        return 403, f"{NO_SCOPE} to access this resource. Missing allowances: {needed}"
    if not reads and role not in WRITERS:
        return 403, NO_ROLE
    return None if legal_entity in ("ACTIVE", "SUSPENDED") else (409, NO_LEGAL_ENTITY)


def expected_of_division(state: str, ownership: str) -> Answer | None:
    """Rung 6; None when the division may be used."""
    if state in ("unknown", "removed"):
        return 422, UNKNOWN
    if state != "none" and ownership == "other":
        return 422, FOREIGN
    return (422, CLOSED) if state == "INACTIVE" else None


def expected_of_registration(role: str, scope: str, legal_entity: str, division: str, ownership: str) -> Answer:
    """The rungs of POST /api/equipment in their order."""
    refused = expected_of_caller(role, scope, "equipment:write", legal_entity, reads=False)
    return refused or expected_of_division(division, ownership) or (201, "")


def expected_of_equipment(role: str, equipment: str, ownership: str, *, reads: bool) -> Answer | None:
    """The rungs of one piece of equipment; None when they are passed."""
    if equipment == "removed":
        return 404, NO_EQUIPMENT
    return (403, NOT_YOURS) if ownership == "other" and not (reads and role == "NHS ADMIN") else None


def expected_of_use(action: str, role: str, scope: str, legal_entity: str, equipment: str, ownership: str,
                    division: str) -> Answer:  # fmt: skip
    """The rungs of all routes that change or read one piece of equipment, in their order."""
    reads = action in READS
    needed = "equipment:read" if reads else "equipment:write"
    refused = expected_of_caller(role, scope, needed, legal_entity, reads=reads)
    refused = refused or expected_of_equipment(role, equipment, ownership, reads=reads)
    forbidden = {
        ("update", "INACTIVE"): "INACTIVE equipment cannot be UPDATED",
        ("activate", "ACTIVE"): "ACTIVE equipment cannot be ACTIVATED",
        ("deactivate", "INACTIVE"): "INACTIVE equipment cannot be DEACTIVATED",
    }.get((action, equipment))
    if refused or forbidden:
        return refused or (409, str(forbidden))
    return (409, CLOSED) if action == "activate" and division == "INACTIVE" else (200, "")


def expected_of_move(role: str, scope: str, legal_entity: str, equipment: str, ownership: str, division: str,
                     whose: str) -> Answer:  # fmt: skip
    """The rungs of change_division: those of any change, then those of the division it goes to."""
    refused = expected_of_use("change_division", role, scope, legal_entity, equipment, ownership, "none")
    return refused if refused[1] else expected_of_division(division, whose) or (200, "")


class Table:
    """Holders for each role, scope and legal entity status, made once; the statuses are set when all rows are there."""

    def __init__(self, world: Registry, needed: str) -> None:
        self.world = world
        self.legal_entities = {status: world.legal_entity() for status in LEGAL_ENTITY}
        self.elsewhere = world.legal_entity()
        other = "equipment:write" if needed == "equipment:read" else "equipment:read"
        self.holders: dict[tuple[str, str, str], Holder] = {
            (role, scope, status): world.holder(
                self.legal_entities[status], role, (needed,) if scope == "granted" else (other, "division:write")
            )
            for role, scope, status in product(ROLES, SCOPE, LEGAL_ENTITY)
        }
        self.wrong: list[Any] = []

    def owner_of(self, status: str, ownership: str) -> str:
        """Return the legal entity a row belongs to."""
        return self.legal_entities[status] if ownership == "own" else self.elsewhere

    def division(self, owner: str, state: str) -> str | None:
        """Return a division in the wanted state."""
        if state in ("none", "unknown"):
            return None if state == "none" else NOWHERE
        made = self.world.division(owner)
        if state == "INACTIVE":
            registry.change_division_status(console(), made, "deactivate")
        if state == "removed":
            self.world.set_row(Division, made, is_active=False)
        return made

    def equipment(self, owner: str, state: str, where: str | None = None) -> str:
        """Return equipment in the wanted state; the division it stands in turns INACTIVE while it rests."""
        made = self.world.equipment(owner, division_id=where)
        if state == "INACTIVE":
            commands.change_equipment_status(Caller(owner, NOWHERE, "OWNER"), made, "deactivate")
        if state == "removed":
            self.world.set_row(Equipment, made, is_active=False)
        if where is not None:
            registry.change_division_status(console(), where, "deactivate")
        return made

    def close(self) -> None:
        """Bring the legal entities into the statuses they are named after."""
        registry.change_legal_entity_status(console(), self.legal_entities["SUSPENDED"], "suspend")
        registry.change_legal_entity_status(console(), self.legal_entities["INACTIVE"], "deactivate")
        self.world.set_row(LegalEntity, self.legal_entities["removed"], is_active=False)

    def compare(self, case: tuple[str, ...], answer: Any, expected: Answer) -> None:
        """Remember a case that was answered otherwise than expected."""
        told = answer.json.get("error", {}).get("message", "")
        if answer.status_code != expected[0] or not told.startswith(expected[1]) or bool(told) != bool(expected[1]):
            self.wrong.append((case, expected, answer.status_code, told))


def test_every_registration_is_decided_by_the_order_of_checks(world: Registry) -> None:
    table = Table(world, "equipment:write")
    divisions = {
        (status, state, ownership): table.division(table.owner_of(status, ownership), state)
        for status, state, ownership in product(LEGAL_ENTITY, DIVISION, OWNERSHIP)
    }
    table.close()

    for case in product(ROLES, SCOPE, LEGAL_ENTITY, DIVISION, OWNERSHIP):
        role, scope, legal_entity, division, ownership = case
        body = WALKER | {"division_id": divisions[legal_entity, division, ownership]}
        answer = table.holders[role, scope, legal_entity].send("POST", "/api/equipment", body)
        table.compare(case, answer, expected_of_registration(*case))
    assert table.wrong == []


@pytest.mark.parametrize("action", [*READS, "update", "activate", "deactivate"])
def test_every_use_is_decided_by_the_order_of_checks(world: Registry, action: str) -> None:
    table = Table(world, "equipment:read" if action in READS else "equipment:write")
    places = ("none", "INACTIVE") if action == "activate" else ("none",)
    cases = list(product(ROLES, SCOPE, LEGAL_ENTITY, EQUIPMENT, OWNERSHIP, places))
    shared: dict[tuple[str, ...], str] = {}
    targets = []
    for case in cases:
        # What is only read or refused may stand for several cases; a change needs equipment of its own.
        own_row = action not in READS and expected_of_use(action, *case)[0] == 200
        key = case if own_row else case[2:]
        if key not in shared:
            _, _, legal_entity, state, ownership, division = case
            owner = table.owner_of(legal_entity, ownership)
            where = world.division(owner) if division == "INACTIVE" and state == "INACTIVE" else None
            shared[key] = table.equipment(owner, state, where)
        targets.append(shared[key])
    table.close()

    for case, equipment in zip(cases, targets, strict=True):
        answer = _use(table.holders[case[:3]], action, equipment)
        table.compare(case, answer, expected_of_use(action, *case))
    assert table.wrong == []


def test_every_move_is_decided_by_the_order_of_checks(world: Registry) -> None:
    table = Table(world, "equipment:write")
    divisions = {
        (status, state, ownership): table.division(table.owner_of(status, ownership), state)
        for status, state, ownership in product(LEGAL_ENTITY, DIVISION, OWNERSHIP)
    }
    equipment = {
        (status, state, ownership): table.equipment(table.owner_of(status, ownership), state)
        for status, state, ownership in product(LEGAL_ENTITY, MOVED, OWNERSHIP)
    }
    table.close()

    for case in product(ROLES, SCOPE, LEGAL_ENTITY, MOVED, OWNERSHIP, DIVISION, OWNERSHIP):
        role, scope, legal_entity, state, ownership, division, whose = case
        if division in ("none", "unknown") and whose == "other":
            continue  # nobody's
        path = f"/api/equipment/{equipment[legal_entity, state, ownership]}/actions/change_division"
        body = {"division_id": divisions[legal_entity, division, whose]}
        answer = table.holders[role, scope, legal_entity].send("PATCH", path, body)
        table.compare(case, answer, expected_of_move(*case))
    assert table.wrong == []


def _use(holder: Holder, action: str, equipment: str) -> Any:
    path = f"/api/equipment/{equipment}"
    match action:
        case "get":
            return holder.send("GET", path)
        case "history":
            return holder.send("GET", f"{path}/history")
        case "update":
            return holder.send("PATCH", path, {"note": "seen"})
        case _:
            return holder.send("PATCH", f"{path}/actions/{action}")
