"""How the database reads a table, step by step, as it says itself."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from app.data.entity import db


@contextmanager
def plans(table: str) -> Iterator[list[str]]:
    """Yield how the database reads this table from now on, step by step."""
    steps: list[str] = []
    is_sqlite = db.engine.dialect.name == "sqlite"

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and table in statement:
            cursor = connection.connection.dbapi_connection.cursor()
            if not is_sqlite:
                cursor.execute("SET enable_seqscan = off")  # the table is small: which index would it be?
            cursor.execute(f"{'EXPLAIN QUERY PLAN' if is_sqlite else 'EXPLAIN'} {statement}", parameters)
            steps.extend(str(row[-1]) for row in cursor.fetchall())
            if not is_sqlite:
                cursor.execute("RESET enable_seqscan")

    event.listen(db.engine, "before_cursor_execute", explain)
    yield steps
    event.remove(db.engine, "before_cursor_execute", explain)
