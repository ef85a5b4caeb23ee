"""Conditions on large sets of ids: the set is one parameter, so that the statement is the same whatever is in it."""
from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    SelectBase,
    String,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    not_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

EACH_OF = {"sqlite": "SELECT value FROM json_each({})",
           "postgresql": "SELECT json_array_elements_text(CAST({} AS JSON))"}


class _Each(FunctionElement[str]):
    """The ids of a JSON array as rows."""

    type = String()
    inherit_cache = True


@compiles(_Each)
def _rows_of(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"({EACH_OF[compiler.dialect.name].format(compiler.process(element.clauses, **options))})"


class _OneByOne(FunctionElement[Any]):
    """Whether the first argument is among the rows of the second, a query. It has no type: SQLite would get `… = 1`."""

    inherit_cache = True


@compiles(_OneByOne)
def _in_rows(element: _OneByOne, compiler: SQLCompiler, **options: Any) -> str:
    column, rows = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY (ARRAY {rows})" if compiler.dialect.name == "postgresql" else f"{column} IN {rows}"


def is_in_rows(column: Any, query: SelectBase) -> ColumnElement[bool]:
    """Return the condition that an indexed column is in the rows of a query, each of which is looked up in the index.

    By its statistics PostgreSQL would join some thousand rows with all of the table."""
    return _OneByOne(column, query.scalar_subquery())


def not_among(column: Any, ids: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that the column holds none of these ids: a set that grows costs no bigger statement.

    NULL is not among them, and not told so: ask for it apart (`column.is_(None)`)."""
    return column.op("NOT IN", is_comparison=True)(_each(ids))


def among(column: Any, ids: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that the column holds one of these ids."""
    return column.op("IN", is_comparison=True)(_each(ids))


def lost(ids: Iterable[str], column: Any, condition: ColumnElement[bool], dialect: str) -> Select[tuple[str]]:
    """Return the query of those of the ids, which a unique column holds, whose rows do not fulfil a condition, or are
    not there: where nearly all do, thousands are asked about, and next to nothing has to be read."""
    rows = func.json_array_elements_text if dialect == "postgresql" else func.json_each
    each = rows(_as_json(ids, dialect)).table_valued("value", joins_implicitly=True)
    kept: Select[Any] = select(literal_column("1")).where(column == each.c.value, condition).correlate(each)
    return select(each.c.value).where(not_(kept.exists()))


def among_given(column: Any, name: str) -> ColumnElement[bool]:
    """Return the same for a statement that is built once: the parameter `name` gives the ids, as a JSON array."""
    return column.op("IN", is_comparison=True)(_Each(bindparam(name, type_=String)))


def not_among_given(column: Any, name: str) -> ColumnElement[bool]:
    """Return the opposite for such a statement; NULL is not told so, as of `not_among`."""
    return column.op("NOT IN", is_comparison=True)(_Each(bindparam(name, type_=String)))


def _each(ids: Iterable[str]) -> _Each:
    return _Each(_as_json(ids))


def _as_json(ids: Iterable[str], dialect: str = "") -> ColumnElement[Any]:
    written = literal(orjson.dumps(sorted(ids)).decode())
    return cast(written, JSON(none_as_null=True)) if dialect == "postgresql" else written
