"""What `flask db migrate` would still have to write."""
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app.data.entity import Base, db
from app.data.orders import is_compared


def pending_changes() -> list[Any]:
    """Return the differences between the models and the database, none when a migration says it all."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_compared})
        return list(compare_metadata(context, Base.metadata))
