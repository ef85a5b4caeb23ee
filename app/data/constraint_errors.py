"""What a unique index's refusal means to the client: the model that owns the index says it (`__duplicates__`)."""
import re

from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError

from app.data.columns import camel_case
from app.data.entity import Base, Entity
from app.errors import ApiError, DuplicateRecord, RuleViolated

_SQLITE_COLUMNS = re.compile(r"UNIQUE constraint failed: (.+)")
_SQLITE_INDEX = re.compile(r"UNIQUE constraint failed: index '(.+)'")


def refusal_of(error: IntegrityError) -> ApiError:
    """Return the 400 that names the broken rule."""
    index, columns = _broken_index(error)
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if issubclass(model, Entity) and index in model.__duplicates__:
            return DuplicateRecord(*model.__duplicates__[index])
    names = ", ".join(camel_case(column) for column in columns) or "value"
    if "UNIQUE" in str(error.orig).upper():
        return DuplicateRecord("DuplicateRecord", f"a record with this {names} already exists")
    return RuleViolated("IntegrityError", f"the record breaks a rule of the database ({index or names})")


def _broken_index(error: IntegrityError) -> tuple[str | None, list[str]]:
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name, _columns_of(diagnosis.constraint_name)
    message = str(error.orig)
    by_name = _SQLITE_INDEX.search(message)
    if by_name:
        return by_name[1], _columns_of(by_name[1])
    by_columns = _SQLITE_COLUMNS.search(message)
    if not by_columns:
        return None, []
    qualified = [part.strip() for part in by_columns[1].split(",")]
    table, columns = qualified[0].split(".")[0], [part.split(".")[-1] for part in qualified]
    return _index_on(Base.metadata.tables.get(table), columns), columns


def _index_on(table: Table | None, columns: list[str]) -> str | None:
    if table is None:
        return None
    unique = [index for index in table.indexes if index.unique]
    return next((str(i.name) for i in unique if {c.name for c in i.columns} == set(columns)), None)


def _columns_of(index_name: str | None) -> list[str]:
    for table in Base.metadata.tables.values():
        for index in table.indexes:
            if index.name == index_name:
                return [column.name for column in index.columns]
    return []
