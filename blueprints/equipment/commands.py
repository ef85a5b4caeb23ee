"""The writes on equipment: register, change, activate, deactivate, move; each one transaction with its histories."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from app.clock import now
from app.data.ids import canonical_uuid, uuid7
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import DuplicateRecord, Forbidden, NotFound
from app.folding import compact_all
from app.runtime import runtime
from blueprints.equipment import topics
from blueprints.equipment.models import (
    Division,
    DivisionEquipment,
    Equipment,
    EquipmentName,
    EquipmentStatus,
    LegalEntity,
)
from blueprints.equipment.refusals import Conflict, Entry, Rule, Unprocessable, wrong_entry
from blueprints.equipment.rules import (
    ACTIVE,
    INACTIVE,
    may_hold_equipment,
    refused_dates,
    refused_transition,
    status_after,
    works,
)
from blueprints.equipment.tokens import Caller

_FIELDS = (
    "type", "external_id", "udi", "lot_number", "manufacturer", "manufacture_date", "expiration_date", "model_number",
    "part_number", "version", "name", "serial_number", "note",
)  # fmt: skip
_TRANSITION_TOPICS = {"activate": topics.EQUIPMENT_ACTIVATED, "deactivate": topics.EQUIPMENT_DEACTIVATED}


def register_equipment(caller: Caller, data: Mapping[str, Any]) -> str:
    """Register equipment for the caller's legal entity and return its id (equipment.md, rungs 5 to 7).

    Raises Conflict for the legal entity and for a taken external_id, Unprocessable for the division."""
    with unit_of_work(caller.actor) as work:
        _require_equipped_legal_entity(work, caller)
        division_id = data.get("division_id")
        if division_id is not None:
            division_id = lock_usable_division(work, caller, division_id).id
        values = {field: data.get(field) for field in _FIELDS}
        owned = {"legal_entity_id": caller.legal_entity_id, "status": ACTIVE, "is_active": True}
        equipment = Equipment(**values, **owned, **stamp(caller), folded_names="")
        names = data.get("names") or ()
        work.insert(equipment)
        work.change(equipment, folded_names=_folded(equipment.name, names))
        _refuse_duplicate(work)
        _name(work, caller, equipment, names)
        _remember_status(work, caller, equipment)
        if division_id is not None:
            _place(work, caller, equipment, division_id)
        work.emit(topics.EQUIPMENT_REGISTERED, equipment.id, {"id": equipment.id, "division_id": division_id, **values})
        work.commit()
        return equipment.id


def change_equipment(caller: Caller, equipment_id: str, changes: Mapping[str, Any]) -> str:
    """Change ACTIVE equipment, all but its division and status; given names replace the former ones.

    Raises Conflict when it is INACTIVE or the external_id is taken, Unprocessable for dates in the wrong order."""
    with unit_of_work(caller.actor) as work:
        equipment = lock_own_equipment(work, caller, equipment_id, "external_id" in changes)
        if equipment.status != ACTIVE:
            raise Conflict(f"{equipment.status} equipment cannot be UPDATED")
        values = {field: value for field, value in changes.items() if field in _FIELDS}
        before = {field: getattr(equipment, field) for field in values}
        work.change(equipment, **values, updated_at=now(), updated_by=caller.user_id)
        _refuse_dates(equipment)
        names = changes["names"] if "names" in changes else _names_of(work, equipment)
        work.change(equipment, folded_names=_folded(equipment.name, names))
        _refuse_duplicate(work)
        if "names" in changes:
            work.execute(delete(EquipmentName).where(EquipmentName.equipment_id == equipment.id))
            _name(work, caller, equipment, names)
        work.emit(
            topics.EQUIPMENT_CHANGED, equipment.id, {"id": equipment.id, "before": before, "after": dict(changes)}
        )
        work.commit()
        return equipment.id


def change_equipment_status(caller: Caller, equipment_id: str, action: str) -> str:
    """Activate or deactivate equipment and remember it in the status history.

    Raises Conflict for a transition that is not allowed, and for activating where the division is not ACTIVE."""
    with unit_of_work(caller.actor) as work:
        equipment = lock_own_equipment(work, caller, equipment_id)
        status = status_after("equipment", action, equipment.status)
        if status is None:
            raise Conflict(refused_transition("equipment", action, equipment.status))
        link = _active_link(work, equipment)
        if status == ACTIVE and link is not None:
            _refuse_inactive_division(work, link.division_id)
        work.change(equipment, status=status, updated_at=now(), updated_by=caller.user_id)
        _remember_status(work, caller, equipment)
        work.emit(_TRANSITION_TOPICS[action], equipment.id, {"id": equipment.id, "status": status})
        work.commit()
        return equipment.id


def move_equipment(caller: Caller, equipment_id: str, division_id: str | None) -> str:
    """Close the active link to a division and open one to `division_id`; None takes it out of any.

    Where it already stands there, nothing changes. Raises Unprocessable for the division, as at registration."""
    with unit_of_work(caller.actor) as work:
        equipment = lock_own_equipment(work, caller, equipment_id)
        wanted = None if division_id is None else lock_usable_division(work, caller, division_id).id
        link = _active_link(work, equipment)
        former = link and link.division_id
        if former != wanted:
            if link is not None:
                closed = {"is_active": False, "status": INACTIVE}
                work.change(link, **closed, updated_at=now(), updated_by=caller.user_id)
                work.flush()  # before the new link, which the unique index would refuse beside it
            if wanted is not None:
                _place(work, caller, equipment, wanted)
            work.change(equipment, updated_at=now(), updated_by=caller.user_id)
            work.emit(topics.EQUIPMENT_MOVED, equipment.id, {"id": equipment.id, "from": former, "to": wanted})
        work.commit()
        return equipment.id


def lock_own_equipment(work: UnitOfWork, caller: Caller, equipment_id: str, renaming: bool = False) -> Equipment:
    """Return the caller's equipment, locked: legal entity 409, exists 404, same legal entity 403, in this order.

    Calls that give a new external_id queue on the legal entity: two that swap theirs would deadlock on the index."""
    require_working_legal_entity(work, caller, lock=renaming)
    found = canonical_uuid(equipment_id)
    query = select(Equipment).where(Equipment.id == found, Equipment.is_active.is_(True))
    equipment = work.first(query, lock=True) if found else None
    if equipment is None:
        raise NotFound("Equipment not found")
    if equipment.legal_entity_id != caller.legal_entity_id:
        raise Forbidden("Equipment belongs to another legal entity")
    return equipment


def require_working_legal_entity(work: UnitOfWork, caller: Caller, *, lock: bool = False) -> LegalEntity:
    """Return the caller's legal entity; raises Conflict unless it exists, is active, and is ACTIVE or SUSPENDED."""
    legal_entity = work.first(select(LegalEntity).where(LegalEntity.id == caller.legal_entity_id), lock=lock)
    if legal_entity is None or not works(legal_entity.status, legal_entity.is_active):
        raise Conflict("Legal entity is not active")
    return legal_entity


def lock_usable_division(work: UnitOfWork, caller: Caller, division_id: str) -> Division:
    """Return the division, locked so that it stays ACTIVE until the commit; raises Unprocessable (rung 6)."""
    query = select(Division).where(Division.id == canonical_uuid(division_id), Division.is_active.is_(True))
    division = work.first(query, lock=True)
    if division is None:
        raise wrong_entry("$.division_id", "Division does not exist")
    if division.legal_entity_id != caller.legal_entity_id:
        raise wrong_entry("$.division_id", "Division is not within current legal entity")
    if division.status != ACTIVE:
        raise wrong_entry("$.division_id", "Division is not active")
    return division


def stamp(caller: Caller) -> dict[str, Any]:
    """Return a new row's id and who made it when."""
    inserted = _inserted(caller)
    return {"id": uuid7(), **inserted, "updated_at": inserted["inserted_at"], "updated_by": caller.user_id}


def _inserted(caller: Caller) -> dict[str, Any]:
    return {"inserted_at": now(), "inserted_by": caller.user_id}


def _require_equipped_legal_entity(work: UnitOfWork, caller: Caller) -> None:
    legal_entity = require_working_legal_entity(work, caller)
    if not may_hold_equipment(legal_entity.type):
        raise Conflict(f"Legal entity of type {legal_entity.type} cannot register equipment")


def _refuse_duplicate(work: UnitOfWork) -> None:
    """Let the unique index decide, so that of two simultaneous calls one is refused (rung 7)."""
    try:
        work.flush()
    except DuplicateRecord as duplicate:
        raise Conflict("Duplicated equipment") from duplicate


def _refuse_dates(equipment: Equipment) -> None:
    wrong = refused_dates(equipment.manufacture_date, equipment.expiration_date, now(),
                          runtime().settings.zone_of("equipment"))
    if wrong:
        raise Unprocessable([Entry(f"$.{field}", [Rule("invalid", said)]) for field, said in wrong.items()])


def _refuse_inactive_division(work: UnitOfWork, division_id: str) -> None:
    division = work.first(select(Division).where(Division.id == division_id), lock=True)
    if division is None or not division.is_active or division.status != ACTIVE:
        raise Conflict("Division is not active")


def _active_link(work: UnitOfWork, equipment: Equipment) -> DivisionEquipment | None:
    mine = DivisionEquipment.equipment_id == equipment.id
    return work.first(select(DivisionEquipment).where(mine, DivisionEquipment.is_active.is_(True)))


def _place(work: UnitOfWork, caller: Caller, equipment: Equipment, division_id: str) -> None:
    place = {"equipment_id": equipment.id, "division_id": division_id}
    work.insert(DivisionEquipment(**place, status=ACTIVE, is_active=True, **stamp(caller)))


def _remember_status(work: UnitOfWork, caller: Caller, equipment: Equipment) -> None:
    history = {"equipment_id": equipment.id, "status": equipment.status}
    work.insert(EquipmentStatus(id=uuid7(), **history, **_inserted(caller)))


def _folded(name: str, names: Sequence[Mapping[str, str]]) -> str:
    return compact_all([name, *(other["name"] for other in names)])


def _names_of(work: UnitOfWork, equipment: Equipment) -> list[Mapping[str, str]]:
    rows = work.rows(select(EquipmentName.name).where(EquipmentName.equipment_id == equipment.id))
    return [{"name": row.name} for row in rows]


def _name(work: UnitOfWork, caller: Caller, equipment: Equipment, names: Sequence[Mapping[str, str]]) -> None:
    for name in names:
        row = {"equipment_id": equipment.id, "name": name["name"], "type": name["type"]}
        work.insert(EquipmentName(id=uuid7(), **row, **_inserted(caller)))
