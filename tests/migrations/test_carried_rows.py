"""What is stored when an update comes keeps its meaning: up, down and up again, on rows of the release before."""
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, DateTime, MetaData, Numeric, String, Table, insert

from app.data.entity import db
from tests.migrations.test_waiting_rows import rows, to
from tests.testbed import Testbed

AT = "2026-01-01T01:00:00.000Z"


def put(name: str, **values: Any) -> None:
    """Insert a row into the table as it stands now; what it demands beside `values` is empty."""
    table = Table(name, MetaData(), autoload_with=db.engine)
    for column in table.columns:
        if column.name not in values and not (column.nullable or column is table.autoincrement_column):
            values[column.name] = empty(column.type)
    at = {name: datetime.fromisoformat(value) for name, value in values.items()
          if isinstance(table.columns[name].type, DateTime) and value is not None}
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(table), values | at)


def empty(kind: Any) -> Any:
    if isinstance(kind, DateTime):
        return AT
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, String):
        return AT if kind.length == 24 else "{}"
    return 0 if isinstance(kind, Numeric) or kind.python_type is int else {}


def order(number: str, status: str, **times: str) -> None:
    put("order_management_order", id=number, order_number=number, status=status, created_at=AT, is_active=True, **times)


def test_uploads_of_before_are_ready_and_what_is_not_ready_is_not_for_the_release_before(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0003")
        put("bucket_file", id="old")
        to(app, "0004")
        states = "SELECT id, state, attempts, prepared_at FROM bucket_file"
        assert rows(states) == [("old", "ready", 0, None)]
        put("bucket_file", id="new", state="preparing")
        to(app, "0003")
        assert rows("SELECT id FROM bucket_file") == [("old",)]
        to(app, "0004")
        assert rows(states) == [("old", "ready", 0, None)]


def test_who_is_logged_in_stays_so_and_owes_no_second_factor(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0005")
        put("login_session", id="session")
        put("marketplace_user", id="anna", is_active=True)
        for _ in range(2):
            to(app, "0006")
            assert rows("SELECT id FROM login_session WHERE last_seen_at > '2026-02-01'") == [("session",)]
            assert rows("SELECT needs_email_2fa, needs_mobile_2fa FROM marketplace_user") == [(False, False)]
            to(app, "0005")
            assert rows("SELECT id, is_active FROM marketplace_user") == [("anna", True)]


def test_older_orders_get_their_history_and_what_is_due(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0006")
        _older_orders()
        for _ in range(2):
            to(app, "0007")
            assert rows("SELECT order_id, what, status FROM order_history ORDER BY order_id, id") == [
                ("cancelled", "PLACED", "PENDING_PAYMENT"), ("cancelled", "PAID", "PAID"),
                ("cancelled", "CANCELLED", "CANCELLED"),
                ("shipped", "PLACED", "PENDING_PAYMENT"), ("shipped", "PAID", "PAID"),
                ("shipped", "SHIPPED", "SHIPPED")]
            assert rows("SELECT id, refund_due FROM order_management_order ORDER BY id") == [
                ("cancelled", 700), ("shipped", 0)]
            to(app, "0006")


def _older_orders() -> None:
    order("shipped", "SHIPPED", paid_at=AT, shipped_at=AT)
    order("cancelled", "CANCELLED", paid_at=AT, cancelled_at=AT)
    for number, (order_id, item_id, gross) in enumerate([
            ("shipped", "line", 500), ("cancelled", "line 1", 1000), ("cancelled", "line 1", -300),
            ("cancelled", "", 50)]):  # money that was nobody's is not due for a line
        put("order_ledger", id=f"entry {number}", source_id=f"source {number}", order_id=order_id, item_id=item_id,
            gross=gross)


def test_what_is_unread_is_counted_from_the_notifications_that_are_there(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0008")
        for number, (user, is_read, is_active) in enumerate((
                ("ben", False, True), ("ben", False, True), ("ben", True, True), ("ben", False, False),
                ("cleo", True, True))):
            put("notification", id=str(number), user_id=user, is_read=is_read, is_active=is_active, channel="IN_APP",
                notification_type="SYSTEM_ALERT", created_at=AT)
        for _ in range(2):
            to(app, "0012")
            assert rows("SELECT user_id, unread FROM notification_unread") == [("ben", 2)]
            to(app, "0008")
