"""Indexes of orders that people ask for: texts by code points, values that no column has."""
from typing import Any

from sqlalchemy import ColumnElement, Index, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_AS_DECLARED = "as_declared"


class _InCodePoints(FunctionElement[str]):
    """A text as SQLite compares it by itself, and PostgreSQL by the collation "C"."""

    type = String()
    inherit_cache = True


@compiles(_InCodePoints)
def _in_code_points(element: _InCodePoints, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return f'{column} COLLATE "C"' if compiler.dialect.name == "postgresql" else column


class _WorkedOut(FunctionElement[Any]):
    """An expression as an index has it: in brackets."""

    inherit_cache = True


@compiles(_WorkedOut)
def _in_brackets(element: _WorkedOut, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


def in_code_points(column: Any) -> ColumnElement[str]:
    """Return a text in the order of its code points, the same on both databases."""
    return _InCodePoints(column)


def worked_out(expression: Any) -> ColumnElement[Any]:
    """Return an expression as a term of an index."""
    return _WorkedOut(expression)


def order_index(name: str, *terms: Any) -> Index:
    """Return the index of an order whose terms are more than columns."""
    return Index(name, *terms, info={_AS_DECLARED: True})


def is_compared(item: Any, _name: str | None, _kind: str, _is_reflected: bool, compared_to: Any) -> bool:
    """Tell Alembic whether to compare a thing of the models with that of the database: each writes such terms in a way
    of its own. Whether an index is there is looked at all the same."""
    return compared_to is None or not item.info.get(_AS_DECLARED)
