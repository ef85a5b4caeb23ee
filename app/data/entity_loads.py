"""Data objects read without the ORM's session, which costs as much as everything else of a small transaction.

For queries that are built once for the life of the process."""
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast
from weakref import ref

from sqlalchemy import Connection, Dialect, Select, Table
from sqlalchemy.orm.attributes import instance_state, set_committed_value

from app.data.entity import Entity
from app.data.loaded_rows import take_as_loaded
from app.data.reads.prepared import fetch_prepared_within

E = TypeVar("E", bound=Entity)
_Readers = tuple[tuple[str, Callable[[Any], Any] | None], ...]


def load_entities(connection: Connection, model: type[E], query: Select[Any], values: Mapping[str, Any],
                  known: MutableMapping[tuple[type[Entity], str], Entity], *, anew: bool) -> list[E]:
    """Return the data objects that `query` selects of the model, each as a session would have loaded it.

    Those that are `known` by model and id stay the same objects: as they are, or read `anew` over their values. All
    that are found are known then."""
    readers = _readers(model, connection.dialect)
    found = []
    for row in fetch_prepared_within(connection, _with_columns(model, query), values):
        attributes = {name: value if read is None else read(value)
                      for (name, read), value in zip(readers, row, strict=True)}
        key = model, attributes["id"]
        entity = cast(E | None, _kept(known, key))
        if entity is None:
            entity = _made(model, attributes)
        elif anew:
            _renew(entity, attributes)
        known[key] = entity
        found.append(entity)
    return found


def _kept(known: MutableMapping[tuple[type[Entity], str], Entity], key: tuple[type[Entity], str]) -> Entity | None:
    """Return the object of a row that somebody still has, or has changed; any other is read anew, as by a session.

    So what a command reads behind a lock is not what it looked at, and let go, before it waited for the lock."""
    entity = known.get(key)
    if entity is None or instance_state(entity).modified:
        return entity
    del known[key]
    had = ref(entity)
    del entity
    return had()


def _renew(entity: Entity, attributes: Mapping[str, Any]) -> None:
    """Set what was read, and forget what was assigned before: it was equal to the former values, or is saved."""
    vars(entity).update(attributes)
    for name in tuple(instance_state(entity).committed_state):
        set_committed_value(entity, name, attributes[name])


def _made(model: type[E], attributes: Mapping[str, Any]) -> E:
    entity = model()
    vars(entity).update(attributes)
    take_as_loaded(entity)
    return entity


@lru_cache(maxsize=1024)
def _with_columns(model: type[Entity], query: Select[Any]) -> Select[Any]:
    """Return the query with the columns of the table in the order of `_readers`: the ORM's own order is its affair."""
    return query.with_only_columns(*model.__table__.columns)


@lru_cache(maxsize=1024)
def _readers(model: type[Entity], dialect: Dialect) -> _Readers:
    """Return the columns and how what the driver gives of each is read; attributes are named as their columns
    (entity_inserts.py refuses others)."""
    columns: Sequence[Any] = tuple(cast(Table, model.__table__).columns)
    return tuple((column.name, column.type.dialect_impl(dialect).result_processor(dialect, None)) for column in columns)
