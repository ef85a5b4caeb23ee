"""Conditions on large sets of ids: the set is one parameter, so that the statement is the same whatever is in it."""
from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import ColumnElement, String, literal
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


def not_among(column: Any, ids: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that the column holds none of these ids: a set that grows costs no bigger statement.

    NULL is not among them, and not told so: ask for it apart (`column.is_(None)`)."""
    return column.op("NOT IN", is_comparison=True)(_each(ids))


def among(column: Any, ids: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that the column holds one of these ids."""
    return column.op("IN", is_comparison=True)(_each(ids))


def _each(ids: Iterable[str]) -> _Each:
    return _Each(literal(orjson.dumps(sorted(ids)).decode()))
