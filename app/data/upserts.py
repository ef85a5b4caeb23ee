"""The INSERT that knows ON CONFLICT, which SQLAlchemy has once for each database."""
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from app.data.connections import writing_engine
from app.data.entity import Base

UPSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def upsert(model: type[Base]) -> Any:
    """Return such an INSERT into the model's table, for the database of this application."""
    return UPSERTS[writing_engine().dialect.name](model)
