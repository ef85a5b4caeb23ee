"""The verbs of queries: rows as the wire wants them, in a number of statements that does not depend on their number.

A query never writes and never builds entities; what it returns is turned into JSON by app/http."""
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Row,
    Select,
    Table,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.sql.selectable import AliasedReturnsRows
from sqlalchemy.sql.visitors import iterate

from app.data.connections import reading, transaction
from app.data.entity import Base, Entity
from app.data.held import STRANGER, Viewer, can_be_held, is_free, is_shown_to_owner
from app.data.holdings import holdings
from app.data.reads.keyset import RowOrder, row_order
from app.data.reads.prepared import among, fetch_prepared, fetch_raw, is_among
from app.data.reads.totals import Outdated
from app.data.serialization import Wire, row_serializer
from app.data.version_keys import version_key
from app.errors import NotFound


@dataclass(frozen=True, slots=True)
class Page:
    """The asked page: number from 1 (0 = everything up to the limit) and rows per page.

    With `after`, the cursor of a former answer, it begins behind that answer's last row and the number is 1."""

    number: int = 1
    size: int = 25
    limit: int = 1000
    after: str | None = None

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
    """One page of wire rows, the number of rows in all pages, and the cursor of the next page, None at the end.

    `outdated` says since when and until when the total stands, where a write may have changed it since. `extras` are
    root keys of the answer beside the rows. `rest` reads the whole list on in batches, for orders in which a cursor
    cannot: what it yields, one by one and each outside of any request, is every row that is not among `rows`. What is
    not `remembered` is made anew for each caller, where the list's answers are."""

    rows: list[Wire]
    total: int
    page: Page
    next: str | None = None
    outdated: Outdated | None = None
    extras: dict[str, Any] = field(default_factory=dict)
    rest: Callable[[], Iterator[list[Wire]]] | None = None
    remembered: bool = True


def fetch(query: Select[*tuple[Any, ...]], values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
    """Return the rows of a query; `values` are the parameters of one that is built once and asked often."""
    with reading() as connection:
        return connection.execute(query, values).all()


def fetch_one(query: Select[*tuple[Any, ...]]) -> Row[Any] | None:
    """Return the first row of a query or None."""
    with reading() as connection:
        return connection.execute(query.limit(1)).first()


def get_row(model: type[Entity], object_id: str, *where: ColumnElement[bool], viewer: Viewer = STRANGER) -> Wire:
    """Return the wire row of the active object with that id, as `viewer` may see it; raises NotFound.

    What is held says so, to whoever sees it all the same: `held` is HIDDEN or REMOVED (app/data/held.py)."""
    with reading() as connection:
        found = _raw_rows(connection, _by_id(model), where, {"id_": object_id})
        rows = wire_rows(model, found, connection.dialect.name, viewer)
    if not rows:
        raise NotFound
    return rows[0]


def find_any_row(model: type[Entity], object_id: str) -> Wire | None:
    """Return the wire row with that id, archived and held ones too, as plain JSON; None where there is none.

    `held` says how it is held. For moderation: whoever shows it to others asks get_row."""
    shape = row_serializer(model)
    with reading() as connection:
        found = fetch_raw(connection, select(*row_columns(model)).where(model.__table__.c.id == object_id), {})
        make = shape.raw_rows[connection.dialect.name]
    if not found:
        return None
    row: Wire = orjson.loads(orjson.dumps(make(found[0])))
    return row | {"held": found[0][len(shape.fields)] if can_be_held(model) else None}


def rows_by_id(model: type[Entity], ids: Iterable[str | None], *where: ColumnElement[bool],
               viewer: Viewer = STRANGER) -> dict[str, Wire]:
    """Return id → wire row of the active objects among `ids` that `viewer` may see, in one statement."""
    wanted = {object_id for object_id in ids if object_id}
    if not wanted:
        return {}
    with reading() as connection:
        found = fetch_raw(connection, _by_ids(model).where(*where), {"ids": list(wanted)})
        return {row["id"]: row for row in wire_rows(model, found, connection.dialect.name, viewer)}


def rows_by_id_given(model: type[Entity], ids: Iterable[str | None], where: Callable[[], ColumnElement[bool]],
                     given: Mapping[str, Any], viewer: Viewer = STRANGER) -> dict[str, Wire]:
    """Return the same by a condition that is built once for the life of the process: `where`, a function of a module,
    makes it, and `given` are its parameters."""
    wanted = {object_id for object_id in ids if object_id}
    if not wanted:
        return {}
    values = among(wanted)
    with reading() as connection:
        found = fetch_prepared(connection, _by_ids_where(model, where, len(values)), {**given, **values})
        return {row["id"]: row for row in wire_rows(model, found, connection.dialect.name, viewer)}


def row_columns(model: type[Entity]) -> tuple[ColumnElement[Any], ...]:
    """Return the columns that `wire_rows` reads: those that are shown and, of a model that can be held, `held`."""
    return (*row_serializer(model).columns, *((model.__table__.c.held,) if can_be_held(model) else ()))


def wire_rows(model: type[Entity], found: Sequence[Sequence[Any]], dialect: str, viewer: Viewer) -> list[Wire]:
    """Return the wire rows of those among raw ones of `row_columns` that the viewer sees; what is held says so."""
    shape = row_serializer(model)
    rows = list(map(shape.raw_rows[dialect], found))
    if not can_be_held(model):
        return rows
    place, seen = len(shape.fields), []
    for row, raw in zip(rows, found, strict=True):
        held = raw[place]
        if held is not None:
            if not viewer.sees(held, row["_owner"]):
                continue
            row["held"] = held
        seen.append(row)
    return seen


def list_rows(model: type[Entity], page: Page, *where: ColumnElement[bool], order: tuple[Any, ...] = (),
              either: Sequence[ColumnElement[bool]] = (), counted: Callable[[], int] | None = None,
              viewer: Viewer = STRANGER) -> Listing:
    """Return a page of the active rows that fulfil `where`, their total, and the cursor of the next page.

    `order` (default: oldest first) should be a constant of the module: the statement is prepared once for it. Its
    terms are columns or `column.desc()`; the id decides among equals. `counted` tells the total where a counter of
    these rows is kept; without it they are counted. `either`: conditions of which a row fulfils one, never two, each
    with an index in the order: the page is merged from those, and nothing sorts all rows, as it would with `or_`.
    Raises InvalidInput for a wrong `page.after`."""
    shows_held = can_be_held(model) and viewer != STRANGER
    if shows_held and not viewer.is_staff:
        where = (*where, is_shown_to_owner(model, viewer.user_id))
    listed = _listed(model, order, shows_held)
    begins = {} if page.after is None else listed.order.values(page.after)
    query = listed.query if page.after is None else _listed_behind(model, order, shows_held, tuple(
        value is None for value in begins.values()))
    with reading() as connection:
        # One more than asked: it tells whether this is the end.
        values = {"rows": page.rows + 1, "skip": page.offset, **begins}
        found = (_merged_rows(connection, listed, [query.where(*where, one) for one in either], values) if either
                 else _raw_rows(connection, query, where, values))
        shown, more = found[:page.rows], len(found) > page.rows
        rows = wire_rows(model, shown, connection.dialect.name, viewer)
        if not more and page.after is None and (rows or not page.offset):
            return Listing(rows, page.offset + len(rows), page)
        if can_be_held(model) and not shows_held:
            where = (*where, is_free(model))
        total, outdated = (counted(), None) if counted else _total(
            connection, model, [(*where, one) for one in either] or [where])
    following = listed.order.cursor([shown[-1][place] for place in listed.places]) if more else None
    return Listing(rows, total, page, following, outdated)


@dataclass(frozen=True, slots=True)
class _Listed:
    """The prepared list of a model in one order, and where in its tuples the values of the order stand."""

    query: Select[Any]
    order: RowOrder
    places: tuple[int, ...]


@cache
def _by_id(model: type[Entity]) -> Select[Any]:
    return _active(model).where(model.__table__.c.id == bindparam("id_"))


@cache
def _by_ids(model: type[Entity]) -> Select[Any]:
    return _active(model, by_id=True).where(model.__table__.c.id.in_(bindparam("ids", expanding=True)))


@cache
def _by_ids_where(model: type[Entity], where: Callable[[], ColumnElement[bool]], count: int) -> Select[Any]:
    return _active(model, by_id=True).where(is_among(model.__table__.c.id, count), where())


def list_query(query: Select[*tuple[Any, ...]], order: RowOrder, page: Page, wire: Callable[[Row[Any]], Wire], *,
               counted: Callable[[], int] | None = None) -> Listing:
    """Return a page of whatever a query selects, for lists that are not the active rows of one model.

    The order is unique and its columns are among those selected; `wire` makes the wire row. `counted` tells the total
    where a counter is kept; without it all rows are counted."""
    total = counted() if counted else fetch(select(func.count()).select_from(query.subquery()))[0][0]
    if page.after is not None:
        query = query.where(order.behind(order.values(page.after)))
    found = fetch(query.order_by(*order.clauses).limit(page.rows + 1).offset(page.offset))
    rows = found[:page.rows]
    following = None
    if len(found) > page.rows:
        following = order.cursor([getattr(rows[-1], str(key.column.key)) for key in order.keys])
    return Listing([wire(row) for row in rows], total, page, following)


@lru_cache(maxsize=512)
def _listed(model: type[Entity], order: tuple[Any, ...], shows_held: bool) -> _Listed:
    by = _unique_order(model, order)
    query = _active(model)
    shown = [field.attribute for field in row_serializer(model).fields] + ["held"] * can_be_held(model)
    unseen = [key.column for key in by.keys if key.column.key not in shown]
    names = [*shown, *(column.key for column in unseen)]
    if can_be_held(model) and not shows_held:
        query = query.where(is_free(model))
    query = (query.add_columns(*unseen).order_by(*by.clauses)
             .limit(bindparam("rows", type_=Integer)).offset(bindparam("skip", type_=BigInteger)))
    return _Listed(query, by, tuple(names.index(key.column.key) for key in by.keys))


@lru_cache(maxsize=512)
def _listed_behind(model: type[Entity], order: tuple[Any, ...], shows_held: bool,
                   nulls: tuple[bool, ...]) -> Select[Any]:
    """Prepare the same behind a row that is NULL in these places of the order; its values are given each time."""
    listed = _listed(model, order, shows_held)
    values = {name: None if null else "" for name, null in zip(listed.order.parameters, nulls, strict=True)}
    return listed.query.where(listed.order.behind(values))


def _unique_order(model: type[Entity], terms: tuple[Any, ...]) -> RowOrder:
    """Return the order by these terms, by the id at last and in the direction of the last term."""
    columns = model.__table__.c
    by = row_order(*(terms or (columns.id,)))
    if any(key.column.key == "id" for key in by.keys):
        return by
    return row_order(*terms, columns.id.desc() if by.keys[-1].descending else columns.id)


def _active(model: type[Entity], *, by_id: bool = False) -> Select[Any]:
    """Return the query of all active rows, held ones too: of a model that can be held, `held` is behind its fields.

    `by_id`: said so that no index that begins with isActive is taken for the condition. SQLite, which knows nothing of
    the rows, would rather walk all active ones than look ten ids up."""
    active = model.__table__.c.is_active
    return select(*row_columns(model)).where(active.is_not(False) if by_id else active.is_(True))


def _raw_rows(connection: Connection, query: Select[Any], where: Sequence[ColumnElement[bool]],
              values: dict[str, Any]) -> Sequence[Sequence[Any]]:
    """Run one of the prepared queries, narrowed by `where`, and return the driver's own tuples."""
    if where:
        return fetch_raw(connection, query.where(*where), values)
    return fetch_prepared(connection, query, values)


def _merged_rows(connection: Connection, listed: _Listed, parts: Sequence[Select[Any]],
                 values: dict[str, Any]) -> Sequence[Sequence[Any]]:
    """Read each part in the order, no further than to the end of the page, and return the page of all of them."""
    reach = bindparam("reach", type_=BigInteger)
    read = [select(part.limit(reach).offset(None).subquery()) for part in parts]
    rows = union_all(*read).subquery()
    columns = list(rows.c)
    order = [replace(key, column=columns[place]).clause
             for key, place in zip(listed.order.keys, listed.places, strict=True)]
    page = select(rows).order_by(*order).limit(bindparam("rows", type_=Integer)).offset(
        bindparam("skip", type_=BigInteger))
    return fetch_raw(connection, page, values | {"reach": values["rows"] + values["skip"]})


def _total(connection: Connection, model: type[Entity],
           parts: Sequence[tuple[ColumnElement[bool], ...]]) -> tuple[int, Outdated | None]:
    """Count the rows of all parts, unless the process remembers a total that may be served (totals.py)."""
    def count_part(where: tuple[ColumnElement[bool], ...], limit: int | None) -> int:
        counted: Select[Any] = select(func.count()).select_from(model).where(model.is_active.is_(True), *where)
        if limit is not None:
            some: Select[Any] = counted.with_only_columns(literal_column("1")).limit(limit)
            counted = select(func.count()).select_from(some.subquery())
        return int(connection.execute(counted).scalar_one())

    def count(limit: int | None) -> int:
        return sum(count_part(where, limit) for where in parts)

    if transaction.get() is not None:
        return count(None), None  # what is not committed must not be remembered
    conditions = [condition for where in parts for condition in where]
    keys = [key_of(condition) for condition in conditions]
    behind, is_certain = _versions_behind(_Conditions(tuple(structure for structure, *_ in keys), tuple(conditions)))
    key = (model, tuple(map(len, parts)), *keys)
    return holdings().totals.get(key, (version_key(model), *behind), count, is_certain=is_certain)


@dataclass(frozen=True, slots=True)
class _Conditions:
    """Conditions of one structure, which decides what tables they ask of."""

    structure: tuple[Any, ...]
    asked: tuple[ColumnElement[bool], ...] = field(compare=False)


@lru_cache(maxsize=512)
def _versions_behind(conditions: _Conditions) -> tuple[tuple[str, ...], bool]:
    """Return the version keys that tell of a change of any table that conditions ask of, and whether all have one."""
    return versions_of_tables(conditions.asked)


def versions_of_tables(conditions: Iterable[ColumnElement[bool]]) -> tuple[tuple[str, ...], bool]:
    """Return the same of conditions of any structure, each time anew: that takes a millisecond."""
    tables = {table for condition in conditions for part in iterate(condition)
              if (table := _table_of(part)) is not None}
    known = _versions()
    return tuple(sorted({key for table in tables for key in known.get(table, ())})), tables <= known.keys()


def _table_of(part: Any) -> Table | None:
    found = part if isinstance(part, FromClause) else getattr(part, "table", None)
    while isinstance(found, AliasedReturnsRows):
        found = found.element
    return found if isinstance(found, Table) else None


@cache
def _versions() -> dict[Table, tuple[str, ...]]:
    """Return the version keys that tell of changes, by table: of a data object its own, of others what they name."""
    found = {}
    for mapper in Base.registry.mappers:
        with_it = ((version_key(mapper.class_),) if hasattr(mapper.class_, "__object__")
                   else mapper.class_.__changed_with__)
        if with_it and isinstance(mapper.local_table, Table):
            found[mapper.local_table] = with_it
    return found


def key_of(condition: ColumnElement[bool]) -> tuple[Any, ...]:
    """Return what two equal conditions have in common: structure and values."""
    made = condition._generate_cache_key()
    if made is None:
        return (object(),)
    return (made.key, tuple(repr(parameter.effective_value) for parameter in made.bindparams))
