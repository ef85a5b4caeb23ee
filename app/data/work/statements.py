"""The statements of a unit of work: each behind what is settled, in the order of locks, and by the driver where it can.

What is always the same goes by the driver's own cursor; the rest is the ORM's (docs/decisions/124)."""
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, Executable, Integer, Select, String, bindparam, select
from sqlalchemy.sql.visitors import iterate

from app.data.entity import Base, Entity
from app.data.reads.prepared import fetch_prepared_within
from app.data.work.blocks import Blocks
from app.data.work.connection import WorkConnection
from app.data.work.known_rows import KnownRows
from app.data.work.locks import Locks
from app.data.work.writes import Writes

E = TypeVar("E", bound=Entity)
B = TypeVar("B", bound=Base)
T = TypeVar("T")
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Statements:
    """What one unit of work asks and tells the database, besides its own rows (writes.py)."""

    def __init__(self, connection: WorkConnection, blocks: Blocks, known: KnownRows, writes: Writes,
                 locks: Locks) -> None:
        self._connection, self._blocks, self._known, self._writes, self._locks = (
            connection, blocks, known, writes, locks)

    def run(self, statement: Executable, values: Values = None) -> Any:
        """Run a statement by the ORM, and return its result."""
        self._blocks.wrote = self._blocks.wrote or not statement.is_select
        return self._behind_settled(lambda: self._known.session.execute(statement, values))

    def by_id(self, model: type[E], object_id: str) -> E | None:
        """Return the active row, as it is if it is known."""
        return self._one(model, _by_id(model), object_id, anew=False)

    def locked(self, model: type[E], object_id: str) -> E | None:
        """Return the row, active or not, locked from now on. Raises LockOrderError."""
        self._locks.prepare(model)
        entity = self._one(model, _to_lock(model), object_id, anew=True)
        if entity is not None:
            self._locks.hold(entity)
        return entity

    def all(self, query: Select[B], values: Mapping[str, Any] | None, *, lock: bool) -> list[B]:
        """Return the entities of the query, locked if it is said. Raises LockOrderError."""
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        self._locks.check(query)
        model = None if values is None or lock else _entity_of(query)
        if model is not None and self._are_read_by_driver():
            return cast(list[B], self._load(model, query, values or {}))
        found = list(self.run(query, values).scalars())
        for row in found if lock else ():
            if isinstance(row, Entity):
                self._locks.hold(row)
        return found

    def raw_rows(self, query: Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Return the driver's own rows of a query that is built once for the life of the process."""
        self._locks.check(query)
        return self._behind_settled(lambda: fetch_prepared_within(self._connection.get(), query, values))

    def _one(self, model: type[E], query: Select[E], object_id: str, *, anew: bool) -> E | None:
        values = {"id_": object_id}
        if self._are_read_by_driver():
            return next(iter(self._load(model, query, values, anew=anew)), None)
        return cast(E | None, self.run(query, values).scalar_one_or_none())

    def _are_read_by_driver(self) -> bool:
        return not self._writes.settled and self._known.are_read_by_driver()

    def _load(self, model: type[E], query: Select[Any], values: Mapping[str, Any], *, anew: bool = False) -> list[E]:
        return self._behind_settled(lambda: self._known.load(model, query, values, anew=anew))

    def _behind_settled(self, run: Callable[[], T]) -> T:
        if self._writes.settled:
            self._writes.flush()
        return self._blocks.watched(run)


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
