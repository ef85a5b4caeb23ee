"""What a transaction can do on one resource: load, append, project, remember, look.

The unique (resource, version) decides between rivals, and a projection only moves a row forward: it may repeat."""
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Self

from sqlalchemy import (
    Column,
    Connection,
    FromClause,
    Insert,
    Row,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    true,
    union_all,
    update,
)

from app.data.upserts import upsert_of
from blueprints.organization.adapters.sql.failures import rivals_win
from blueprints.organization.adapters.sql.search import conditions, count_of, page_of
from blueprints.organization.adapters.sql.tables import ResourceTables, extensions
from blueprints.organization.domain.aggregate import Aggregate
from blueprints.organization.domain.documents import Document, properties_of
from blueprints.organization.domain.events import Event, Identity
from blueprints.organization.domain.refusals import ConcurrentWrite
from blueprints.organization.domain.resource_type import NO_EXTENSION, Extension, ResourceType
from blueprints.organization.domain.search import Search
from blueprints.organization.ports import Remembered, Requested, Tenant

PIECE = 200
UPGRADED = "Upgraded"
"""Stands as the change of the last event in the log of a former version: the resource went on under a later one.

It takes the version that the first event there has, so that of a writer here and one there only one gets through.
Projected, it hides the former record; it is no event of the resource, and never leaves."""


class SqlSession:
    """What reading and writing share: the connection, the resource's tables, the tenant's extension.

    `former` are the sessions on the versions of the schema before this one, the newest first."""

    def __init__(self, connection: Connection, dialect: str, kind: ResourceType, tenant: Tenant,
                 tables: ResourceTables, former: Iterable[tuple[ResourceType, ResourceTables]] = ()) -> None:
        self.connection = connection
        self.dialect = dialect
        self.kind = kind
        self.tenant_id = tenant.tenant_id
        self.tables = tables
        self.former: list[Self] = [type(self)(connection, dialect, version, tenant, its) for version, its in former]

    def extension(self) -> Extension:
        """Return the newest revision of what the tenant added to the resource type."""
        row = self.connection.execute(
            select(extensions).where(extensions.c.resource == self.kind.name)
            .order_by(extensions.c.revision.desc()).limit(1)).first()
        return Extension(row.revision, row.properties, tuple(row.required)) if row else NO_EXTENSION


class SqlReadSession(SqlSession):
    """A look at the query table, and at the events by their ids."""

    def logged(self, event_ids: Iterable[str]) -> list[Event]:
        """Return the events with these ids that are in the event table, in order."""
        events = self.tables.events
        rows = self.connection.execute(
            select(events).where(events.c.id.in_(event_ids)).order_by(events.c.position))
        return [event_of(row, self.tenant_id, self.kind) for row in rows]

    def record(self, resource_id: str) -> Document | None:
        """Return the living record."""
        records = _together([self, *self.former])
        row = self.connection.execute(
            select(*_record_columns(records))
            .where(records.c.resourceId == resource_id, records.c.isActive == true())).first()
        return _record_of(row) if row else None

    def records(self, after: str = "") -> Iterator[Document]:
        """Return every living record under this version of the schema by id, those after an id, a piece at a time."""
        records, last = self.tables.records, after
        every = select(*_record_columns(records)).where(records.c.isActive == true()).order_by(records.c.resourceId)
        while rows := self.connection.execute(every.where(records.c.resourceId > last).limit(PIECE)).all():
            yield from map(_record_of, rows)
            last = rows[-1].resourceId

    def page(self, search: Search) -> tuple[list[Document], int]:
        """Return the page's records and the number of all that match."""
        records = _together([self, *(former for former in self.former if former.has_records())])
        wanted = conditions(records, search, self.dialect)
        statement = page_of(select(*_record_columns(records)).where(*wanted), records, search, self.dialect)
        rows = [_record_of(row) for row in self.connection.execute(statement)]
        return rows, int(self.connection.scalar(count_of(records, wanted)) or 0)

    def has_records(self) -> bool:
        """Tell whether there are living records under this version of the schema."""
        records = self.tables.records
        living = select(records.c.resourceId).where(records.c.isActive == true()).limit(1)
        return self.connection.scalar(living) is not None


class SqlWriteSession(SqlSession):
    """One transaction on one resource type of a tenant."""

    def aggregate(self, identity: Identity) -> Aggregate:
        """Load a resource: its last event carries the whole state.

        Raises ConcurrentWrite when it went on under a later version of the schema meanwhile."""
        for session in (self, *self.former):
            if last := session._last_event(identity.resource_id):
                if last.change == UPGRADED:
                    raise ConcurrentWrite
                return Aggregate(identity, last.version, last.after, session.kind.version)
        return Aggregate(identity)

    def holding(self, aggregate: Aggregate) -> "SqlWriteSession":
        """Return this transaction's session on the version of the schema under which the resource stands."""
        return next(session for session in (self, *self.former) if session.kind.version == aggregate.schema_version)

    def retire(self, event: Event) -> None:
        """Close the resource's log under the former version: it goes on with `event` under this one.

        Raises ConcurrentWrite when a rival wrote there first."""
        for former in self.former:
            if last := former._last_event(event.identity.resource_id):
                former.append(replace(event, change=UPGRADED, before=last.after or last.before, after=None))
                return

    def append(self, event: Event) -> None:
        """Append to the event table; raises ConcurrentWrite when the version is taken."""
        with rivals_win():
            self.connection.execute(insert(self.tables.events).values(
                id=event.id, resourceId=event.identity.resource_id, version=event.version, change=event.change,
                time=event.time, actor=event.actor, dataschema=event.dataschema, before=event.before,
                after=event.after))

    def enqueue(self, event: Event) -> None:
        """Put the appended event into the outbox."""
        events = self.tables.events
        position = select(events.c.position).where(events.c.id == event.id)
        self.connection.execute(insert(self.tables.outbox).from_select(["position"], position))

    def project(self, event: Event) -> bool:
        """Bring the row up to `event`; returns False when the row has seen it or is past it.

        What stands under a former version of the schema is hidden by the same transaction."""
        for former in self.former:
            former.hide_upgraded(event.identity.resource_id)
        statement = self._projection().returning(self.tables.records.c.version)
        return self.connection.execute(statement, self._row(event)).first() is not None

    def project_all(self, events: Sequence[Event]) -> None:
        """Project events in order, in one statement per event but one round trip."""
        self.connection.execute(self._projection(), [self._row(event) for event in events])

    def hide_upgraded(self, resource_id: str | None = None) -> None:
        """Hide the records, or the one, that went on under a later version of the schema and still show here."""
        events, records = self.tables.events, self.tables.records
        shown = (select(events).select_from(events.outerjoin(records, records.c.resourceId == events.c.resourceId))
                 .where(events.c.change == UPGRADED, events.c.version > func.coalesce(records.c.version, 0)))
        if resource_id is not None:
            shown = shown.where(events.c.resourceId == resource_id)
        for row in self.connection.execute(shown).all():
            self.project(event_of(row, self.tenant_id, self.kind))

    def refold_after(self, resource_id: str, limit: int) -> str | None:
        """Write the words of records after an id anew; returns the last one's id, None at the end."""
        records = self.tables.records
        found = self.connection.execute(
            select(records.c.resourceId, records.c.version, records.c.document)
            .where(records.c.resourceId > resource_id).order_by(records.c.resourceId).limit(limit)).all()
        if not found:
            return None
        same = (records.c.resourceId == bindparam("id"), records.c.version == bindparam("seen"))  # not a newer row's
        self.connection.execute(
            update(records).where(*same).values(searchText=bindparam("words")),
            [{"id": row.resourceId, "seen": row.version, "words": self.kind.search_text(row.document)}
             for row in found])
        return str(found[-1].resourceId)

    def recall(self, requested: Requested, not_before: str) -> Remembered | None:
        """Return the outcome kept for the key since `not_before`, and whether the query table shows it by now."""
        requests, records = self.tables.requests, self.tables.records
        row = self.connection.execute(
            select(requests.c.fingerprint, requests.c.resourceId, requests.c.version,
                   func.coalesce(records.c.version, 0).label("projected"))
            .select_from(requests.outerjoin(records, records.c.resourceId == requests.c.resourceId))
            .where(*_same_key(requests, requested), requests.c.createdAt >= not_before)).first()
        if row is None:
            return next(filter(None, (former.recall(requested, not_before) for former in self.former)), None)
        projected = max([row.projected, *(former._projected_version(row.resourceId) for former in self.former)])
        return Remembered(row.fingerprint, row.resourceId, row.version, projected >= row.version)

    def remember(self, requested: Requested, resource_id: str, version: int, at: str, not_before: str) -> None:
        """Keep the outcome under the key, and forget those older than `not_before`.

        Raises ConcurrentWrite when a rival was first."""
        requests = self.tables.requests
        self.connection.execute(delete(requests).where(requests.c.createdAt < not_before))
        with rivals_win():
            self.connection.execute(insert(requests).values(
                actor=requested.actor, route=requested.route, key=requested.key, fingerprint=requested.fingerprint,
                resourceId=resource_id, version=version, createdAt=at))

    def commit(self) -> None:
        """Make it so."""
        self.connection.commit()

    def events_after(self, position: int, limit: int) -> list[tuple[int, Event]]:
        """Return events with their positions, in order."""
        return read_events(self.connection, self.tables.events, self.tenant_id, self.kind, position, limit)

    def _last_event(self, resource_id: str) -> Row[Any] | None:
        events = self.tables.events
        return self.connection.execute(
            select(events.c.version, events.c.change, events.c.before, events.c.after)
            .where(events.c.resourceId == resource_id).order_by(events.c.version.desc()).limit(1)).first()

    def _projected_version(self, resource_id: str) -> int:
        records = self.tables.records
        return self.connection.scalar(select(records.c.version).where(records.c.resourceId == resource_id)) or 0

    def _projection(self) -> Insert:
        records = self.tables.records
        statement = upsert_of(self.dialect)(records)
        changes = {column.name: statement.excluded[column.name] for column in records.columns if not column.primary_key}
        return statement.on_conflict_do_update(index_elements=["resourceId"], set_=changes,
                                               where=records.c.version < statement.excluded.version)

    def _row(self, event: Event) -> dict[str, Any]:
        """Return the row after `event`; a deleted record keeps its last properties."""
        record: Document = event.after or event.before or {}
        properties = properties_of(record)
        return {"resourceId": event.identity.resource_id, "version": event.version, "isActive": event.after is not None,
                "createdAt": record["createdAt"], "updatedAt": event.time, "eventId": event.id,
                "searchText": self.kind.search_text(properties), "document": properties}


def read_events(connection: Connection, events: Table, tenant_id: str, kind: ResourceType, position: int,
                limit: int, resource_id: str | None = None) -> list[tuple[int, Event]]:
    """Return the events after a position, in order, each with its position; perhaps of one resource only."""
    statement = select(events).where(events.c.position > position).order_by(events.c.position).limit(limit)
    if resource_id is not None:
        statement = statement.where(events.c.resourceId == resource_id)
    return [(row.position, event_of(row, tenant_id, kind)) for row in connection.execute(statement)]


def latest_events(connection: Connection, events: Table, tenant_id: str, kind: ResourceType, limit: int,
                  resource_id: str | None) -> list[Event]:
    """Return the last events, the latest first, without those that only moved a record to a newer schema."""
    statement = select(events).where(events.c.change != UPGRADED).order_by(events.c.position.desc()).limit(limit)
    if resource_id is not None:
        statement = statement.where(events.c.resourceId == resource_id)
    return [event_of(row, tenant_id, kind) for row in connection.execute(statement)]


def ids_between(connection: Connection, events: Table, first: str, last: str, limit: int) -> Sequence[str]:
    """Return ids of resources that have events, from the first to the last: a range of the index of their versions."""
    named = select(events.c.resourceId).where(events.c.resourceId.between(first, last)).distinct()
    return connection.scalars(named.order_by(events.c.resourceId).limit(limit)).all()


def event_of(row: Row[Any], tenant_id: str, kind: ResourceType) -> Event:
    """Return the event in a row of the event table."""
    return Event(row.id, row.change, Identity(tenant_id, kind.name, row.resourceId), row.version, row.time,
                 row.actor, row.dataschema, row.before, row.after)


def _together(sessions: Sequence[SqlSession]) -> FromClause:
    """Return the query tables of all sessions as one: a record is active in one of them."""
    tables = [session.tables.records for session in sessions]
    return tables[0] if len(tables) == 1 else union_all(*map(select, tables)).subquery("records")


def _record_columns(records: FromClause) -> list[Column[Any]]:
    return [records.c.resourceId, records.c.version, records.c.createdAt, records.c.updatedAt, records.c.document]


def _record_of(row: Row[Any]) -> Document:
    return {"resourceId": row.resourceId, "version": row.version, "createdAt": row.createdAt,
            "updatedAt": row.updatedAt, **row.document}


def _same_key(requests: Table, requested: Requested) -> list[Any]:
    return [requests.c.actor == requested.actor, requests.c.route == requested.route, requests.c.key == requested.key]
