"""The rows a unit of work has in memory, one object each: those it read, those it inserted, those of the ORM's session.

The session is opened once something needs it, and then knows all of them (docs/decisions/124)."""
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy import event as sa_event
from sqlalchemy.orm import Session, make_transient
from sqlalchemy.orm.attributes import instance_state

from app.data.changes import record_changes, stamp_changes
from app.data.entity import Entity
from app.data.entity_loads import load_entities
from app.data.expected_version import named_version
from app.data.work.blocks import Blocks
from app.data.work.connection import WorkConnection
from app.data.work.records import WorkRecords

E = TypeVar("E", bound=Entity)
_MOST_LOADED = 64


class KnownRows:
    """The rows in memory of one unit of work."""

    def __init__(self, connection: WorkConnection, blocks: Blocks, records: WorkRecords) -> None:
        self._connection, self._blocks, self._records = connection, blocks, records
        self.opened_session: Session | None = None
        self._loaded: dict[tuple[type[Entity], str], Entity] = {}
        """Those that were read before the session was opened, which then knows them."""
        self._inserted: list[Entity] = []
        """Those that were inserted without the session, which knows them if it is open."""
        self._set_by_statement: list[Entity] = []
        """Those that change_all() has set inside attempt(): the session does not know that it did."""

    @property
    def session(self) -> Session:
        """The ORM's session, opened when needed: a bid, and what only inserts, needs none."""
        if self.opened_session is None:
            self.opened_session = _Session(self._connection, self._blocks, self._records)
            self.opened_session.add_all([*self._inserted, *self._loaded.values()])
            self._loaded.clear()
        return self.opened_session

    def are_read_by_driver(self) -> bool:
        """Return whether rows are read without the session: as long as it has none that must stay as they are, and they
        are few, because each lock looks through all of them for changes."""
        return self.opened_session is None and not self._inserted and len(self._loaded) < _MOST_LOADED

    def load(self, model: type[E], query: Select[Any], values: Mapping[str, Any], *, anew: bool) -> list[E]:
        """Return the rows of a query, read by the driver; one that is known stays as it is, or is read `anew`."""
        return load_entities(self._connection.get(), model, query, values, self._loaded, anew=anew)

    def changed(self) -> list[Any]:
        """Return the rows to which something was assigned since the last flush."""
        if self.opened_session is not None:
            return list(self.opened_session.dirty)
        return [row for row in (*self._inserted, *self._loaded.values()) if instance_state(row).modified]

    def add_inserted(self, rows: Sequence[Entity]) -> None:
        """Take rows that were inserted without the session."""
        self._inserted += rows
        if self.opened_session is not None:
            self.opened_session.add_all(rows)

    def note_set_by_statement(self, rows: Sequence[Entity]) -> None:
        """Note that these rows were given the values of a statement, past the session."""
        if self.opened_session is not None and self.opened_session.in_nested_transaction():
            self._set_by_statement += rows

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Set a savepoint of the database; when the block fails, the rows go back to it as well."""
        inserted, set_by_statement = len(self._inserted), len(self._set_by_statement)
        try:
            with self.session.begin_nested():
                self.session.connection()  # sets the savepoint, also for what is inserted without the session
                try:
                    yield
                except BaseException:
                    self._forget_inserted(inserted)  # before the rollback, which empties the rows the session knows
                    raise
        except BaseException:
            self._read_again(set_by_statement)
            raise

    def _forget_inserted(self, first: int) -> None:
        """Let the rows inserted from the `first` on be new ones again, with the values they have."""
        for entity in self._inserted[first:]:
            make_transient(entity)
        del self._inserted[first:]

    def _read_again(self, first: int) -> None:
        """Have the rows set by statements from the `first` on read anew when they are asked: the statement is gone."""
        for entity in self._set_by_statement[first:]:
            if entity in self.session:
                self.session.expire(entity)
        del self._set_by_statement[first:]


class _Session(Session):
    """The session of a unit of work: what it flushes is stamped and told."""

    def __init__(self, connection: WorkConnection, blocks: Blocks, records: WorkRecords) -> None:
        super().__init__(connection.get(), autoflush=False, expire_on_commit=False)
        self.blocks, self.records = blocks, records


@sa_event.listens_for(_Session, "before_flush")
def _before_flush(session: _Session, _context: Any, _instances: Any) -> None:
    session.blocks.wrote = True
    expectation = named_version.get()
    stamp_changes(session.dirty, expectation.check if expectation else None)


@sa_event.listens_for(_Session, "after_flush")
def _after_flush(session: _Session, _context: Any) -> None:
    session.records.invalidated.update(record_changes(session, session.records.take_change))
