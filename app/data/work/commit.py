"""The end of a unit of work: its rows, its events and what it was given to do before, then what waits for after.

New rows that nothing else goes with are committed by one statement (app/data/entity_inserts.py)."""
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.data.work.blocks import Blocks
from app.data.work.connection import WorkConnection
from app.data.work.known_rows import KnownRows
from app.data.work.records import WorkRecords
from app.data.work.writes import Writes

if TYPE_CHECKING:  # it imports this module
    from app.data.unit_of_work import UnitOfWork

BeforeCommit = Callable[["UnitOfWork", list[Any]], object]


class Commit:
    """How one unit of work is committed, and what goes before and after."""

    def __init__(self, connection: WorkConnection, blocks: Blocks, records: WorkRecords, known: KnownRows,
                 writes: Writes) -> None:
        self._connection, self._blocks, self._records, self._known, self._writes = (
            connection, blocks, records, known, writes)
        self.before: list[tuple[BeforeCommit, Any]] = []
        """What is done as the last thing of the transaction."""
        self.after: list[Callable[[], object]] = []
        """What is run once others may write."""
        self._due: list[Callable[[], object]] = []

    def commit(self, work: "UnitOfWork") -> None:
        """Commit everything. Raises what the database refuses, as an ApiError."""
        self._writes.settle()
        if self.before or not self._writes.commit_at_once():
            self._writes.flush()
            with self._blocks.saving():
                self._finish(work)
                self._connection.commit(self._known.opened_session)
        self._connection.let_others_write()
        self._records.invalidate()
        self._due, self.after = self.after, []

    def _finish(self, work: "UnitOfWork") -> None:
        """Write the outbox, then what goes before the commit."""
        self._records.write(self._connection)
        is_noted = self._records.tell_audit(work)
        told = self._records.count()
        if self._act(work) or is_noted:
            self._writes.flush()
        if self._records.count() > told:
            raise RuntimeError("what runs before the commit changed a data object, whose event would be lost")

    def _act(self, work: "UnitOfWork") -> bool:
        """Do each action once, with all that was given to it; returns whether there was one."""
        given: dict[BeforeCommit, list[Any]] = {}
        for action, item in self.before:
            given.setdefault(action, []).append(item)
        for action, items in given.items():
            action(work, items)
        return bool(given)

    def run_after(self) -> None:
        """Run what was left for after the commit, if there was one."""
        for action in self._due:
            action()

    def savepoint(self) -> Callable[[], None]:
        """Return what brings back the state of now."""
        before, after = len(self.before), len(self.after)

        def take_back() -> None:
            del self.before[before:], self.after[after:]

        return take_back
