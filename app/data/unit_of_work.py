"""One unit of work = one transaction: what a command changes, and the events that say so, are committed together.

A command called by another joins the caller's unit of work; only the outermost commits, and after a refusal inside
nothing does (docs/decisions/008). What it is made of is in app/data/work."""
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Select, delete, insert, select

from app.actor import Actor
from app.data.connections import close_reading, transaction
from app.data.due_work import DueWork, is_piece
from app.data.entity import Base, Entity
from app.data.held import Holdable, viewer
from app.data.work.blocks import Blocks
from app.data.work.commit import BeforeCommit, Commit
from app.data.work.connection import WorkConnection
from app.data.work.known_rows import KnownRows
from app.data.work.locks import Locks
from app.data.work.records import WorkRecords
from app.data.work.statements import Statements, Values
from app.data.work.writes import Writes
from app.errors import NotFound, RuleViolated

E = TypeVar("E", bound=Entity)
B = TypeVar("B", bound=Base)


class UnitOfWork:
    """The verbs a command has; see unit_of_work()."""

    def __init__(self, actor: Actor, request_id: str | None) -> None:
        self._blocks = Blocks()
        self._connection = WorkConnection()
        self._records = WorkRecords(actor, request_id)
        self._known = KnownRows(self._connection, self._blocks, self._records)
        self._writes = Writes(self._connection, self._blocks, self._records, self._known)
        self._locks = Locks(self._known, self._writes)
        self._statements = Statements(self._connection, self._blocks, self._known, self._writes, self._locks)
        self._commit = Commit(self._connection, self._blocks, self._records, self._known, self._writes)

    @property
    def actor(self) -> Actor:
        """Return in whose name the command acts."""
        return self._records.actor

    @property
    def request_id(self) -> str | None:
        """Return the id of the request that caused it."""
        return self._records.request_id

    # Reading and locking

    def connection(self) -> Connection:
        """Return the transaction's connection, for reads that must see what it has written (app/data/connections)."""
        return self._connection.get()

    def reads_within(self) -> bool:
        """Return whether reads go by that connection: not before the first statement of the transaction.

        They see the last commit then, as each statement of PostgreSQL does that locks nothing."""
        return self._connection.is_open()

    def get(self, model: type[E], object_id: str) -> E:
        """Return the active row of `model` with that id; raises NotFound, also when it is held from the actor."""
        entity = self._statements.by_id(model, object_id)
        if entity is None or self._is_held_from_actor(entity):
            raise NotFound
        return entity

    def lock(self, model: type[E], object_id: str, *, archived_too: bool = False) -> E:
        """Return the active row (`archived_too`: or an archived one), locked until the end of the transaction.

        A row that is locked already comes back as it is here, changes included, whatever was locked since.
        Raises LockOrderError, NotFound, also when moderation holds it from the actor (not with `archived_too`)."""
        entity = self._locks.held(model, object_id) or self._statements.locked(model, object_id)
        if entity is None or not (archived_too or (entity.is_active and not self._is_held_from_actor(entity))):
            raise NotFound
        return entity

    def has_locked(self, model: type[Entity], object_id: str) -> bool:
        """Return whether this transaction has locked that row before."""
        return self._locks.held(model, object_id) is not None

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
        return self._statements.all(query, values, lock=lock)

    def share(self, query: Select[B]) -> list[B]:
        """Return the entities of the query, which nobody changes until the end; others may share them, too.

        Not for rows that this transaction changes or locks later: two that do so at once deadlock.
        Raises LockOrderError."""
        return self.all(query.with_for_update(read=True).execution_options(populate_existing=True))

    def rows(self, query: Select[*tuple[Any, ...]], values: Mapping[str, Any] | None = None) -> list[Any]:
        """Return plain rows as this transaction sees them; `values` as of all(). Raises LockOrderError for a query that
        locks."""
        return list(self.execute(query, values).all())

    def raw_rows(self, query: Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Return the driver's own rows of a query that is built once for the life of the process (prepared.py).

        Raises LockOrderError for a query that locks."""
        return self._statements.raw_rows(query, values)

    def execute(self, statement: Executable, values: Values = None) -> Any:
        """Run a statement on rows that are no data objects (sessions, due work, keys); returns the result. `values` as
        of all(); of several rows, which are inserted at once. Raises LockOrderError for a query that locks."""
        self._locks.check(statement)
        return self._statements.run(statement, values)

    # Changing rows

    def insert(self, row: B) -> B:
        """Add a new row: an Entity gets id, recordVersion 1, times and owner where they are unset."""
        self._writes.add(row, self.actor)
        return row

    def change(self, row: B, **values: Any) -> B:
        """Set attributes; equal values change nothing and make no event."""
        for name, value in values.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
        return row

    def change_all(self, rows: Sequence[Entity], **values: Any) -> None:
        """Set the same values in many rows of one model, which are locked, by one statement.

        Each leaves its record in the outbox, as `change` does; a row that has these values already is not left out."""
        if rows:
            self._writes.change_all(rows, values)

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
        self._known.session.delete(row)

    def flush(self) -> None:
        """Send the changes to the database now, so that versions are set and unique rules have spoken."""
        self._writes.flush()

    def settle(self) -> None:
        """Make the versions and the JSON of what was changed known: the last thing before the answer is made of them.

        New rows alone are sent by the next statement or commit() only, which hold SQLite's write lock."""
        self._writes.settle()

    # Telling of it

    def emit(self, topic: str, key: str, payload: Any, *, realm: str | None = None) -> None:
        """Take an event into the outbox; dbevents and index events are taken without being asked."""
        self._records.take_event(topic, key, payload, realm=realm)

    def emit_call(self, topic: str, key: str, row: bytes, envelope: bytes, *, realm: str) -> None:
        """Take the event of an API call, whose answer `envelope` holds the JSON `row`."""
        self._records.take_call(topic, key, row, envelope, realm=realm)

    def json_of(self, entity: Entity) -> bytes:
        """Return the JSON of a row; of one that was changed here, the very bytes of its outbox record."""
        return self._records.json_of(entity)

    def schedule(self, kind: str, subject: str, due_at: datetime | None) -> None:
        """Owe work of `kind` to `subject` at `due_at` in the actor's realm, replacing what was owed; None cancels.

        Raises NoRealm for the kernel's own work."""
        realm = self.actor.realm
        # Not compared with the rows in memory: whoever schedules for each of many would compare each with all.
        self.execute(delete(DueWork).where(is_piece(realm, kind, subject)).execution_options(synchronize_session=False))
        if due_at is not None:
            self.execute(insert(DueWork).values(realm=realm, kind=kind, subject=subject, due_at=due_at, attempts=0,
                                                request_id=self.request_id))

    @contextmanager
    def acting_for(self, actor: Actor, request_id: str | None) -> Iterator[None]:
        """Let the block act as `actor`, and what it writes carry the request id of its cause.

        What was changed before it and in it is flushed at its begin and end: an event carries its own cause."""
        self.flush()
        records = self._records
        former = records.actor, records.request_id
        records.actor, records.request_id = actor, request_id
        try:
            yield
            self.flush()
        finally:
            records.actor, records.request_id = former

    def take_as_audited(self) -> None:
        """Say that an entry of the audit names what is done here: what staff change of others' rows with it is part of
        that, and needs no entry of its own."""
        self._records.is_audited = True

    def invalidate(self, *names: str) -> None:
        """Invalidate these version keys after the commit (app/data/list_cache.py)."""
        self._records.invalidated.update(names)

    # The end: attempts, commit, rollback

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Try something that may be refused, and go on after it: an exception takes back what the block did, and rises.

        Rows go back to the savepoint, and with them events, due work, cache versions, what was left for around
        the commit, locks and the version If-Match named: `try: with work.attempt(): … except ApiError: …`.

        Raises UnitOfWorkSpoiled when something failed before, or inside and was caught there."""
        self._blocks.require_sound()
        self.flush()
        undoings = [part.savepoint() for part in (self._blocks, self._records, self._locks, self._commit)]
        try:
            with self._known.savepoint():
                yield
                self._blocks.require_sound()
                self.flush()
        except BaseException:
            self._writes.forget()
            for take_back in undoings:
                take_back()
            raise

    def before_commit(self, action: BeforeCommit, item: Any) -> None:
        """Give `item` to `action`, with all others that are given to it, as the last thing of the transaction, when
        events are written: what it locks is held shortest.

        It may read, lock by the order and write plain rows; data objects, whose events would come too late, are refused
        with RuntimeError. An error in it undoes everything."""
        self._commit.before.append((action, item))

    def after_commit(self, action: Callable[[], object]) -> None:
        """Run `action` once the transaction is durable and others may write: it may wait for somebody outside.

        For dropping copies and waking workers only, never for effects."""
        self._commit.after.append(action)

    def commit(self) -> None:
        """Finish the command; at the outermost level the transaction is committed, events included.

        Raises UnitOfWorkSpoiled when something failed before that attempt() did not take back, RuntimeError when it
        was committed before."""
        self._blocks.require_sound()
        self._blocks.require_unfinished()
        if not self._blocks.are_nested():
            self._commit.commit(self)
        self._blocks.finish()

    def rollback(self) -> None:
        """Leave the block without commit() on purpose: its end takes back what was written (dry runs).

        Raises RuntimeError in a joined block: what the caller wrote is not its to take back."""
        if self._blocks.are_nested():
            raise RuntimeError("a command cannot roll back the unit of work it joined; raise a refusal instead")
        self._blocks.finish()
        self._blocks.spoil(RuntimeError("it was rolled back"))

    def block(self) -> AbstractContextManager[None]:
        """Open one more block, for unit_of_work() alone; raises RuntimeError when commit() is missing at its end."""
        return self._blocks.block(self._is_unsaved)

    def _is_unsaved(self) -> bool:
        return bool(self._records.count() or self._commit.before) or self._writes.are_pending()

    def close(self) -> None:
        """Give back session and connection; what was not committed is gone."""
        self._connection.close(self._known.opened_session)

    def run_after_commit(self) -> None:
        """Run what was left for after the commit, if there was one."""
        self._commit.run_after()


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
