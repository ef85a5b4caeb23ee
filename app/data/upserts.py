"""The INSERT that knows ON CONFLICT, which SQLAlchemy has once for each database."""
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from app.data.connections import writing_engine
from app.data.entity import Base

UPSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def upsert(model: type[Base]) -> Any:
    """Return such an INSERT into the model's table, for the database of this application."""
    return UPSERTS[writing_engine().dialect.name](model)


def prepared_upsert(model: type[Base], build: Callable[[Any], Any]) -> Any:
    """Return what `build` makes of such an INSERT, made once for all calls: a statement that runs often costs more to
    build than to execute. Its rows come as parameters."""
    return _prepared(writing_engine().dialect.name, model, build)


@cache
def _prepared(dialect: str, model: type[Base], build: Callable[[Any], Any]) -> Any:
    return build(UPSERTS[dialect](model.__table__))
