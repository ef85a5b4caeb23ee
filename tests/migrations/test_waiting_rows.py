"""What waits while the tables change is carried over: no work is lost and none is doubled, up, down and up again."""
from typing import Any

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import null, select, text

from app.data.changes import OutboxRecord
from app.data.entity import db
from app.events.making import messages_of
from tests.testbed import Testbed

DUE_WORK = """INSERT INTO due_work (kind, subject, due_at, attempts, last_error)
    VALUES ('close-auction', 'a product', '2026-01-01T01:00:00.000Z', 0, NULL),
           ('expire-order', 'an order', '2026-01-01T01:00:00.000Z', 3, 'not yet')"""


def to(app: Flask, revision: str) -> None:
    """Bring the database up or down to a revision."""
    folder = app.extensions["migrate"].directory
    with db.engine.connect() as connection:
        is_there = db.inspect(connection).has_table("alembic_version")
        present = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if is_there else ""
    (upgrade if revision > (present or "") else downgrade)(directory=folder, revision=revision)


def write(statement: str, **values: Any) -> None:
    """Run one statement in a transaction of its own."""
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(statement), values)


def rows(query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query as tuples."""
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_due_work_that_waits_becomes_the_marketplaces(testbed: Testbed) -> None:
    kept = [("close-auction", "a product", 0, None), ("expire-order", "an order", 3, "not yet")]
    with testbed.empty_app() as app:
        to(app, "0001")
        write(DUE_WORK)
        to(app, "0002")
        columns = "kind, subject, attempts, last_error"
        assert rows(f"SELECT realm, {columns} FROM due_work ORDER BY kind") == [("marketplace", *row) for row in kept]
        to(app, "0001")
        assert rows(f"SELECT {columns} FROM due_work ORDER BY kind") == kept
        to(app, "0002")
        assert rows(f"SELECT realm, {columns} FROM due_work ORDER BY kind") == [("marketplace", *row) for row in kept]


def test_of_a_piece_that_two_realms_owe_the_old_table_keeps_the_sooner(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0002")
        for realm, hour in (("marketplace", 2), ("network", 1)):
            write("INSERT INTO due_work (realm, kind, subject, due_at, attempts) VALUES (:realm, 'x', 'y', :at, :hour)",
                  realm=realm, hour=hour, at=f"2026-01-01T0{hour}:00:00.000Z")
        to(app, "0001")
        assert rows("SELECT kind, subject, attempts FROM due_work") == [("x", "y", 1)]


OLD_EVENTS = """INSERT INTO outbox_event
    (id, event_id, kind, realm, topic, key, payload, occurred_at, request_id, user_id, published_at)
    VALUES (7, 'id-7', 'db', 'marketplace', 'ebaycclone-x-service-dbevent-y-created', 'k', '{"id":"k"}', :at, 'r', 'u',
            :at),
           (8, 'id-8', 'index', 'marketplace', 'elastic-index-ebaycclone_y-created', 'k', '{"id":"k"}', :at, 'r', 'u',
            NULL),
           (9, 'id-9', 'domain', 'network', 'something-else', 'z', '{"a":"1"}', :at, NULL, NULL, NULL)"""
OLD_DELIVERIES = """INSERT INTO event_delivery (event_id, subscriber, status, attempts, next_attempt_at, last_error)
    VALUES (7, 'one', 'pending', 2, :at, 'not yet'), (7, 'two', 'parked', 8, :at, 'never'),
           (6, 'one', 'done', 0, :at, NULL)"""
# An update of row k that a call answered with, and beside it what was emitted.
RECORDS = """INSERT INTO outbox_record
    (id, record_id, realm, service, object, verb, key, payload, former, topic, envelope, row_at, occurred_at,
     published_at)
    VALUES (20, 'rec-20', 'network', 'x', 'thing', 'updated', 'k', '{"id":"k","n":"2"}', :former, 'called',
            :envelope, 7, :at, :at),
           (21, 'rec-21', 'network', NULL, NULL, NULL, 'z', '{"a":"1"}', NULL, 'something-else', NULL, NULL, :at,
            NULL)"""
DELIVERIES = """INSERT INTO event_delivery (record_id, topic, subscriber, status, attempts, next_attempt_at)
    VALUES (20, 'linkedin-x-service-dbevent-thing-updated', 'one', 'pending', 1, :at),
           (20, 'elastic-index-linkedin_thing-updated', 'one', 'pending', 2, :at),
           (20, 'called', 'one', 'parked', 8, :at), (21, 'something-else', 'two', 'pending', 0, :at)"""
AT = "2026-01-01T01:00:00.000Z"


def sent() -> list[tuple[Any, ...]]:
    """Return the events that the records of the newest tables make: id, topic, key, payload, whether it waits."""
    with db.engine.connect() as connection:
        columns = [column for column in OutboxRecord.__table__.c if column.name != "position"]  # that came with 0044
        records = connection.execute(select(*columns, null().label("position")).order_by(OutboxRecord.id)).all()
    return [(message.event_id, message.topic, message.key, message.payload, record.published_at is None)
            for record in records for message in messages_of(record)]


def told_before() -> list[tuple[Any, ...]]:
    """Return the same of the events in the former table."""
    return rows("SELECT event_id, topic, key, payload, published_at IS NULL FROM outbox_event ORDER BY id")


def owed() -> list[tuple[Any, ...]]:
    """Return what the newest tables owe: topic, subscriber, status, attempts, last error."""
    return rows("SELECT topic, subscriber, status, attempts, last_error FROM event_delivery ORDER BY topic, subscriber")


def test_events_that_wait_in_the_old_outbox_are_told_once_with_the_ids_they_had(testbed: Testbed) -> None:
    events = [("id-7", "ebaycclone-x-service-dbevent-y-created", "k", '{"id":"k"}', False),
              ("id-8", "elastic-index-ebaycclone_y-created", "k", '{"id":"k"}', True),
              ("id-9", "something-else", "z", '{"a":"1"}', True)]
    deliveries = [(events[0][1], "one", "pending", 2, "not yet"), (events[0][1], "two", "parked", 8, "never")]
    with testbed.empty_app() as app:
        to(app, "0002")
        write(OLD_EVENTS, at=AT)
        write(OLD_DELIVERIES, at=AT)
        for _ in range(2):
            to(app, "0003")
            assert sent() == events
            assert owed() == deliveries
            to(app, "0002")
            assert told_before() == events
            assert rows("""SELECT event.event_id, subscriber, status, attempts FROM event_delivery
                JOIN outbox_event AS event ON event.id = event_delivery.event_id ORDER BY subscriber""") == [
                ("id-7", "one", "pending", 2), ("id-7", "two", "parked", 8)]


def test_records_that_wait_become_the_same_events_in_the_old_outbox(testbed: Testbed) -> None:
    former = '{"object":"Thing","changed":["n"],"values":{"n":"1"}}'
    with testbed.empty_app() as app:
        to(app, "0003")
        write(RECORDS, at=AT, former=former, envelope='{"row":,"ok":1}')
        write(DELIVERIES, at=AT)
        events, deliveries = sent(), owed()
        assert [payload for _, _, _, payload, _ in events] == [
            '{"old_Thing":{"id":"k","n":"1"},"Thing":{"id":"k","n":"2"},"oldDataValues":{"n":"1"},"newDataValues":{"n":"2"}}',
            '{"id":"k","n":"2"}', '{"row":{"id":"k","n":"2"},"ok":1}', '{"a":"1"}']
        to(app, "0002")
        assert told_before() == events
        to(app, "0003")
        assert sent() == events
        assert owed() == deliveries
        write("INSERT INTO outbox_record (record_id, realm, key, payload, topic, occurred_at) "
              "VALUES ('new', 'network', 'k', '{}', 'later', :at)", at=AT)
        assert sent()[-1][1] == "later"
