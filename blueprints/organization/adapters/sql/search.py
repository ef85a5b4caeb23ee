"""A search as SQL. The two databases compare JSON differently; here alone."""
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, false, func, or_, select, true, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from app.folding import Ways
from blueprints.organization.domain.search import Filter, Order, Search


def conditions(records: FromClause, search: Search, dialect: str) -> list[ColumnElement[bool]]:
    """Return what a living record must satisfy to be found."""
    wanted: list[ColumnElement[bool]] = [records.c.isActive == true()]
    wanted += [_matches(records, wish, dialect) for wish in search.filters]
    if search.words is not None:
        wanted += [_holds(records, ways) for ways in search.words] or [false()]
    if search.updated_since is not None:
        wanted.append(records.c.updatedAt >= search.updated_since)
    return wanted


def page_of(statement: Select[Any], records: FromClause, search: Search, dialect: str) -> Select[Any]:
    """Return `statement` ordered and cut to the page; the id decides between equals, missing values come last."""
    keys = [_order_key(records, order, dialect) for order in search.orders]
    return (statement.order_by(*keys, records.c.resourceId)
            .limit(search.page_size).offset((search.page - 1) * search.page_size))


def count_of(records: FromClause, wanted: list[ColumnElement[bool]]) -> Select[Any]:
    """Return the statement that counts all that match."""
    return select(func.count()).select_from(records).where(*wanted)


def _holds(records: FromClause, ways: Ways) -> ColumnElement[bool]:
    """Each word of one of the ways must begin a stored one."""
    return or_(*(and_(*(records.c.searchText.contains(f" {word}", autoescape=True) for word in way)) for way in ways))


def _matches(records: FromClause, wish: Filter, dialect: str) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return type_coerce(records.c.document, JSONB).contains(_nested(wish))
    if wish.comparison == "contains":
        each = func.json_each(records.c.document, _json_path(wish.path)).table_valued("value")
        return select(1).select_from(each).where(each.c.value == wish.value).exists()
    return func.json_extract(records.c.document, _json_path(wish.path)) == wish.value


def _nested(wish: Filter) -> dict[str, Any]:
    *outer, last = wish.path
    nested: dict[str, Any] = {last: [wish.value] if wish.comparison == "contains" else wish.value}
    for name in reversed(outer):
        nested = {name: nested}
    return nested


def _json_path(path: tuple[str, ...]) -> str:
    return "$" + "".join(f'."{name}"' for name in path)


def _order_key(records: FromClause, order: Order, dialect: str) -> ColumnElement[Any]:
    column: ColumnElement[Any]
    if order.system:
        column = records.c[order.name]
    elif dialect == "postgresql":
        column = records.c.document[order.name]
    else:
        column = func.json_extract(records.c.document, _json_path((order.name,)))
    return (column.desc() if order.descending else column.asc()).nulls_last()
