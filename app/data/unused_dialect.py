"""A command of the terminal that works on SQLite alone does not load what SQLAlchemy knows of PostgreSQL."""
from sqlalchemy.dialects import registry


class UnusedDialect:
    """Stands for PostgreSQL while tables are declared: each index with a `postgresql_where` has SQLAlchemy ask that
    database which options it knows, and to load it takes 40 ms."""

    construct_arguments = None
    """Any option (sqlalchemy.engine.default.DefaultDialect.construct_arguments)."""


def leave_postgresql_out() -> None:
    """Have no index load PostgreSQL in this process, which connects to none."""
    registry.register("postgresql", __name__, UnusedDialect.__name__)
