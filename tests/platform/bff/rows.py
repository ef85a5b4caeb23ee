"""Rows of any data object, written straight into its table: what commands would never let stand beside each other."""
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import insert

from app.data.connections import writing_engine
from app.data.entity import Entity
from app.data.folded import searched_form
from app.data.ids import uuid7
from app.data.version_keys import version_key
from app.runtime import runtime

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_USUAL: dict[str, Any] = {
    "string": "text", "text": "text", "link": "https://cdn.example/p.png", "integer": 1, "number": 1.5, "money": 100,
    "boolean": False, "object": {}, "objects": [], "ids": [], "texts": [], "links": [], "instant": LONG_AGO}


def row_of(model: type[Entity], **given: Any) -> dict[str, Any]:
    """Return the values of one row by attribute: those given, and something for whatever else must be there."""
    values: dict[str, Any] = {"id": uuid7(), "is_active": True, "record_version": 1, "created_at": LONG_AGO,
                              "updated_at": LONG_AGO, "owner": None}
    for column in model.__table__.columns:
        info = column.info
        if column.key in values or column.key in given:
            continue
        kind = info.get("kind", "string")
        if column.nullable:
            values[column.key] = None
        elif kind == "choice":
            values[column.key] = info["options"][0]
        elif kind == "id" or column.key.endswith(("_key", "_number")):  # what is unique among rows is made of them
            values[column.key] = uuid7()
        elif column.key == "currency" or column.key.endswith("_currency"):
            values[column.key] = "USD"
        else:
            values[column.key] = _USUAL[kind]
    values |= given
    # As commands keep it beside what it is the form of.
    return values | {column.key: searched_form(values[of]) for column in model.__table__.columns
                     if (of := column.info.get("folds"))}


def keep(model: type[Entity], *rows: dict[str, Any]) -> list[str]:
    """Insert rows, in one transaction without events; returns their ids."""
    made = [row_of(model, **row) for row in rows]
    if made:
        with writing_engine().begin() as connection:
            connection.execute(insert(model.__table__), made)
    runtime().cache_versions.invalidate(version_key(model))
    return [row["id"] for row in made]


def minutes(number: int) -> datetime:
    """Return a moment so many minutes after the first."""
    return LONG_AGO + timedelta(minutes=number)


def ask(caller: Any, realm: str, index: str, *, verb: str = "list", filters: Any = None, **query: Any) -> Any:
    """Return the JSON of a list or count that must be answered."""
    path = f"/{realm}/bff-service/{index}/{verb}"
    options = {"query_string": {name: value for name, value in query.items() if value is not None}}
    answer = caller.get(path, **options) if filters is None else caller.post(path, json=filters, **options)
    assert answer.status_code == 200, (path, filters, query, answer.text)
    return orjson.loads(answer.data)


def ids(answer: Any) -> Sequence[str]:
    """Return the ids of the rows of an answer."""
    return [row["id"] for row in answer["items"]]
