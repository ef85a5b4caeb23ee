"""Which rows a unit of work has locked, and in what order it did (app/data/lock_order.py)."""
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import Executable, Select

from app.data.changes import former_values
from app.data.entity import Base, Entity
from app.data.expected_version import named_version
from app.data.lock_order import check_order
from app.data.work.known_rows import KnownRows
from app.data.work.writes import Writes

E = TypeVar("E", bound=Entity)


class Locks:
    """The locks of one unit of work."""

    def __init__(self, known: KnownRows, writes: Writes) -> None:
        self._known, self._writes = known, writes
        self._last_locked: type[Base] | None = None
        self._held: dict[tuple[type[Entity], str], Entity] = {}

    def held(self, model: type[E], object_id: str) -> E | None:
        """Return the row if it is locked here."""
        return cast(E | None, self._held.get((model, object_id)))

    def check(self, statement: Executable) -> None:
        """Refuse a `SELECT … FOR UPDATE` against the order of locks. Raises LockOrderError."""
        if isinstance(statement, Select) and statement._for_update_arg is not None:
            for model in _models_of(statement):
                self.prepare(model)

    def prepare(self, model: type[Base]) -> None:
        """Refuse a lock against the order, and save what was changed: a locked row is read anew, over its changes."""
        check_order(self._last_locked, model)
        self._last_locked = model
        if any(isinstance(row, model) and former_values(row) for row in self._known.changed()):
            self._writes.flush()

    def hold(self, entity: Entity) -> None:
        """Note that the row is locked, and compare its version with the one If-Match named."""
        self._held[type(entity), entity.id] = entity
        expectation = named_version.get()
        if expectation is not None and expectation.at_lock:
            expectation.check(entity)

    def savepoint(self) -> Callable[[], None]:
        """Return what brings back the state of now, with it whether If-Match was met: a rollback gives back locks."""
        held, last_locked = dict(self._held), self._last_locked
        expectation = named_version.get()
        met = expectation is not None and expectation.met

        def take_back() -> None:
            self._held, self._last_locked = held, last_locked
            if expectation is not None:
                expectation.met = met

        return take_back


@lru_cache(maxsize=256)  # to describe a query costs as much as to run it
def _models_of(query: Select[Any]) -> tuple[type[Base], ...]:
    return tuple({description["entity"]: None for description in query.column_descriptions})
