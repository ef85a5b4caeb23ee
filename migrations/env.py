"""Runs the numbered migrations on the application's own engine, or the one that is handed over (app/ops/migrations.py).

Each runs in its transaction, or all in one: both databases have such DDL."""
import warnings
from typing import Any

from alembic import context

from app.data.entity import Base, db
from app.data.orders import is_compared


def _render(kind: str, item: Any, autogen: Any) -> str | bool:
    """Write our column types by name, so that a migration creates what the model means on either database."""
    if kind == "type" and type(item).__module__ == "app.data.columns":
        return f"app.data.columns.{type(item).__name__}()"
    return False


def migrate() -> None:
    """Run online: there is no offline mode, `flask db upgrade` is the one way."""
    engine = context.config.attributes.get("engine") or db.engine
    with engine.execution_options(writes=True).connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, render_item=_render, compare_type=True,
                          include_object=is_compared,
                          render_as_batch=connection.dialect.name == "sqlite", transactional_ddl=True,
                          transaction_per_migration=not context.config.attributes.get("at_once"))
        # SQLite's indexes of an expression are not compared, and forty lines of that would hide what an operator reads.
        with context.begin_transaction(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*expression-based index")
            context.run_migrations()
        connection.commit()


migrate()
