"""The reads: rows as the wire shows them, in a number of statements that does not depend on how many they are."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, func, or_, select

from app.data.columns import iso
from app.data.entity import Base
from app.data.folded import has_part
from app.data.ids import canonical_uuid, digits_of, ids_begun
from app.data.reads import fetch, fetch_one
from app.data.short_ids import ids_named, last_digits
from app.errors import Forbidden, NotFound
from app.ops.findings import MOST_NAMED, some_of
from app.plain_text import identifier_key
from blueprints.equipment.models import (
    DictionaryEntry,
    Division,
    DivisionEquipment,
    Equipment,
    EquipmentName,
    EquipmentStatus,
    LegalEntity,
    RegistryClient,
)
from blueprints.equipment.refusals import Conflict
from blueprints.equipment.rules import DEVICE_TYPES, DICTIONARIES, reads_everything, works
from blueprints.equipment.tokens import Caller

Wire = dict[str, Any]
Rows = Callable[[Select[Any]], Sequence[Row[Any]]]

DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE = 50, 300


@dataclass(frozen=True)
class ListRequest:
    """A page of a list and the filters on it, all checked."""

    number: int = 1
    size: int = DEFAULT_PAGE_SIZE
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Paged:
    """One page of wire rows and the number of rows in all pages."""

    rows: list[Wire]
    total: int
    asked: ListRequest


def equipment_page(caller: Caller, asked: ListRequest) -> Paged:
    """Return the caller's equipment (NHS ADMIN: everybody's) that fulfils the filters, oldest first."""
    _require_working_legal_entity(caller, fetch)
    where = [Equipment.is_active.is_(True), *_of_caller(caller, Equipment.legal_entity_id, asked)]
    for name in ("type", "status"):
        if name in asked.filters:
            where.append(getattr(Equipment, name) == asked.filters[name])
    if "external_id" in asked.filters:
        where.append(Equipment.folded_external_id == identifier_key(asked.filters["external_id"]))
    if "name" in asked.filters:
        where.append(has_part(Equipment.folded_names, asked.filters["name"]))
    if "division_id" in asked.filters:
        stands = (DivisionEquipment.division_id == asked.filters["division_id"], DivisionEquipment.is_active.is_(True))
        where.append(Equipment.id.in_(select(DivisionEquipment.equipment_id).where(*stands)))
    rows, total = _page(Equipment, where, asked)
    return Paged(_with_names_and_places(rows, fetch), total, asked)


def equipment_details(caller: Caller, equipment_id: str, rows: Rows = fetch) -> Wire:
    """Return one piece of equipment with its names and divisions; raises NotFound, then Forbidden.

    `rows` reads what a unit of work sees; so do the other reads of one row."""
    row = _visible(caller, Equipment, equipment_id, "Equipment", rows)
    return _with_names_and_places([row], rows)[0]


def status_history(caller: Caller, equipment_id: str, asked: ListRequest) -> Paged:
    """Return the status history of one piece of equipment, oldest first; raises NotFound, then Forbidden."""
    row = _visible(caller, Equipment, equipment_id, "Equipment", fetch)
    rows, total = _page(EquipmentStatus, [EquipmentStatus.equipment_id == row.id], asked)
    return Paged([_wire(history) for history in rows], total, asked)


def legal_entity_page(caller: Caller, asked: ListRequest) -> Paged:
    """Return the caller's legal entity (NHS ADMIN: all), oldest first."""
    return _simple_page(caller, LegalEntity, LegalEntity.id, asked)


def legal_entity(caller: Caller, legal_entity_id: str, rows: Rows = fetch) -> Wire:
    """Return one legal entity; raises NotFound, then Forbidden."""
    return _wire(_visible(caller, LegalEntity, legal_entity_id, "Legal entity", rows, owner="id"))


def division_page(caller: Caller, asked: ListRequest) -> Paged:
    """Return the caller's divisions (NHS ADMIN: all), oldest first."""
    return _simple_page(caller, Division, Division.legal_entity_id, asked)


def division(caller: Caller, division_id: str, rows: Rows = fetch) -> Wire:
    """Return one division; raises NotFound, then Forbidden."""
    return _wire(_visible(caller, Division, division_id, "Division", rows))


def client_page(caller: Caller, asked: ListRequest) -> Paged:
    """Return the registered clients, oldest first, without their secrets.

    The filter `user_id` names a user as the terminal does: the whole id, its beginning or its last eight digits."""
    paged = _simple_page(caller, RegistryClient, RegistryClient.legal_entity_id, asked)
    return Paged([_shown_client(row) for row in paged.rows], paged.total, asked)


def client(client_id: str, rows: Rows = fetch) -> Wire:
    """Return one client, revoked ones too; raises NotFound."""
    found = rows(select(RegistryClient.__table__).where(RegistryClient.id == canonical_uuid(client_id)))
    if not found:
        raise NotFound("Client not found")
    return _shown_client(_wire(found[0]))


_NAMED_BY_ID = {"equipment": Equipment, "legal entity": LegalEntity, "division": Division, "client": RegistryClient}


def ids_of(kind: str, text: str) -> list[str]:
    """Return the ids of what is of that kind and begins or ends with the text (app/data/short_ids.py)."""
    return ids_named(_NAMED_BY_ID[kind], text)


def dictionary_page(caller: Caller, dictionary: str, asked: ListRequest) -> Paged:
    """Return the codes of a dictionary, retired ones too, in their order; raises NotFound."""
    _require_working_legal_entity(caller, fetch)
    require_dictionary(dictionary)
    rows, total = _page(DictionaryEntry, [DictionaryEntry.dictionary == dictionary], asked, DictionaryEntry.code)
    return Paged([{"code": row.code, "description": row.description, "is_active": row.is_active} for row in rows],
                 total, asked)  # fmt: skip


def require_dictionary(name: str) -> None:
    """Raise NotFound for a name that is no dictionary of the registry."""
    if name not in DICTIONARIES:
        raise NotFound(f"Dictionary not found; there is {', '.join(DICTIONARIES)}")


def is_device_type(code: str) -> bool:
    """True for an active code of the DEVICE_TYPE dictionary."""
    entry = DictionaryEntry
    known = select(entry.code).where(entry.dictionary == DEVICE_TYPES, entry.code == code, entry.is_active.is_(True))
    return fetch_one(known) is not None


def check_registry() -> tuple[str, str]:
    """Return what `flask doctor` says of the registry: without its dictionary nothing can be registered."""
    codes = fetch(
        select(func.count()).where(DictionaryEntry.dictionary == DEVICE_TYPES, DictionaryEntry.is_active.is_(True))
    )[0][0]
    registered = fetch(select(func.count()).select_from(Equipment).where(Equipment.is_active.is_(True)))[0][0]
    if not codes:
        return "warn", f"{registered} registered; no {DEVICE_TYPES} codes: flask equipment dictionary load FILE"
    twins = fetch(select(Equipment.id).where(
        Equipment.is_active.is_(True), Equipment.external_id.is_not(None), Equipment.folded_external_id.is_(None)
    ).order_by(Equipment.id).limit(MOST_NAMED + 1))  # fmt: skip
    if twins:
        ids = some_of([row.id for row in twins])
        return "warn", f"{registered} registered; these share their external_id with others, change it: {ids}"
    return "ok", f"{registered} registered, {codes} {DEVICE_TYPES} codes"


def _require_working_legal_entity(caller: Caller, rows: Rows) -> None:
    if caller.legal_entity_id is None:
        return
    own = rows(select(LegalEntity.status, LegalEntity.is_active).where(LegalEntity.id == caller.legal_entity_id))
    if not own or not works(own[0].status, own[0].is_active):
        raise Conflict("Legal entity is not active")


def _simple_page(caller: Caller, model: type[Any], owner: Any, asked: ListRequest) -> Paged:
    _require_working_legal_entity(caller, fetch)
    where = [model.is_active.is_(True), *_of_caller(caller, owner, asked)]
    if "status" in asked.filters:
        where.append(model.status == asked.filters["status"])
    if "name" in asked.filters:
        where.append(has_part(model.folded_name, asked.filters["name"]))
    if "user_id" in asked.filters:
        where.append(_is_named(model.user_id, asked.filters["user_id"]))
    rows, total = _page(model, where, asked)
    return Paged([_wire(row) for row in rows], total, asked)


def _is_named(column: Any, text: str) -> ColumnElement[bool]:
    """Return whether an id begins with the text or ends with its eight digits.

    Clients are few: a user, who is kept elsewhere, has no index here."""
    between = ids_begun(text)
    return false() if between is None else or_(column.between(*between), last_digits(column) == digits_of(text))


def _of_caller(caller: Caller, owner: Any, asked: ListRequest) -> list[ColumnElement[bool]]:
    """What the caller may see: its own; NHS ADMIN everything, or the legal entity it asks for."""
    wanted = asked.filters.get("legal_entity_id")
    mine = [] if reads_everything(caller.role) else [owner == caller.legal_entity_id]
    return [*mine, *([owner == wanted] if wanted else [])]


def _visible(
    caller: Caller, model: type[Any], row_id: str, word: str, rows: Rows, owner: str = "legal_entity_id"
) -> Row[Any]:
    _require_working_legal_entity(caller, rows)
    found = rows(select(model.__table__).where(model.id == canonical_uuid(row_id), model.is_active.is_(True)))
    if not found:
        raise NotFound(f"{word} not found")
    if not reads_everything(caller.role) and getattr(found[0], owner) != caller.legal_entity_id:
        raise Forbidden(f"{word} belongs to another legal entity")
    return found[0]


def _page(
    model: type[Base], where: Sequence[ColumnElement[bool]], asked: ListRequest, order: Any = None
) -> tuple[Sequence[Row[Any]], int]:
    query: Select[Any] = select(model.__table__).where(*where).order_by(order if order is not None else model.id)
    total = fetch_one(select(func.count()).select_from(model).where(*where))
    rows = fetch(query.limit(asked.size).offset((asked.number - 1) * asked.size))
    return rows, total[0] if total else 0


def _with_names_and_places(found: Sequence[Row[Any]], rows: Rows) -> list[Wire]:
    ids = [row.id for row in found]
    named, placed = _by_equipment(_names_of(ids, rows)), _by_equipment(_places_of(ids, rows))
    equipment = [_wire(row) for row in found]
    for one in equipment:
        one["names"], one["divisions"] = named[one["id"]], placed[one["id"]]
        one["division_id"] = next((place["division_id"] for place in placed[one["id"]] if place["is_active"]), None)
    return equipment


def _names_of(ids: Sequence[str], rows: Rows) -> Sequence[Row[Any]]:
    mine = EquipmentName.equipment_id.in_(ids)
    return rows(select(EquipmentName.__table__).where(mine).order_by(EquipmentName.id)) if ids else []


def _places_of(ids: Sequence[str], rows: Rows) -> Sequence[Row[Any]]:
    query = select(DivisionEquipment.__table__, Division.name.label("division_name"))
    query = query.join(Division, Division.id == DivisionEquipment.division_id)
    mine = DivisionEquipment.equipment_id.in_(ids)
    return rows(query.where(mine).order_by(DivisionEquipment.id)) if ids else []


def _by_equipment(rows: Iterable[Row[Any]]) -> dict[str, list[Wire]]:
    grouped: dict[str, list[Wire]] = defaultdict(list)
    for row in rows:
        wire = _wire(row)
        grouped[wire.pop("equipment_id")].append(wire)
    return grouped


def _wire(row: Row[Any]) -> Wire:
    wire = {name: value for name, value in row._mapping.items() if name not in _HIDDEN}
    for name in ("inserted_at", "updated_at"):
        if name in wire:
            wire[name] = iso(wire[name])
    return wire


def _shown_client(wire: Wire) -> Wire:
    wire["scopes"] = wire.pop("scope").split()
    return wire


_HIDDEN = frozenset({"folded_name", "folded_names", "folded_external_id", "secret_hash"})
