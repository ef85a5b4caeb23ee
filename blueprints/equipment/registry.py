"""The writes on what surrounds equipment: legal entities, divisions, clients and dictionaries (API and CLI alike)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select

from app.clock import now
from app.data.ids import canonical_uuid
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import DuplicateRecord, Forbidden, NotFound
from app.identity.client_secrets import digest, new_secret
from app.identity.security_events import record_security
from blueprints.equipment import topics
from blueprints.equipment.commands import require_working_legal_entity, stamp
from blueprints.equipment.models import (
    DictionaryEntry,
    Division,
    DivisionEquipment,
    Equipment,
    LegalEntity,
    RegistryClient,
)
from blueprints.equipment.queries import require_dictionary
from blueprints.equipment.refusals import Conflict, wrong_entry
from blueprints.equipment.rules import ACTIVE, INACTIVE, refused_transition, status_after
from blueprints.equipment.tokens import Caller


@dataclass(frozen=True)
class Loaded:
    """What loading a dictionary did, in codes."""

    added: int
    changed: int
    retired: int


def create_legal_entity(caller: Caller, data: Mapping[str, Any]) -> str:
    """Create an ACTIVE legal entity and return its id."""
    with unit_of_work(caller.actor) as work:
        _require_own_entity_works(work, caller)
        values = {"name": data["name"], "edrpou": data.get("edrpou"), "type": data["type"]}
        made = work.insert(LegalEntity(**values, status=ACTIVE, is_active=True, **stamp(caller)))
        work.emit(topics.LEGAL_ENTITY_CREATED, made.id, {"id": made.id, **values})
        work.commit()
        return made.id


def change_legal_entity(caller: Caller, legal_entity_id: str, changes: Mapping[str, Any]) -> str:
    """Change name, code or type of a legal entity; raises NotFound."""
    with unit_of_work(caller.actor) as work:
        _require_own_entity_works(work, caller)
        legal_entity = _lock_legal_entity(work, legal_entity_id)
        _change(work, caller, topics.LEGAL_ENTITY_CHANGED, legal_entity, changes)
        work.commit()
        return legal_entity.id


def change_legal_entity_status(caller: Caller, legal_entity_id: str, action: str) -> str:
    """Activate, suspend or deactivate a legal entity; raises NotFound and Conflict."""
    with unit_of_work(caller.actor) as work:
        _require_own_entity_works(work, caller)
        legal_entity = _lock_legal_entity(work, legal_entity_id)
        status = _next_status("legal entity", action, legal_entity.status)
        _change(work, caller, topics.LEGAL_ENTITY_CHANGED, legal_entity, {"status": status})
        work.commit()
        return legal_entity.id


def create_division(caller: Caller, data: Mapping[str, Any]) -> str:
    """Create an ACTIVE division of the caller's legal entity and return its id; raises Conflict."""
    with unit_of_work(caller.actor) as work:
        legal_entity = require_working_legal_entity(work, caller)
        owned = {"legal_entity_id": legal_entity.id, "name": data["name"]}
        made = work.insert(Division(**owned, status=ACTIVE, is_active=True, **stamp(caller)))
        work.emit(topics.DIVISION_CREATED, made.id, {"id": made.id, **owned})
        work.commit()
        return made.id


def change_division(caller: Caller, division_id: str, changes: Mapping[str, Any]) -> str:
    """Rename a division of the caller's legal entity; raises Conflict, NotFound, Forbidden."""
    with unit_of_work(caller.actor) as work:
        division = _lock_own_division(work, caller, division_id)
        _change(work, caller, topics.DIVISION_CHANGED, division, changes)
        work.commit()
        return division.id


def change_division_status(caller: Caller, division_id: str, action: str) -> str:
    """Activate or deactivate a division; raises Conflict, also while ACTIVE equipment stands in it."""
    with unit_of_work(caller.actor) as work:
        division = _lock_own_division(work, caller, division_id)
        status = _next_status("division", action, division.status)
        if status == INACTIVE and _holds_active_equipment(work, division):
            raise Conflict("Division has ACTIVE equipment and cannot be DEACTIVATED")
        _change(work, caller, topics.DIVISION_CHANGED, division, {"status": status})
        work.commit()
        return division.id


def create_client(caller: Caller, data: Mapping[str, Any]) -> tuple[str, str]:
    """Register an OAuth2 client and return its id and its secret, which is nowhere kept; raises Unprocessable."""
    with unit_of_work(caller.actor) as work:
        _require_own_entity_works(work, caller)
        legal_entity_id = canonical_uuid(data["legal_entity_id"])
        if not work.rows(
            select(LegalEntity.id).where(LegalEntity.id == legal_entity_id, LegalEntity.is_active.is_(True))
        ):
            raise wrong_entry("$.legal_entity_id", "Legal entity does not exist")
        secret = new_secret()
        values = {"legal_entity_id": legal_entity_id, "user_id": canonical_uuid(data["user_id"]), "role": data["role"]}
        values["scope"] = " ".join(data["scopes"])
        made = work.insert(RegistryClient(**values, secret_hash=digest(secret), is_active=True, **stamp(caller)))
        work.emit(topics.CLIENT_CREATED, made.id, {"id": made.id, **values})
        record_security(work, "client", None, client=made.id, made=True, role=data["role"], scopes=values["scope"])
        work.commit()
        return made.id, secret


def revoke_client(caller: Caller, client_id: str) -> str:
    """End a client, and with it every token it holds; raises NotFound when it is unknown or revoked."""
    with unit_of_work(caller.actor) as work:
        _require_own_entity_works(work, caller)
        mine = (RegistryClient.id == canonical_uuid(client_id), RegistryClient.is_active.is_(True))
        client = work.first(select(RegistryClient).where(*mine), lock=True)
        if client is None:
            raise NotFound("Client not found")
        work.change(client, is_active=False, updated_at=now(), updated_by=caller.user_id)
        work.emit(topics.CLIENT_REVOKED, client.id, {"id": client.id})
        record_security(work, "client", None, client=client.id, revoked=True)
        work.commit()
        return client.id


def load_dictionary(caller: Caller, dictionary: str, codes: Mapping[str, str]) -> Loaded:
    """Make `codes` (code → description) the active codes of the dictionary; others are retired, never deleted.

    Raises NotFound for a name no dictionary has, Conflict when somebody else loads the same codes at this moment."""
    require_dictionary(dictionary)
    with unit_of_work(caller.actor) as work:
        _require_own_entity_works(work, caller)
        rows = work.all(select(DictionaryEntry).where(DictionaryEntry.dictionary == dictionary))
        loaded = _merge(work, dictionary, {row.code: row for row in rows}, codes)
        work.emit(topics.DICTIONARY_LOADED, dictionary, {"dictionary": dictionary, **vars(loaded)})
        _flush_codes(work)
        work.commit()
        return loaded


def _merge(work: UnitOfWork, dictionary: str, known: Mapping[str, DictionaryEntry], codes: Mapping[str, str]) -> Loaded:
    changed = 0
    for code, description in codes.items():
        entry = known.get(code)
        if entry is None:
            work.insert(DictionaryEntry(dictionary=dictionary, code=code, description=description, is_active=True))
        elif (entry.description, entry.is_active) != (description, True):
            work.change(entry, description=description, is_active=True)
            changed += 1
    retired = [entry for code, entry in known.items() if entry.is_active and code not in codes]
    for entry in retired:
        work.change(entry, is_active=False)
    return Loaded(len(codes.keys() - known.keys()), changed, len(retired))


def _flush_codes(work: UnitOfWork) -> None:
    try:
        work.flush()
    except DuplicateRecord as duplicate:
        raise Conflict("Dictionary is being loaded by another call") from duplicate


def _require_own_entity_works(work: UnitOfWork, caller: Caller) -> None:
    """A token's own legal entity must work; the console has none."""
    if caller.legal_entity_id is not None:
        require_working_legal_entity(work, caller)


def _lock_legal_entity(work: UnitOfWork, legal_entity_id: str) -> LegalEntity:
    mine = (LegalEntity.id == canonical_uuid(legal_entity_id), LegalEntity.is_active.is_(True))
    found = work.first(select(LegalEntity).where(*mine), lock=True)
    if found is None:
        raise NotFound("Legal entity not found")
    return found


def _lock_own_division(work: UnitOfWork, caller: Caller, division_id: str) -> Division:
    _require_own_entity_works(work, caller)
    mine = (Division.id == canonical_uuid(division_id), Division.is_active.is_(True))
    division = work.first(select(Division).where(*mine), lock=True)
    if division is None:
        raise NotFound("Division not found")
    if caller.legal_entity_id not in (None, division.legal_entity_id):
        raise Forbidden("Division belongs to another legal entity")
    return division


def _next_status(subject: str, action: str, status: str) -> str:
    following = status_after(subject, action, status)
    if following is None:
        raise Conflict(refused_transition(subject, action, status))
    return following


def _change(
    work: UnitOfWork, caller: Caller, topic: str, row: LegalEntity | Division, values: Mapping[str, Any]
) -> None:
    before = {name: getattr(row, name) for name in values}
    work.change(row, **values, updated_at=now(), updated_by=caller.user_id)
    work.emit(topic, row.id, {"id": row.id, "before": before, "after": dict(values)})


def _holds_active_equipment(work: UnitOfWork, division: Division) -> bool:
    stands = select(DivisionEquipment.id).join(Equipment, Equipment.id == DivisionEquipment.equipment_id)
    here = (DivisionEquipment.division_id == division.id, DivisionEquipment.is_active.is_(True))
    works = (Equipment.status == ACTIVE, Equipment.is_active.is_(True))
    return bool(work.rows(select(exists(stands.where(*here, *works))))[0][0])
