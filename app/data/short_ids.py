"""Objects named by a part of their id: a unique beginning, or the last eight digits that tables show (M-29).

UUIDv7s of one minute share their first eight digits, so a table shows the last ones."""
from typing import Any, cast

from sqlalchemy import ColumnElement, Index, Table, func, literal_column, select

from app.data.entity import Entity
from app.data.ids import MOST_FOUND, SHORT_ID_DIGITS, digits_of, ids_begun
from app.data.reads import fetch

MOST_LOOKED_THROUGH = 10_000
"""How many of the latest rows of a table without a short_id_index are looked through for the last digits of an id."""


def short_id_index(model: type[Entity]) -> Index:
    """Return the index by which a row of the model is found by its last digits; it costs one entry a new row."""
    return Index(_index_name(model), last_digits(model.id))


def ids_named(model: type[Entity], text: str, *where: ColumnElement[bool]) -> list[str]:
    """Return the ids, of archived rows too, that begin with the text or end with it: both are ranges of an index.

    A beginning has at least four digits, an end has eight; anything else names nothing. At most MOST_FOUND begin so. Of
    a model without a short_id_index the end is looked for among the latest MOST_LOOKED_THROUGH: in no whole table.
    `where` says of which rows alone."""
    digits = digits_of(text)
    ids = ids_begun(text)
    if ids is None:
        return []
    found = [row.id for row in fetch(select(model.id).where(*where, model.id.between(*ids)).order_by(model.id)
                                     .limit(MOST_FOUND))]
    if len(digits) == SHORT_ID_DIGITS:
        column: Any = model.id
        conditions = where
        if not _is_indexed(model):
            column = select(model.id).where(*where).order_by(model.id.desc()).limit(
                MOST_LOOKED_THROUGH).subquery("latest").c.id
            conditions = ()
        found += [row.id for row in fetch(select(column).where(*conditions, last_digits(column) == digits))]
    return list(dict.fromkeys(found))


def _index_name(model: type[Entity]) -> str:
    return f"ix_{model.__tablename__}_short_id"


def _is_indexed(model: type[Entity]) -> bool:
    return any(index.name == _index_name(model) for index in cast(Table, model.__table__).indexes)


def last_digits(column: Any) -> ColumnElement[str]:
    """Return the digits of an id by which a table shows it; an index of this very expression finds it."""
    # The number stands in the statement itself: with a parameter in its place the index is not used.
    return func.substr(column, literal_column(str(36 - SHORT_ID_DIGITS + 1)))
