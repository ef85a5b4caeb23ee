"""The rows of one person as an export shows them: read a part at a time, so that memory does not grow with them."""
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, false, or_, select
from sqlalchemy.orm import class_mapper

from app.data.columns import camel_case, iso
from app.data.entity import Entity, db
from app.data.held import can_be_held, is_shown_to_owner
from app.data.holdings import holdings
from app.data.money import to_wire
from app.data.person_rows import Exported, Person, PersonFile, PersonRows
from app.data.serialization import Wire, row_serializer

PART = 500
_OURS = ("owner", "record_version")


@contextmanager
def reading_in_parts() -> Iterator[Connection]:
    """Give a connection whose results come a part at a time, in a transaction: PostgreSQL wants one for that."""
    engine = holdings().engines.reads if db.engine.dialect.name == "sqlite" else db.engine
    with engine.connect() as connection, connection.begin():
        yield connection.execution_options(yield_per=PART)


def rows_of(connection: Connection, table: PersonRows, export: Exported,
            person: Person) -> Iterator[tuple[Wire, PersonFile | None]]:
    """Yield the person's rows of a table, with the names of the wire, and the file each stands for.

    What moderation has removed is not among them, nor what others have deleted."""
    if getattr(table.model, "__realm__", person.realm) != person.realm:
        return
    shown = _shown(table.model, export)
    for row in connection.execute(_query(table.model, export, person)):
        yield _wire(row, shown), export.file(row) if export.file else None


def _query(model: Any, export: Exported, person: Person) -> Select[Any]:
    own: ColumnElement[bool] = or_(false(), *(getattr(model, name) == person.id for name in export.own))
    where = [own if export.where is None else export.where(person)]
    if hasattr(model, "realm"):
        where.append(model.realm == person.realm)
    if issubclass(model, Entity):
        where.append(or_(model.is_active.is_(True), model.owner == person.id,
                         *([getattr(model, model.__owner__) == person.id] if model.__owner__ else [])))
    if can_be_held(model):
        where.append(is_shown_to_owner(model, person.id))
    return select(*model.__table__.columns).where(*where).order_by(*model.__table__.primary_key.columns)


def _shown(model: Any, export: Exported) -> list[tuple[str, str, str | None]]:
    """Return of each column that is shown: its attribute, its name on the wire, the attribute of its currency."""
    attributes = {one.key: one.columns[0] for one in class_mapper(model).column_attrs}
    names = {field.attribute: field.name for field in row_serializer(model).fields} if issubclass(model, Entity) else {}
    left_out = {*_OURS, *export.without}
    return [(name, names.get(name, camel_case(name)),
             column.info.get("currency") if column.info.get("kind") == "money" else None)
            for name, column in attributes.items() if name not in left_out and (
                name in export.also or not column.info.get("hidden"))]


def _wire(row: Row[Any], shown: list[tuple[str, str, str | None]]) -> Wire:
    values = row._mapping
    return {wire: _value(values[name], None if currency is None else values[currency] or "USD")
            for name, wire, currency in shown}


def _value(value: Any, currency: str | None) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return value if currency is None or value is None else to_wire(value, currency)
