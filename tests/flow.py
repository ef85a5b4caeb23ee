"""What flows behind a request: letting the system come to rest, reading what was sent, counting statements."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, event, select

from app.data.changes import OutboxRecord
from app.data.connections import reading
from app.data.entity import db
from app.events.deliveries import drain_deliveries
from app.events.event_delivery import Event
from app.events.making import Message, event_of, messages_of, tells
from app.events.relay import relay_all
from app.jobs.worker import run_all_due_work
from blueprints.platform.bucket.preparation import prepare_next_file

MOST_ROUNDS = 50


def settle() -> None:
    """Relay, deliver, do due work and prepare pictures until nothing is left; AssertionError when it never ends."""
    for _ in range(MOST_ROUNDS):
        if not relay_all() + run_all_due_work() + drain_deliveries() + _prepare_files():
            return
    raise AssertionError(f"the system still moves after {MOST_ROUNDS} rounds")


def _prepare_files() -> int:
    prepared = 0
    while prepare_next_file():
        prepared += 1
    return prepared


def sent(topic: str) -> list[Event]:
    """Return the events of a topic, oldest first, made from the outbox records as subscribers see them."""
    return [event_of(record, topic) for record in _records(tells(topic))]


def everything_sent() -> list[Message]:
    """Return all events of the outbox in order, made as the stream gets them."""
    return [message for record in _records() for message in messages_of(record)]


def _records(*where: ColumnElement[bool]) -> list[Any]:
    with reading() as connection:
        query = select(OutboxRecord.__table__).where(*where).order_by(OutboxRecord.id)
        return list(connection.execute(query).all())


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the SQL statements that are sent while the block runs."""
    told: list[str] = []

    def tell(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        told.append(statement)

    event.listen(db.engine, "before_cursor_execute", tell)
    try:
        yield told
    finally:
        event.remove(db.engine, "before_cursor_execute", tell)


@contextmanager
def refused_commits(error: Exception) -> Iterator[None]:
    """Have each transaction of the application fail at its commit, with this error."""
    def refuse(_connection: object) -> None:
        raise error

    event.listen(db.engine, "commit", refuse)
    try:
        yield
    finally:
        event.remove(db.engine, "commit", refuse)
