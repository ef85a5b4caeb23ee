"""Columns that hold the searched form of another column, because LOWER knows ASCII only on SQLite, and no accents.

The model keeps them: they are set with the attribute whose form they hold."""
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, event, false

from app.folding import compact, compact_all


def searched_form(value: Any) -> str | None:
    """Return the compact form of a text, or of all texts and numbers inside a JSON value; None of None."""
    return None if value is None else compact_all(_texts(value))


def keep_folded(model: type[Any]) -> None:
    """Let every row of a mapped model set its folded columns with the attributes they are made from."""
    for column in model.__table__.columns:
        if of := column.info.get("folds"):
            event.listen(getattr(model, of), "set", _setter_of(column.key))


def with_folded(model: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by attribute, with those of the folded columns made from them: for a statement that sets them."""
    folded = {column.key: searched_form(values[of]) for column in model.__table__.columns
              if (of := column.info.get("folds")) in values}
    return {**values, **folded}


def folded_column(column: Any) -> Any:
    """Return the folded column of a column; raises LookupError when its model has none."""
    of_it = [key for key, other in column.class_.__table__.columns.items() if other.info.get("folds") == column.key]
    if not of_it:
        raise LookupError(f"{column} has no folded column to be searched in: app/data/columns.py, folded()")
    return getattr(column.class_, of_it[0])


def has_part(column: Any, text: str) -> ColumnElement[bool]:
    """Return the condition that a folded column holds this text anywhere; nothing but signs is nowhere."""
    wanted = compact(text)
    return column.contains(wanted, autoescape=True) if wanted else false()


def _setter_of(name: str) -> Any:
    def set_folded(row: Any, value: Any, _former: Any, _initiator: Any) -> None:
        setattr(row, name, searched_form(value))
    return set_folded


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
