"""What is stored when an update comes keeps its meaning: up, down and up again, on rows of the release before."""
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Boolean, DateTime, MetaData, Numeric, String, Table, insert

from app.data.entity import db
from blueprints.platform.auth.checks import addresses
from tests.migrations.test_waiting_rows import rows, to, write
from tests.testbed import Testbed

AT = "2026-01-01T01:00:00.000Z"


def put(name: str, /, **values: Any) -> None:
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


def test_what_is_searched_is_folded_in_batches(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0008")
        put("marketplace_category", id="the first", title="Лев")
        write("""WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1202)
            INSERT INTO marketplace_category (id, title, is_active, record_version, created_at, updated_at)
            SELECT 'more ' || n, title || ' Gr.' || n, is_active, record_version, created_at, updated_at
            FROM marketplace_category, number""")  # more than two batches
        put("marketplace_user", id="anna", fullname="Ærø", address=_json('{"city": "90-001 Łódź"}'))
        put("marketplace_user", id="ben", fullname="Ben", address=None)
        put("marketplace_search_index", id="one", document=_json('{"title": "Gr.49", "id": "x", "note": "Straße"}'))
        put("divisions", id="division", name="Straße", folded_name="strasse")
        put("equipments", id="tomograph", name="Томограф", folded_names="томограф")
        for number, name in enumerate(("Ærø", "№ 7")):
            put("equipment_names", id=str(number), equipment_id="tomograph", name=name)
        for _ in range(2):
            to(app, "0011")
            folded = rows("SELECT folded_title FROM marketplace_category")
            assert {title for title, in folded} == {"лев", *(f"лев gr{number}" for number in range(1, 1203))}
            assert rows("SELECT id, folded_fullname, folded_address FROM marketplace_user ORDER BY id") == [
                ("anna", "aero", "90001lodz"), ("ben", "ben", None)]
            assert rows("SELECT words FROM marketplace_search_index") == [(" gr 49 gr49  strasse ",)]
            assert rows("SELECT folded_name FROM divisions") == [("strasse",)]
            assert rows("SELECT folded_names FROM equipments") == [("томограф\naero\nno7",)]
            to(app, "0008")
            assert rows("SELECT folded_names FROM equipments") == [("томограф\nærø\n№ 7",)]


def _json(text: str) -> Any:
    """Return JSON as the database under test takes it."""
    return orjson.loads(text) if db.engine.dialect.name == "postgresql" else text


def _older_orders() -> None:
    order("shipped", "SHIPPED", paid_at=AT, shipped_at=AT)
    order("cancelled", "CANCELLED", paid_at=AT, cancelled_at=AT)
    for number, (order_id, item_id, gross) in enumerate([
            ("shipped", "line", 500), ("cancelled", "line 1", 1000), ("cancelled", "line 1", -300),
            ("cancelled", "", 50)]):  # money that was nobody's is not due for a line
        put("order_ledger", id=f"entry {number}", source_id=f"source {number}", order_id=order_id, item_id=item_id,
            gross=gross)


def user(user_id: str, email: str, day: int, **values: Any) -> None:
    put("marketplace_user", id=user_id, email=email, created_at=f"2026-01-{day:02}T01:00:00.000Z",
        **{"is_active": True, "email_verified": False} | values)


def test_addresses_come_into_their_one_form_and_no_account_is_lost(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0008")
        user("alone", "x@bücher.example", 1)
        user("ascii", "y@xn--bcher-kva.example", 3)
        user("rival", "y@bücher.example", 2)
        user("older", "z@bu\u0308cher.example", 1)
        user("proved", "z@bücher.example", 2, email_verified=True)
        user("deleted", "y@bücher.example", 4, is_active=False)
        user("hidden", "mia@exam\u200bple.com", 1)
        user("local", "müller@example.com", 1)
        for _ in range(2):
            to(app, "0009")
            assert dict(rows("SELECT id, email FROM marketplace_user")) == {
                "alone": "x@xn--bcher-kva.example", "ascii": "y@xn--bcher-kva.example", "rival": "y@bücher.example",
                "older": "z@bu\u0308cher.example", "proved": "z@xn--bcher-kva.example",
                "deleted": "y@xn--bcher-kva.example", "hidden": "mia@exam\u200bple.com", "local": "müller@example.com"}
            with app.app_context():
                state, says = addresses()
            assert state == "warn"
            assert says.endswith("none: marketplace hidden, marketplace older, marketplace rival")
            to(app, "0008")


def test_inventory_numbers_are_compared_folded_and_those_that_share_one_stay(testbed: Testbed) -> None:
    numbers = (("1", "A", "INV-1", True), ("2", "A", "inv-1 ", True), ("3", "B", "INV-1", True),
               ("4", "A", "INV-1", False), ("5", "A", None, True), ("6", "A", "ＩＮＶ-2", True))
    with testbed.empty_app() as app:
        to(app, "0008")
        for row_id, owner, number, is_active in numbers:
            put("equipments", id=row_id, legal_entity_id=owner, external_id=number, is_active=is_active)
        for _ in range(2):
            to(app, "0009")
            assert rows("SELECT id, external_id, folded_external_id FROM equipments ORDER BY id") == [
                ("1", "INV-1", "inv-1"), ("2", "inv-1 ", None), ("3", "INV-1", "inv-1"), ("4", "INV-1", "inv-1"),
                ("5", None, None), ("6", "ＩＮＶ-2", "inv-2")]
            to(app, "0008")
        assert rows("SELECT id, external_id FROM equipments ORDER BY id") == [(row[0], row[2]) for row in numbers]


def test_what_is_unread_is_counted_from_the_notifications_that_are_there(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0011")
        for number, (user, is_read, is_active) in enumerate((
                ("ben", False, True), ("ben", False, True), ("ben", True, True), ("ben", False, False),
                ("cleo", True, True))):
            put("notification", id=str(number), user_id=user, is_read=is_read, is_active=is_active, channel="IN_APP",
                notification_type="SYSTEM_ALERT", created_at=AT)
        for _ in range(2):
            to(app, "0012")
            assert rows("SELECT user_id, unread FROM notification_unread") == [("ben", 2)]
            to(app, "0011")


def test_what_is_unread_is_counted_on_among_all_realms_and_back(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0024")
        put("notification_unread", user_id="ben", unread=2)
        for _ in range(2):
            to(app, "0025")
            assert rows("SELECT realm, user_id, unread FROM notice_unread") == [("marketplace", "ben", 2)]
            to(app, "0024")
        assert rows("SELECT user_id, unread FROM notification_unread") == [("ben", 2)]


def test_an_appeal_without_a_strike_waits_under_a_negative_number_and_old_bulks_are_told(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0026")
        put("moderation_appeal", id="of-strike", number=1, strike_id="s", strike_number=9)
        for place, state in enumerate(("done", "undone", "pending")):
            put("moderation_bulk_item", bulk_id="b", entity_id=state, position=place, state=state)
        to(app, "0027")
        put("moderation_appeal", id="of-act", number=2, act_id="a", act_number=57)
        appeals = "SELECT id, strike_id, strike_number, act_id, act_number FROM moderation_appeal ORDER BY number"
        for _ in range(2):
            assert rows(appeals) == [("of-strike", "s", 9, None, None), ("of-act", None, None, "a", 57)]
            assert rows("SELECT state, announced FROM moderation_bulk_item ORDER BY position") == [
                ("done", "done"), ("undone", "undone"), ("pending", None)]
            to(app, "0026")
            assert rows("SELECT strike_id, strike_number FROM moderation_appeal ORDER BY number") == [
                ("s", 9), ("a", -57)]
            to(app, "0027")
