"""The INSERT that knows ON CONFLICT, which SQLAlchemy has once for each database."""
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from app.data.connections import writing_engine
from app.data.entity import Base


@cache
def upsert_of(dialect: str) -> Any:
    """Return what makes such an INSERT into a table on that database, postgresql or sqlite; the other is not loaded."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert


def upsert(model: type[Base]) -> Any:
    """Return such an INSERT into the model's table, for the database of this application."""
    return upsert_of(writing_engine().dialect.name)(model)


def prepared_upsert(model: type[Base], build: Callable[[Any], Any]) -> Any:
    """Return what `build` makes of such an INSERT, made once for all calls: a statement that runs often costs more to
    build than to execute. Its rows come as parameters."""
    return _prepared(writing_engine().dialect.name, model, build)


@cache
def _prepared(dialect: str, model: type[Base], build: Callable[[Any], Any]) -> Any:
    return build(upsert_of(dialect)(model.__table__))
