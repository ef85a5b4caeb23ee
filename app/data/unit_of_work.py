"""One unit of work = one transaction: what a command changes, and the events that say so, are committed together.

A command called by another joins the caller's unit of work; only the outermost commits, and after a refusal inside
nothing does (docs/decisions/008)."""
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import BindParameter, Connection, Executable, Integer, Select, String, bindparam, delete, insert, select
from sqlalchemy import event as sa_event
from sqlalchemy import update as sql_update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, make_transient
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.visitors import iterate

from app.actor import Actor
from app.clock import now
from app.data.changes import (
    NOTHING,
    OutboxRecord,
    former_values,
    record_changes,
    record_new,
    record_update,
    row_json,
    stamp_changes,
)
from app.data.connections import close_reading, reading, transaction, writing_engine
from app.data.constraint_errors import refusal_of
from app.data.due_work import DueWork, is_piece
from app.data.entity import Base, Entity
from app.data.entity_inserts import complete_entities, insert_at_once, insert_entities, insert_rows
from app.data.entity_loads import load_entities
from app.data.entity_updates import is_plain, update_entity
from app.data.expected_version import named_version
from app.data.held import Holdable, viewer
from app.data.holdings import handed_down, holdings
from app.data.ids import uuid7
from app.data.lock_order import check_order
from app.data.reads.prepared import fetch_prepared_within
from app.data.sqlite_write_lock import sqlite_write_lock
from app.data.staff_changes import StaffAudit, StaffChange, staff_change
from app.data.version_keys import version_key
from app.errors import NotFound, RuleViolated

E = TypeVar("E", bound=Entity)
B = TypeVar("B", bound=Base)
T = TypeVar("T")
_Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
BeforeCommit = Callable[["UnitOfWork", list[Any]], object]
_MOST_LOADED = 64


class UnitOfWorkSpoiled(RuntimeError):
    """The transaction holds half of something that failed, and may not be committed (docs/decisions/008)."""

    def __init__(self, error: BaseException) -> None:
        super().__init__("the unit of work cannot be committed, because something inside it failed first: "
                         f"{type(error).__name__}: {error}")


class UnitOfWork:
    """The verbs a command has; see unit_of_work()."""

    def __init__(self, actor: Actor, request_id: str | None) -> None:
        self.actor = actor
        self.request_id = request_id
        self._write_lock = ExitStack()
        self._connection: Connection | None = None
        self._opened_session: _Session | None = None
        self._new: dict[Entity, None] = {}
        """The data objects to insert at the next flush."""
        self._settled: list[Entity] = []
        """Those whose version and record are made, to insert before the next statement."""
        self._inserted: list[Entity] = []
        """Those that were inserted without the session, which knows them if it is open."""
        self._loaded: dict[tuple[type[Entity], str], Entity] = {}
        """Those that were read before the session was opened, which then knows them."""
        self._finished: list[bool] = []
        """One flag an open block, the outermost first: it said commit() or rollback()."""
        self._first_error: BaseException | None = None
        """What failed inside and was not taken back by attempt(); after it nothing is committed."""
        self._wrote = False
        self._last_locked: type[Base] | None = None
        self._held: dict[tuple[type[Entity], str], Entity] = {}
        self._records: list[dict[str, Any]] = []
        self._rows: dict[Entity, tuple[int, bytes]] = {}
        self._staff_changes: list[StaffChange] = []
        self._is_audited = False
        self._invalidated: set[str] = set()
        self._before_commit: list[tuple[BeforeCommit, Any]] = []
        self._after_commit: list[Callable[[], object]] = []
        self._to_run: list[Callable[[], object]] = []

    def connection(self) -> Connection:
        """Return the transaction's connection, for reads that must see what it has written (app/data/connections)."""
        if self._connection is None:
            close_reading()
            # Not before: what a command makes ready first keeps no other writer of SQLite waiting.
            self._write_lock.enter_context(sqlite_write_lock())
            self._connection = writing_engine().connect()
        return self._connection

    def reads_within(self) -> bool:
        """Return whether reads go by that connection: not before the first statement of the transaction.

        They see the last commit then, as each statement of PostgreSQL does that locks nothing."""
        return self._connection is not None

    @property
    def _session(self) -> Session:
        """The ORM's session on that connection, opened when needed: a bid, and what only inserts, needs none."""
        if self._opened_session is None:
            self._opened_session = _Session(self.connection(), autoflush=False, expire_on_commit=False)
            self._opened_session.add_all([*self._inserted, *self._loaded.values()])
            self._loaded.clear()
        return self._opened_session

    def close(self) -> None:
        """Give back session and connection; what was not committed is gone."""
        with self._write_lock:
            for opened in (self._opened_session, self._connection):
                if opened is not None:
                    self._close(opened)

    def _close(self, opened: Session | Connection) -> None:
        try:
            opened.close()
        except DBAPIError:  # it cannot be rolled back, so nobody may get its connection
            if not self.connection().closed:
                self.connection().invalidate()

    def get(self, model: type[E], object_id: str) -> E:
        """Return the active row of `model` with that id; raises NotFound, also when it is held from the actor."""
        entity = self._find(model, _by_id(model), object_id, anew=False)
        if entity is None or self._is_held_from_actor(entity):
            raise NotFound
        return entity

    def lock(self, model: type[E], object_id: str, *, archived_too: bool = False) -> E:
        """Return the active row (`archived_too`: or an archived one), locked until the end of the transaction.

        A row that is locked already comes back as it is here, changes included, whatever was locked since.
        Raises LockOrderError, NotFound, also when moderation holds it from the actor (not with `archived_too`)."""
        entity = cast(E | None, self._held.get((model, object_id)))
        if entity is None:
            self._prepare_lock(model)
            entity = self._find(model, _to_lock(model), object_id, anew=True)
            if entity is not None:
                self._hold(entity)
        if entity is None or not (archived_too or (entity.is_active and not self._is_held_from_actor(entity))):
            raise NotFound
        return entity

    def has_locked(self, model: type[Entity], object_id: str) -> bool:
        """Return whether this transaction has locked that row before."""
        return (model, object_id) in self._held

    def _is_held_from_actor(self, entity: Entity) -> bool:
        return not viewer(self.actor).sees(_held(entity), entity.owner)

    def find(self, model: type[E], *where: Any, lock: bool = False) -> E | None:
        """Return the first row that fulfils `where`, active or not, or None."""
        return self.first(select(model).where(*where).limit(1), lock=lock)

    def first(self, query: Select[B], *, lock: bool = False) -> B | None:
        """Return the first entity of the query or None."""
        return next(iter(self.all(query.limit(1), lock=lock)), None)

    def all(self, query: Select[B], values: Mapping[str, Any] | None = None, *, lock: bool = False) -> list[B]:
        """Return the entities of the query; `values` are the parameters of one that is built once and asked often.

        `lock` holds their rows in the order the query gives. Raises LockOrderError."""
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        self._check_locks_of(query)
        model = None if values is None or lock else _entity_of(query)
        if model is not None and self._is_read_by_driver():
            return cast(list[B], self._load(model, query, values or {}))
        found = list(self._run(query, values).scalars())
        for row in found if lock else ():
            if isinstance(row, Entity):
                self._hold(row)
        return found

    def _is_read_by_driver(self) -> bool:
        """Return whether rows are read without the session: as long as it has none that must stay as they are, and they
        are few, because each lock looks through all of them for changes."""
        return (self._opened_session is None and not self._inserted and not self._settled
                and len(self._loaded) < _MOST_LOADED)

    def _find(self, model: type[E], query: Select[E], object_id: str, *, anew: bool) -> E | None:
        values = {"id_": object_id}
        if self._is_read_by_driver():
            return next(iter(self._load(model, query, values, anew=anew)), None)
        return cast(E | None, self._run(query, values).scalar_one_or_none())

    def _load(self, model: type[E], query: Select[Any], values: Mapping[str, Any], *, anew: bool = False) -> list[E]:
        return self._watched(
            lambda: load_entities(self.connection(), model, query, values, self._loaded, anew=anew))

    def share(self, query: Select[B]) -> list[B]:
        """Return the entities of the query, which nobody changes until the end; others may share them, too.

        Not for rows that this transaction changes or locks later: two that do so at once deadlock.
        Raises LockOrderError."""
        return self.all(query.with_for_update(read=True).execution_options(populate_existing=True))

    def rows(self, query: Select[*tuple[Any, ...]], values: Mapping[str, Any] | None = None) -> list[Any]:
        """Return plain rows as this transaction sees them; `values` as of all(). Raises LockOrderError for a query that
        locks."""
        self._check_locks_of(query)
        return list(self._run(query, values).all())

    def raw_rows(self, query: Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Return the driver's own rows of a query that is built once for the life of the process (prepared.py).

        Raises LockOrderError for a query that locks."""
        self._check_locks_of(query)
        return self._watched(lambda: fetch_prepared_within(self.connection(), query, values))

    def execute(self, statement: Executable, values: _Values = None) -> Any:
        """Run a statement on rows that are no data objects (sessions, due work, keys); returns the result. `values` as
        of all(); of several rows, which are inserted at once."""
        self._check_locks_of(statement)
        return self._run(statement, values)

    def insert(self, row: B) -> B:
        """Add a new row: an Entity gets id, recordVersion 1, times and owner where they are unset."""
        if isinstance(row, Entity):
            moment = now()
            row.id = row.id or uuid7()
            row.is_active = True if row.is_active is None else row.is_active
            row.created_at = row.created_at or moment
            row.updated_at = moment
            if row.owner is None:
                row.owner = getattr(row, row.__owner__) if row.__owner__ else self.actor.user_id
            self._new[row] = None
        else:
            self._session.add(row)
        return row

    def change(self, row: B, **values: Any) -> B:
        """Set attributes; equal values change nothing and make no event."""
        for name, value in values.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
        return row

    def change_all(self, rows: Sequence[E], **values: Any) -> None:
        """Set the same values in many rows of one model, which are locked, by one statement.

        Each leaves its record in the outbox, as `change` does; a row that has these values already is not left out."""
        if not rows:
            return
        self.flush()
        model, moment = type(rows[0]), now()
        stamped = {**values, "updated_at": moment}
        self._run(sql_update(model).where(model.id.in_([row.id for row in rows]))
                  .values(**stamped, record_version=model.record_version + 1)
                  .execution_options(synchronize_session=False))
        for row in rows:
            stamped["record_version"] = row.record_version + 1
            former = {name: getattr(row, name) for name in stamped}
            for name, value in stamped.items():
                set_committed_value(row, name, value)
            record_update(row, former, self._take_change)
        self._invalidated.add(version_key(model))

    def archive(self, entity: E) -> E:
        """Soft-delete: the row stays, inactive; its dbevent is `-deleted`."""
        entity.is_active = False
        return entity

    def restore(self, entity: E) -> E:
        """Bring a soft-deleted row back; its dbevent is `-updated`, and what others have taken meanwhile refuses it.

        Raises RuleViolated ThingHeld for what moderation holds (M-25)."""
        if not entity.is_active and _held(entity) is not None:
            raise RuleViolated("ThingHeld", "Moderation holds it; show it again first")
        entity.is_active = True
        return entity

    def delete(self, row: Base) -> None:
        """Remove a row for good (sessions, purged accounts)."""
        self._session.delete(row)

    def emit(self, topic: str, key: str, payload: Any, *, realm: str | None = None) -> None:
        """Take an event into the outbox; dbevents and index events are taken without being asked."""
        text = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        self._record(realm or self.actor.realm, key, text, topic=topic)

    def emit_call(self, topic: str, key: str, row: bytes, envelope: bytes, *, realm: str) -> None:
        """Take the event of an API call, whose answer `envelope` holds the JSON `row`.

        It joins the record of that row, if nothing was said of the object since; else it is a record of its own."""
        last = next((record for record in reversed(self._records) if record["key"] == key), None)
        head, found, tail = envelope.partition(row)
        wanted = {"realm": realm, "topic": None, "payload": row.decode()}
        if last is None or last["object"] is None or not found or any(last[name] != wanted[name] for name in wanted):
            self.emit(topic, key, envelope, realm=realm)
        else:
            before = head.decode()
            joined = last | {"topic": topic, "envelope": before + tail.decode(), "row_at": len(before)}
            self._records = [joined if record is last else record for record in self._records]

    def json_of(self, entity: Entity) -> bytes:
        """Return the JSON of a row; of one that was changed here, the very bytes of its outbox record."""
        version, row = self._rows.get(entity, (None, b""))
        return row if version == entity.record_version else row_json(entity)

    def _take_change(self, entity: Entity, verb: str, row: bytes, former: bytes | None = None,
                     old: Mapping[str, Any] = NOTHING) -> None:
        if self.actor.is_person_of_staff and (change := staff_change(self.actor, entity, verb, old)) is not None:
            self._staff_changes.append(change)
        if verb != "deleted" or not entity.is_active:  # a row that is gone for good has another JSON than before
            self._rows[entity] = entity.record_version, row
        self._record(entity.realm_of_row, entity.id, row, service=entity.__service__.lower(),
                     object=entity.__object__.lower(), verb=verb, former=former.decode() if former else None)

    def _record(self, realm: str, key: str, payload: bytes, *, service: str | None = None, object: str | None = None,
                verb: str | None = None, former: str | None = None, topic: str | None = None) -> None:
        self._records.append({
            "record_id": uuid7(), "realm": realm, "service": service, "object": object, "verb": verb, "key": key,
            "payload": payload.decode(), "former": former, "topic": topic, "envelope": None, "row_at": None,
            "occurred_at": now(), "request_id": self.request_id, "user_id": self.actor.user_id, "published_at": None,
            "position": None})

    def schedule(self, kind: str, subject: str, due_at: datetime | None) -> None:
        """Owe work of `kind` to `subject` at `due_at` in the actor's realm, replacing what was owed; None cancels.

        Raises NoRealm for the kernel's own work."""
        realm = self.actor.realm
        # Not compared with the rows in memory: whoever schedules for each of many would compare each with all.
        self._run(delete(DueWork).where(is_piece(realm, kind, subject)).execution_options(synchronize_session=False))
        if due_at is not None:
            self._run(insert(DueWork).values(realm=realm, kind=kind, subject=subject, due_at=due_at, attempts=0,
                                             request_id=self.request_id))

    @contextmanager
    def acting_for(self, actor: Actor, request_id: str | None) -> Iterator[None]:
        """Let the block act as `actor`, and what it writes carry the request id of its cause.

        What was changed before it and in it is flushed at its begin and end: an event carries its own cause."""
        self.flush()
        former = self.actor, self.request_id
        self.actor, self.request_id = actor, request_id
        try:
            yield
            self.flush()
        finally:
            self.actor, self.request_id = former

    def take_as_audited(self) -> None:
        """Say that an entry of the audit names what is done here: what staff change of others' rows with it is part of
        that, and needs no entry of its own."""
        self._is_audited = True

    def invalidate(self, *names: str) -> None:
        """Invalidate these version keys after the commit (app/data/list_cache.py)."""
        self._invalidated.update(names)

    def before_commit(self, action: BeforeCommit, item: Any) -> None:
        """Give `item` to `action`, with all others that are given to it, as the last thing of the transaction, when
        events are written: what it locks is held shortest.

        It may read, lock by the order and write plain rows; data objects, whose events would come too late, are refused
        with RuntimeError. An error in it undoes everything."""
        self._before_commit.append((action, item))

    def after_commit(self, action: Callable[[], object]) -> None:
        """Run `action` once the transaction is durable and others may write: it may wait for somebody outside.

        For dropping copies and waking workers only, never for effects."""
        self._after_commit.append(action)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Try something that may be refused, and go on after it: an exception takes back what the block did, and rises.

        Rows go back to the savepoint, and with them events, due work, cache versions, what was left for around
        the commit, locks and the version If-Match named: `try: with work.attempt(): … except ApiError: …`.

        Raises UnitOfWorkSpoiled when something failed before, or inside and was caught there."""
        self._require_sound()
        self.flush()
        expectation = named_version.get()
        records, met = self._records[:], expectation is not None and expectation.met
        before, after = len(self._before_commit), len(self._after_commit)
        invalidated, held, last_locked = set(self._invalidated), dict(self._held), self._last_locked
        rows, finished, wrote = dict(self._rows), list(self._finished), self._wrote
        inserted, noted, audited = len(self._inserted), len(self._staff_changes), self._is_audited
        try:
            with self._session.begin_nested():
                self._session.connection()  # sets the savepoint, also for what is inserted without the session
                try:
                    yield
                    self._require_sound()
                    self.flush()
                except BaseException:
                    self._forget_inserted(inserted)  # before the rollback, which empties the rows the session knows
                    raise
        except BaseException:
            del self._before_commit[before:], self._after_commit[after:], self._staff_changes[noted:]
            self._is_audited = audited
            self._records, self._invalidated, self._held, self._last_locked = records, invalidated, held, last_locked
            self._rows, self._finished, self._wrote, self._first_error = rows, finished, wrote, None
            self._new.clear()
            self._settled.clear()
            if expectation is not None:
                expectation.met = met
            raise

    def _forget_inserted(self, first: int) -> None:
        """Let the rows inserted from the `first` on be new ones again, with the values they have."""
        for entity in self._inserted[first:]:
            make_transient(entity)
        del self._inserted[first:]

    def flush(self) -> None:
        """Send the changes to the database now, so that versions are set and unique rules have spoken."""
        with self._saving():
            self._insert_settled()
            changed = self._changed_rows()
            if self._is_for_orm(changed):
                self._session.add_all(self._new)
                self._new.clear()
                self._session.flush()
            else:
                updated = self._update(changed)  # first: a unique value is freed before it is taken again
                self._settle_new()
                self._insert_settled()
                for entity, old in updated:
                    record_update(entity, old, self._take_change)

    def settle(self) -> None:
        """Make the versions and the JSON of what was changed known: the last thing before the answer is made of them.

        New rows alone are sent by the next statement or commit() only, which hold SQLite's write lock."""
        changed = self._changed_rows()
        if changed or self._is_for_orm(changed):
            self.flush()
        else:
            self._settle_new()

    def _changed_rows(self) -> list[Any]:
        """Return the loaded rows to which something was assigned since the last flush."""
        if self._opened_session is not None:
            return list(self._opened_session.dirty)
        return [row for row in (*self._inserted, *self._loaded.values()) if instance_state(row).modified]

    def _is_for_orm(self, changed: list[Any]) -> bool:
        """Return whether the ORM has something to write: rows deleted, changed inside an attempt(), whose rollback
        makes them anew, or without our own ids."""
        session = self._opened_session
        return not all(map(is_plain, changed)) or (session is not None and bool(
            session.new or session.deleted or (changed and session.in_nested_transaction())))

    def _update(self, changed: list[Any]) -> list[tuple[Entity, dict[str, Any]]]:
        """Write these rows where their values are others; returns those, with the former values."""
        expectation = named_version.get()
        updated = [(entity, former_values(entity)) for entity in sorted(
            stamp_changes(changed, expectation.check if expectation else None), key=_place)]
        for entity, old in updated:
            self._wrote = True
            self._invalidated.add(version_key(entity))
            update_entity(self.connection(), self._opened_session, entity, frozenset(old))
        return updated

    def _settle_new(self) -> None:
        new, self._new = list(self._new), {}
        complete_entities(new)
        self._invalidated.update(record_new(new, self._take_change))
        self._settled += new

    def _insert_settled(self) -> None:
        if not self._settled:
            return
        new, self._settled = self._settled, []
        self._wrote = True
        insert_entities(self.connection(), new)
        self._inserted += new
        if self._opened_session is not None:
            self._opened_session.add_all(new)

    def commit(self) -> None:
        """Finish the command; at the outermost level the transaction is committed, events included.

        Raises UnitOfWorkSpoiled when something failed before that attempt() did not take back."""
        self._require_sound()
        if len(self._finished) == 1:
            self._commit_all()
        self._finished[-1] = True

    def _commit_all(self) -> None:
        self.settle()
        if not self._commit_at_once():
            self.flush()
            with self._saving():
                self._finish_events()
                self._commit_opened()
        self._write_lock.close()
        if self._invalidated:
            holdings().cache_versions.invalidate(*self._invalidated)
        self._to_run, self._after_commit = self._after_commit, []

    def _commit_at_once(self) -> bool:
        """Insert one new row and its record at once, when they are all there is; returns whether that is done."""
        is_all = (len(self._settled) == len(self._records) == 1 and self._connection is None
                  and not self._before_commit and (self._is_audited or not self._staff_changes))
        if not is_all:
            return False
        [entity], [record] = self._settled, self._records
        with self._saving(), reading() as connection:
            if not insert_at_once(connection, entity, record):
                return False
        self._settled, self._wrote = [], True
        self._inserted.append(entity)
        self.invalidate("outbox")
        return True

    def _commit_opened(self) -> None:
        try:
            for opened in (self._opened_session, self._connection):
                if opened is not None:
                    opened.commit()
        except BaseException:
            # A COMMIT that fails may leave SQLite's transaction open, and SQLAlchemy rolls back none that it tried to
            # commit: the next user of the connection would commit it.
            if self._connection is not None:
                self._connection.invalidate()
            raise

    def _finish_events(self) -> None:
        """Write the outbox, then what before_commit() was given."""
        if self._records:
            insert_rows(self.connection(), OutboxRecord, self._records)
            self.invalidate("outbox")
        is_noted = bool(self._staff_changes) and not self._is_audited
        if is_noted:
            handed_down(StaffAudit).note(self, self._staff_changes)
        told = len(self._records)
        given: dict[BeforeCommit, list[Any]] = {}
        for action, item in self._before_commit:
            given.setdefault(action, []).append(item)
        for action, items in given.items():
            action(self, items)
        if is_noted or given:
            self.flush()
        if len(self._records) > told:
            raise RuntimeError("what runs before the commit changed a data object, whose event would be lost")

    def rollback(self) -> None:
        """Leave the block without commit() on purpose: its end takes back what was written (dry runs).

        Raises RuntimeError in a joined block: what the caller wrote is not its to take back."""
        if len(self._finished) > 1:
            raise RuntimeError("a command cannot roll back the unit of work it joined; raise a refusal instead")
        self._finished[-1] = True
        self._spoil(RuntimeError("it was rolled back"))

    def run_after_commit(self) -> None:
        """Run what was left for after the commit, if there was one."""
        for action in self._to_run:
            action()

    def _run(self, statement: Executable, values: _Values = None) -> Any:
        """Run a statement by the ORM."""
        self._wrote = self._wrote or not statement.is_select
        return self._watched(lambda: self._session.execute(statement, values))

    def _watched(self, run: Callable[[], T]) -> T:
        """Run a statement behind what is settled. One that fails spoils the unit of work: PostgreSQL would turn its
        commit into a rollback."""
        if self._settled:
            self.flush()
        try:
            return run()
        except BaseException as error:
            self._spoil(error)
            raise

    @contextmanager
    def _saving(self) -> Iterator[None]:
        """Word what the database refuses, and note that it did."""
        try:
            try:
                yield
            except IntegrityError as error:
                raise refusal_of(error) from error
            except StaleDataError as error:
                raise RuleViolated(
                    "ConcurrentChange", "the record was changed by somebody else; read it again") from error
        except BaseException as error:
            self._spoil(error)
            raise

    def _spoil(self, error: BaseException) -> None:
        self._first_error = self._first_error or error

    def _require_sound(self) -> None:
        if self._first_error is not None:
            raise UnitOfWorkSpoiled(self._first_error) from self._first_error

    def _unsaved(self) -> bool:
        """Return whether something was written, or is about to be."""
        if self._wrote or self._records or self._new or self._settled or self._before_commit:
            return True
        pending = self._opened_session
        return ((pending is not None and bool(pending.new or pending.deleted))
                or any(map(former_values, self._changed_rows())))

    @contextmanager
    def block(self) -> Iterator[None]:
        """Open one more block, for unit_of_work() alone; raises RuntimeError when commit() is missing at its end."""
        self._finished.append(False)
        outermost = len(self._finished) == 1
        try:
            yield
            if not self._finished[-1] and (not outermost or self._unsaved()):
                raise RuntimeError("a command left its unit of work without commit()")
        except BaseException as error:
            self._spoil(error)
            raise
        finally:
            self._finished.pop()
            if outermost:
                self._first_error = None  # its traceback holds this unit of work and all its rows

    def _check_locks_of(self, statement: Executable) -> None:
        """Refuse a `SELECT … FOR UPDATE` against the order of locks."""
        if isinstance(statement, Select) and statement._for_update_arg is not None:
            for model in _models_of(statement):
                self._prepare_lock(model)

    def _prepare_lock(self, model: type[Base]) -> None:
        """Refuse a lock against the order, and save what was changed: a locked row is read anew, over its changes."""
        check_order(self._last_locked, model)
        self._last_locked = model
        if any(isinstance(row, model) and former_values(row) for row in self._changed_rows()):
            self.flush()

    def _hold(self, entity: Entity) -> None:
        """Note that the row is locked, and compare its version with the one If-Match named."""
        self._held[type(entity), entity.id] = entity
        expectation = named_version.get()
        if expectation is not None and expectation.at_lock:
            expectation.check(entity)


@lru_cache(maxsize=256)  # to describe a query costs as much as to run it
def _models_of(query: Select[Any]) -> tuple[type[Base], ...]:
    return tuple({description["entity"]: None for description in query.column_descriptions})


@lru_cache(maxsize=256)
def _entity_of(query: Select[Any]) -> type[Entity] | None:
    """Return the data objects that a query selects and does not lock; None where it is about something else, or not for
    the driver alone: with a value of its own, or a parameter that SQLAlchemy has to convert."""
    models = [description["entity"] for description in query.column_descriptions
              if description["expr"] is description["entity"]]
    is_of_one = len(models) == len(query.column_descriptions) == 1 and query._for_update_arg is None
    is_for_driver = all(element.required and not element.expanding and isinstance(element.type, String | Integer)
                        for element in iterate(query) if isinstance(element, BindParameter))
    return models[0] if is_of_one and is_for_driver and issubclass(models[0], Entity) else None


# Built once for each model: every bid asks them, and building one anew costs more than running it.
@cache
def _by_id(model: type[E]) -> Select[E]:
    return select(model).where(model.id == bindparam("id_"), model.is_active.is_(True))


@cache
def _to_lock(model: type[E]) -> Select[E]:
    return select(model).where(model.id == bindparam("id_")).with_for_update().execution_options(populate_existing=True)


def _place(entity: Entity) -> tuple[str, str]:
    """Return where the row stands in the order in which rows are written, the same for everybody."""
    return entity.__tablename__, entity.id


def _held(entity: Entity) -> str | None:
    return entity.held if isinstance(entity, Holdable) else None


def in_unit_of_work() -> bool:
    """Return whether a unit of work is open here: whoever waits for somebody outside must not be in one."""
    return transaction.get() is not None


@contextmanager
def unit_of_work(actor: Actor, *, request_id: str | None = None) -> Iterator[UnitOfWork]:
    """Open a unit of work for the actor, or join the one that is open in this context."""
    outer = transaction.get()
    if isinstance(outer, UnitOfWork):
        with outer.block():
            yield outer
        return
    close_reading()
    with ExitStack() as stack:
        work = UnitOfWork(actor, request_id)
        stack.callback(work.close)
        stack.callback(transaction.reset, transaction.set(work))
        with work.block():
            yield work
    work.run_after_commit()


class _Session(Session):
    """The session of a unit of work: each flush tells it what was changed."""


@sa_event.listens_for(_Session, "before_flush")
def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    expectation = named_version.get()
    work = transaction.get()
    if isinstance(work, UnitOfWork):
        work._wrote = True
    stamp_changes(session.dirty, expectation.check if expectation else None)


@sa_event.listens_for(_Session, "after_flush")
def _after_flush(session: Session, _context: Any) -> None:
    work = transaction.get()
    if isinstance(work, UnitOfWork):
        work._invalidated.update(record_changes(session, work._take_change))
