"""Rows that were read or written past the ORM's session, as if it had loaded them (docs/decisions/124).

The one place that calls what SQLAlchemy does not document."""
from functools import cache
from typing import Any

from sqlalchemy.orm import class_mapper
from sqlalchemy.orm.attributes import instance_state

from app.data.entity import Entity


def take_as_loaded(entity: Entity) -> None:
    """Have a new object, all of whose values are known, be what a session loads: nothing of it waits to be written.

    SQLAlchemy's make_transient_to_detached does the same, and looks for values that are missing at three times the
    cost."""
    state = instance_state(entity)
    if state.key is not None:
        raise ValueError(f"{type(entity).__name__} {entity.id} is loaded already")
    state.key = _mapper(type(entity)).identity_key_from_primary_key((entity.id,))
    take_as_written(entity)


_mapper = cache(class_mapper)  # to find it costs as much as what it does here


def take_as_written(entity: Entity, identity_map: Any = None) -> None:
    """Have nothing of a row wait to be written, as after the ORM's own flush; a savepoint taken back later keeps
    it. `identity_map` is that of the session that knows the row."""
    instance_state(entity)._commit_all(vars(entity), identity_map)
