"""What a unit of work tells at its commit: records for the outbox, changes for the audit, keys for the caches."""
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from app.actor import Actor
from app.clock import now
from app.data.changes import NOTHING, OutboxRecord, row_json
from app.data.entity import Entity
from app.data.entity_inserts import insert_rows
from app.data.holdings import handed_down, holdings
from app.data.ids import uuid7
from app.data.staff_changes import StaffAudit, StaffChange, staff_change
from app.data.work.connection import WorkConnection

if TYPE_CHECKING:  # it imports this module
    from app.data.unit_of_work import UnitOfWork


class WorkRecords:
    """What one unit of work tells, and in whose name: `actor`, by the request `request_id`."""

    def __init__(self, actor: Actor, request_id: str | None) -> None:
        self.actor, self.request_id = actor, request_id
        self.invalidated: set[str] = set()
        """The version keys to invalidate after the commit."""
        self.is_audited = False
        """An entry of the audit names what is done here."""
        self._records: list[dict[str, Any]] = []
        self._rows: dict[Entity, tuple[int, bytes]] = {}
        self._staff_changes: list[StaffChange] = []

    def count(self) -> int:
        """Return how many records there are."""
        return len(self._records)

    def take_change(self, entity: Entity, verb: str, row: bytes, former: bytes | None = None,
                    old: Mapping[str, Any] = NOTHING) -> None:
        """Take one change of a row (app/data/changes.py, Take)."""
        if self.actor.is_person_of_staff and (change := staff_change(self.actor, entity, verb, old)) is not None:
            self._staff_changes.append(change)
        if verb != "deleted" or not entity.is_active:  # a row that is gone for good has another JSON than before
            self._rows[entity] = entity.record_version, row
        self._record(entity.realm_of_row, entity.id, row, service=entity.__service__.lower(),
                     object=entity.__object__.lower(), verb=verb, former=former.decode() if former else None)

    def take_event(self, topic: str, key: str, payload: Any, *, realm: str | None) -> None:
        """Take an event that is no change of a row."""
        text = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        self._record(realm or self.actor.realm, key, text, topic=topic)

    def take_call(self, topic: str, key: str, row: bytes, envelope: bytes, *, realm: str) -> None:
        """Take the event of an API call, whose answer `envelope` holds the JSON `row`.

        It joins the record of that row, if nothing was said of the object since; else it is a record of its own."""
        last = next((record for record in reversed(self._records) if record["key"] == key), None)
        head, found, tail = envelope.partition(row)
        wanted = {"realm": realm, "topic": None, "payload": row.decode()}
        if last is None or last["object"] is None or not found or any(last[name] != wanted[name] for name in wanted):
            self.take_event(topic, key, envelope, realm=realm)
        else:
            before = head.decode()
            joined = last | {"topic": topic, "envelope": before + tail.decode(), "row_at": len(before)}
            self._records = [joined if record is last else record for record in self._records]

    def _record(self, realm: str, key: str, payload: bytes, *, service: str | None = None, object: str | None = None,
                verb: str | None = None, former: str | None = None, topic: str | None = None) -> None:
        self._records.append({
            "record_id": uuid7(), "realm": realm, "service": service, "object": object, "verb": verb, "key": key,
            "payload": payload.decode(), "former": former, "topic": topic, "envelope": None, "row_at": None,
            "occurred_at": now(), "request_id": self.request_id, "user_id": self.actor.user_id, "published_at": None,
            "position": None})

    def json_of(self, entity: Entity) -> bytes:
        """Return the JSON of a row; of one that was changed here, the very bytes of its outbox record."""
        version, row = self._rows.get(entity, (None, b""))
        return row if version == entity.record_version else row_json(entity)

    def only_one(self) -> dict[str, Any] | None:
        """Return the record when it is one, and the audit need not know of it."""
        is_only = len(self._records) == 1 and (self.is_audited or not self._staff_changes)
        return self._records[0] if is_only else None

    def write(self, connection: WorkConnection) -> None:
        """Insert the records."""
        if self._records:
            insert_rows(connection.get(), OutboxRecord, self._records)
            self.note_written()

    def note_written(self) -> None:
        """Note that there are new records in the outbox."""
        self.invalidated.add("outbox")

    def tell_audit(self, work: "UnitOfWork") -> bool:
        """Have the audit note what staff changed of others', unless an entry names it; returns whether it did."""
        is_noted = bool(self._staff_changes) and not self.is_audited
        if is_noted:
            handed_down(StaffAudit).note(work, self._staff_changes)
        return is_noted

    def invalidate(self) -> None:
        """Have caches drop what was made of rows that are others now."""
        if self.invalidated:
            holdings().cache_versions.invalidate(*self.invalidated)

    def savepoint(self) -> Callable[[], None]:
        """Return what brings back the state of now."""
        records, rows, invalidated = self._records[:], dict(self._rows), set(self.invalidated)
        noted, audited = len(self._staff_changes), self.is_audited

        def take_back() -> None:
            self._records, self._rows, self.invalidated = records, rows, invalidated
            del self._staff_changes[noted:]
            self.is_audited = audited

        return take_back
