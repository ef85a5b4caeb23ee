"""The verbs of queries: rows as the wire wants them, in a number of statements that does not depend on their number.

A query never writes and never builds entities; what it returns is turned into JSON by app/http."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, Row, Select, bindparam, func, select

from app.data.database import reading, transaction
from app.data.entity import Entity
from app.data.prepared import fetch_prepared, fetch_raw
from app.data.wire import Wire, wire_shape
from app.http.errors import NotFound
from app.runtime import runtime


@dataclass(frozen=True, slots=True)
class Page:
    """The asked page: number from 1 (0 = everything up to the limit) and rows per page."""

    number: int = 1
    size: int = 25
    limit: int = 1000

    @property
    def rows(self) -> int:
        """Return how many rows may come at most."""
        return self.limit if self.number == 0 else self.size

    @property
    def offset(self) -> int:
        """Return how many rows come before the page."""
        return max(0, self.number - 1) * self.size


@dataclass(slots=True)
class Listing:
    """One page of wire rows, the number of rows in all pages, and the filters that were applied."""

    rows: list[Wire]
    total: int
    page: Page
    filters: list[dict[str, Any]] = field(default_factory=list)


def fetch(query: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
    """Return the rows of a query."""
    with reading() as connection:
        return connection.execute(query).all()


def fetch_one(query: Select[*tuple[Any, ...]]) -> Row[Any] | None:
    """Return the first row of a query or None."""
    with reading() as connection:
        return connection.execute(query.limit(1)).first()


def get_row(model: type[Entity], object_id: str, *where: ColumnElement[bool]) -> Wire:
    """Return the wire row of the active object with that id; raises NotFound."""
    with reading() as connection:
        rows = _wire_rows(connection, model, _by_id(model), where, {"id_": object_id})
    if not rows:
        raise NotFound
    return rows[0]


def rows_by_id(model: type[Entity], ids: Iterable[str | None], *where: ColumnElement[bool]) -> dict[str, Wire]:
    """Return id → wire row of the active objects among `ids`, in one statement."""
    wanted = {object_id for object_id in ids if object_id}
    if not wanted:
        return {}
    shape = wire_shape(model)
    with reading() as connection:
        found = fetch_raw(connection, _by_ids(model).where(*where), {"ids": list(wanted)})
        make = shape.raw_rows[connection.dialect.name]
    return {row["id"]: row for row in map(make, found)}


def list_rows(model: type[Entity], page: Page, *where: ColumnElement[bool], order: tuple[Any, ...] = ()) -> Listing:
    """Return a page of the active rows that fulfil `where`, and their total.

    `order` (default: oldest first) should be a constant of the module: the statement is prepared once for it."""
    with reading() as connection:
        rows = _wire_rows(connection, model, _listed(model, order), where, {"rows": page.rows, "skip": page.offset})
        total = _total(connection, model, where, page, len(rows))
    return Listing(rows, total, page)


@cache
def _by_id(model: type[Entity]) -> Select[Any]:
    return _active(model).where(model.__table__.c.id == bindparam("id_"))


@cache
def _by_ids(model: type[Entity]) -> Select[Any]:
    return _active(model).where(model.__table__.c.id.in_(bindparam("ids", expanding=True)))


@lru_cache(maxsize=512)
def _listed(model: type[Entity], order: tuple[Any, ...]) -> Select[Any]:
    return (_active(model).order_by(*(order or (model.__table__.c.id,)))
            .limit(bindparam("rows", type_=Integer)).offset(bindparam("skip", type_=BigInteger)))


def _active(model: type[Entity]) -> Select[Any]:
    return select(*wire_shape(model).columns).where(model.__table__.c.is_active.is_(True))


def _wire_rows(connection: Connection, model: type[Entity], query: Select[Any], where: Sequence[ColumnElement[bool]],
               values: dict[str, Any]) -> list[Wire]:
    """Run one of the prepared queries, narrowed by `where`, and build wire rows from the driver's own tuples."""
    row = wire_shape(model).raw_rows[connection.dialect.name]
    if where:
        return [row(found) for found in fetch_raw(connection, query.where(*where), values)]
    return [row(found) for found in fetch_prepared(connection, query, values)]


def _total(connection: Connection, model: type[Entity], where: tuple[ColumnElement[bool], ...], page: Page,
           got: int) -> int:
    """Count only when the page itself does not tell (a short page is the last one) and no row changed since."""
    if 0 < got < page.rows or (got == 0 and page.offset == 0):
        return page.offset + got

    def count() -> int:
        query = select(func.count()).select_from(model).where(model.is_active.is_(True), *where)
        return int(connection.execute(query).scalar_one())

    if transaction.get() is not None:
        return count()  # what is not committed must not be remembered
    key = (model, *(_key_of(condition) for condition in where))
    return runtime().totals.get_or_make(key, (model,), count)


def _key_of(condition: ColumnElement[bool]) -> tuple[Any, ...]:
    """Return what two equal conditions have in common: structure and values."""
    made = condition._generate_cache_key()
    if made is None:
        return (object(),)
    return (made.key, tuple(repr(parameter.effective_value) for parameter in made.bindparams))
