"""One outbox record a change, and deliveries keyed by record, topic and subscriber.

What waits is carried over: an event of the old table becomes a record with a topic of its own, with the id it had."""
from typing import Any
from uuid import UUID, uuid5

import orjson
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0003"
down_revision = "0002"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EVENTS = UUID("0192f3a4-5c1e-7d2b-9a60-6775696c6468")
_CODES = {"marketplace": "ebaycclone", "network": "linkedin"}
_SAME = "realm, key, payload, topic, occurred_at, request_id, user_id, published_at"
_AT_A_TIME = 1000


def upgrade() -> None:
    op.create_table(
        "outbox_record",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("service", sa.String(length=60), nullable=True),
        sa.Column("object", sa.String(length=60), nullable=True),
        sa.Column("verb", sa.String(length=8), nullable=True),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("former", sa.Text(), nullable=True),
        sa.Column("topic", sa.String(length=160), nullable=True),
        sa.Column("envelope", sa.Text(), nullable=True),
        sa.Column("row_at", sa.Integer(), nullable=True),
        sa.Column("occurred_at", app.data.columns.Instant(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("published_at", app.data.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_record"),
        sqlite_autoincrement=True)
    op.execute(f"INSERT INTO outbox_record (id, record_id, {_SAME}) SELECT id, event_id, {_SAME} FROM outbox_event")
    _count_on("outbox_event", "outbox_record")
    _index("ix_outbox_record_unpublished", "outbox_record", ["id"], "published_at IS NULL")
    _index("ix_outbox_record_change", "outbox_record", ["object", "verb", "id"], "object IS NOT NULL")
    _index("ix_outbox_record_topic", "outbox_record", ["topic", "id"], "topic IS NOT NULL")
    _drop_delivery_indexes()
    with op.batch_alter_table("event_delivery") as delivery:
        delivery.alter_column("event_id", new_column_name="record_id", existing_type=_SERIAL, existing_nullable=False)
        delivery.add_column(sa.Column("topic", sa.String(length=160), nullable=True))
    op.execute("UPDATE event_delivery SET topic = (SELECT topic FROM outbox_event WHERE id = event_delivery.record_id)")
    op.execute("DELETE FROM event_delivery WHERE topic IS NULL")  # of events that are gone: they were never delivered
    with op.batch_alter_table("event_delivery") as delivery:
        delivery.alter_column("topic", existing_type=sa.String(length=160), nullable=False)
        delivery.drop_constraint("pk_event_delivery", type_="primary")
        delivery.create_primary_key("pk_event_delivery", ["record_id", "topic", "subscriber"])
    _create_delivery_indexes(["record_id", "topic"])
    op.drop_table("outbox_event")


def downgrade() -> None:
    """Make the events of every record, in order: a record makes three at most, so its number times three has room."""
    op.create_table(
        "outbox_event",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=160), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("occurred_at", app.data.columns.Instant(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("published_at", app.data.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_event"),
        sa.UniqueConstraint("event_id", name="uq_outbox_event_event_id"),
        sqlite_autoincrement=True)
    _make_events()
    _drop_delivery_indexes()
    with op.batch_alter_table("event_delivery") as delivery:
        delivery.add_column(sa.Column("event_id", _SERIAL, nullable=True))
    op.execute("""UPDATE event_delivery SET event_id = (SELECT 3 * record.id - 2 + CASE
        WHEN record.object IS NULL THEN 0 WHEN record.topic = event_delivery.topic THEN 2
        WHEN event_delivery.topic LIKE 'elastic-index-%' THEN 1 ELSE 0 END
        FROM outbox_record AS record WHERE record.id = event_delivery.record_id)""")
    op.execute("DELETE FROM event_delivery WHERE event_id IS NULL")
    with op.batch_alter_table("event_delivery") as delivery:
        delivery.drop_constraint("pk_event_delivery", type_="primary")
        delivery.alter_column("event_id", existing_type=_SERIAL, nullable=False)
        delivery.create_primary_key("pk_event_delivery", ["event_id", "subscriber"])
    with op.batch_alter_table("event_delivery") as delivery:
        delivery.drop_column("record_id")
        delivery.drop_column("topic")
    _create_delivery_indexes(["event_id"])
    _index("ix_outbox_event_unpublished", "outbox_event", ["id"], "published_at IS NULL")
    op.create_index("ix_outbox_event_topic", "outbox_event", ["topic", "id"])
    op.drop_table("outbox_record")


def _make_events() -> None:
    connection, moment = op.get_bind(), app.data.columns.Instant()
    records = sa.table("outbox_record", *(sa.column(name) for name in (
        "id", "record_id", "realm", "service", "object", "verb", "key", "payload", "former", "topic", "envelope",
        "row_at", "request_id", "user_id")), sa.column("occurred_at", moment), sa.column("published_at", moment))
    events = sa.table("outbox_event", *(sa.column(name) for name in (
        "id", "event_id", "kind", "realm", "topic", "key", "payload", "request_id", "user_id")),
        sa.column("occurred_at", moment), sa.column("published_at", moment))
    last = 0
    while found := connection.execute(
            sa.select(records).where(records.c.id > last).order_by(records.c.id).limit(_AT_A_TIME)).all():
        connection.execute(sa.insert(events), [event for record in found for event in _events_of(record)])
        last = found[-1].id
    if connection.dialect.name == "postgresql" and last:
        op.execute(f"SELECT setval(pg_get_serial_sequence('outbox_event', 'id'), {3 * last})")


def _events_of(record: Any) -> list[dict[str, Any]]:
    """Make the events as the code of this revision does (app/events/making.py, whose later changes are not ours)."""
    made = []
    if record.object is not None:
        code, told = _CODES[record.realm], f"{record.object}-{record.verb}"
        made = [(f"{code}-{record.service}-service-dbevent-{told}", "db", _old_and_new(record)),
                (f"elastic-index-{code}_{told}", "index", record.payload)]
    if record.envelope is not None:
        before, after = record.envelope[:record.row_at], record.envelope[record.row_at:]
        made.append((record.topic, "api", f"{before}{record.payload}{after}"))
    elif record.topic is not None:
        made.append((record.topic, _kind(record.topic), record.payload))
    return [{"id": 3 * record.id - 2 + place, "kind": kind, "topic": topic, "payload": payload,
             "event_id": str(uuid5(_EVENTS, f"{record.record_id} {topic}")) if record.object else record.record_id,
             "realm": record.realm, "key": record.key, "occurred_at": record.occurred_at,
             "request_id": record.request_id, "user_id": record.user_id, "published_at": record.published_at}
            for place, (topic, kind, payload) in enumerate(made)]


def _old_and_new(record: Any) -> str:
    if record.former is None:
        return str(record.payload)
    row, former = orjson.loads(record.payload), orjson.loads(record.former)
    name, changed, old = former["object"], former["changed"], row | former["values"]
    return orjson.dumps({f"old_{name}": old, name: row, "oldDataValues": {field: old[field] for field in changed},
                         "newDataValues": {field: row[field] for field in changed}}).decode()


def _kind(topic: str) -> str:
    return "db" if "-service-dbevent-" in topic else "index" if topic.startswith("elastic-index-") else "domain"


def _count_on(former: str, table: str) -> None:
    """Let the numbers of `table` go on where those of `former` are, also where the newest rows were removed."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
                   f"nextval(pg_get_serial_sequence('{former}', 'id')))")
        return
    op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{table}'")
    op.execute(f"INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', seq FROM sqlite_sequence "
               f"WHERE name = '{former}'")


def _index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _drop_delivery_indexes() -> None:
    for name in ("ix_event_delivery_pending", "ix_event_delivery_parked"):
        op.drop_index(name, "event_delivery")


def _create_delivery_indexes(owed: list[str]) -> None:
    _index("ix_event_delivery_pending", "event_delivery", owed, "status = 'pending'")
    _index("ix_event_delivery_parked", "event_delivery", ["subscriber"], "status = 'parked'")
