"""Makes the events of the contract from outbox records: dbevent, index event and API event, with topics and payloads.

Pure functions of a record, used by the relay, the deliveries and whoever looks into the outbox."""
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import ColumnElement, and_, or_

from app.data.changes import OutboxRecord
from app.events.event_delivery import Event
from app.events.topics import change_of, db_topic, index_topic

_EVENTS = UUID("0192f3a4-5c1e-7d2b-9a60-6775696c6468")  # the namespace of event ids; must never change


@dataclass(frozen=True, slots=True)
class Message:
    """An event as the stream carries it; `payload` is JSON text, `position` its place in the log, None before it has
    one."""

    event_id: str
    topic: str
    key: str
    payload: str
    occurred_at: datetime
    request_id: str | None
    user_id: str | None
    position: int | None = None


def topics_of(record: Any) -> list[str]:
    """Return the topics of the events a record makes, in the order they are sent."""
    own = [] if record.topic is None else [record.topic]
    return own if record.object is None else [
        *_topics_of_change(record.realm, record.service, record.object, record.verb), *own]


@lru_cache(maxsize=4096)
def _topics_of_change(realm: str, service: str, object_name: str, verb: str) -> tuple[str, str]:
    return db_topic(realm, service, object_name, verb), index_topic(realm, object_name, verb)


def messages_of(record: Any) -> list[Message]:
    """Return the events of a record as they go onto the stream."""
    return [Message(event_id_of(record, topic), topic, record.key, payload_of(record, topic), record.occurred_at,
                    record.request_id, record.user_id, record.position) for topic in topics_of(record)]


def event_of(record: Any, topic: str) -> Event:
    """Return the event of that topic as a subscriber sees it."""
    return Event(record.id, event_id_of(record, topic), record.realm, topic, record.key,
                 orjson.loads(payload_of(record, topic)), record.occurred_at, record.request_id, record.user_id)


def payload_of(record: Any, topic: str) -> str:
    """Return the JSON text of the event of that topic (rules-platform §7)."""
    payload: str = record.payload
    if topic == record.topic:
        return payload if record.envelope is None else _with_row(record.envelope, record.row_at, payload)
    if record.former is not None and not topic.startswith("elastic-index-"):
        return _old_and_new(payload, record.former)
    return payload


def tells(topic: str) -> ColumnElement[bool]:
    """Return the condition on records that make an event of the topic; it stands on an index."""
    return or_(*origins_of(topic))


def origins_of(topic: str) -> list[ColumnElement[bool]]:
    """Return the same as conditions of which each is a range of one index: to be asked one by one."""
    own, change = OutboxRecord.topic == topic, change_of(topic)
    if change is None:
        return [own]
    of_service = () if change.service is None else (OutboxRecord.service == change.service,)
    return [own, and_(OutboxRecord.object == change.object, OutboxRecord.verb == change.verb,
                      OutboxRecord.realm == change.realm, *of_service)]


def event_id_of(record: Any, topic: str) -> str:
    """Return the same id whenever the event is made; a record that makes one event gives it its own."""
    return record.record_id if record.object is None else str(uuid5(_EVENTS, f"{record.record_id} {topic}"))


def _with_row(envelope: str, row_at: int, row: str) -> str:
    return f"{envelope[:row_at]}{row}{envelope[row_at:]}"


def _old_and_new(payload: str, former_row: str) -> str:
    """Return the dbevent of an update: the row before and after, and of what changed the values before and after."""
    row, former = orjson.loads(payload), orjson.loads(former_row)
    name, changed, old = former["object"], former["changed"], row | former["values"]
    return orjson.dumps({f"old_{name}": old, name: row, "oldDataValues": {field: old[field] for field in changed},
                         "newDataValues": {field: row[field] for field in changed}}).decode()
