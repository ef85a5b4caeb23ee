"""The figures for operators cost what is owed, not what was ever delivered."""
from sqlalchemy import event, text

from app.data.connections import reading
from app.data.entity import db
from app.events.report import owed_deliveries


def test_what_is_owed_is_read_from_the_partial_indexes(app: object) -> None:
    found = "\n".join(plans())
    assert "ix_event_delivery_pending" in found
    assert "ix_event_delivery_parked" in found


def plans() -> list[str]:
    """Return the plans of the statements behind owed_deliveries(), where PostgreSQL walks no table it need not walk."""
    asked: list[tuple[str, object]] = []

    def keep(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", keep)
    try:
        owed_deliveries()
    finally:
        event.remove(db.engine, "before_cursor_execute", keep)
    explain = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    with reading() as connection:
        if explain == "EXPLAIN":
            connection.execute(text("SET enable_seqscan = off"))
        try:
            return [str(row[-1]) for statement, parameters in asked
                    for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)]
        finally:
            if explain == "EXPLAIN":
                connection.execute(text("RESET enable_seqscan"))
