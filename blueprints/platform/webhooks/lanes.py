"""Lanes: the messages of one object to one endpoint go one after the other, a failing one first (FD-19).

Whoever changes what waits in a lane has locked its endpoint's row: so none waits for a message that has gone."""
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import String, bindparam, insert, select, tuple_, update

from app.clock import now
from app.data.columns import Instant, constant
from app.data.unit_of_work import UnitOfWork
from blueprints.platform.webhooks.models import IS_PENDING, PENDING, WebhookEndpoint, WebhookMessage

Lane = tuple[str, str, str]
"""Endpoint, object, id."""
_AT_ONCE = 500
_TABLE = WebhookMessage.__table__.c
_other = WebhookMessage.__table__.alias()
_OF_LANE = (WebhookMessage.endpoint_id, WebhookMessage.object_name, WebhookMessage.object_id)
# The first that waits in a lane becomes due, unless it is. Of the table, not of the model: for many lanes at once.
_FIRST = (select(_other.c.id)
          .where(_other.c.state == constant(PENDING), _other.c.endpoint_id == bindparam("of_endpoint", type_=String),
                 _other.c.object_name == bindparam("of_name", type_=String),
                 _other.c.object_id == bindparam("of_id", type_=String))
          .order_by(_other.c.place, _other.c.position, _other.c.id).limit(1).scalar_subquery())
_PROMOTE = (update(WebhookMessage.__table__).where(_TABLE.id == _FIRST, _TABLE.due_at.is_(None))
            .values(due_at=bindparam("due", type_=Instant)))


def lock_endpoints(work: UnitOfWork, ids: Collection[str]) -> dict[str, WebhookEndpoint]:
    """Return id → the endpoints that are still there, locked in the order of their ids."""
    if not ids:
        return {}
    rows = select(WebhookEndpoint).where(WebhookEndpoint.id.in_(sorted(ids))).order_by(WebhookEndpoint.id)
    return {row.id: row for row in work.all(rows, lock=True)}


def owe(work: UnitOfWork, messages: Sequence[Mapping[str, Any]]) -> None:
    """Owe messages to endpoints that are locked, in the order in which they are given: values by attribute, without
    those that say how far they are."""
    taken = _waiting_lanes(work, {lane_of(message) for message in messages})
    rows = []
    for message in messages:
        is_first = lane_of(message) not in taken
        taken.add(lane_of(message))
        rows.append({"state": PENDING, "due_at": now() if is_first else None, "leased_until": None, "attempts": 0,
                     "last_status": None, "last_error": None, "tries": [], "created_at": now(), "ended_at": None,
                     **message})
    for start in range(0, len(rows), _AT_ONCE):
        work.execute(insert(WebhookMessage), rows[start:start + _AT_ONCE])


def promote(work: UnitOfWork, lanes: Iterable[Lane]) -> None:
    """Let the first message that waits in each of these lanes be due; their endpoints are locked."""
    due = now()
    values = [{"of_endpoint": endpoint, "of_name": name, "of_id": object_id, "due": due}
              for endpoint, name, object_id in sorted(_waiting_lanes(work, set(lanes)))]
    if values:
        work.execute(_PROMOTE, values)


def lane_of(message: Any) -> Lane:
    """Return the lane of a message, a row or its values."""
    if isinstance(message, Mapping):
        return message["endpoint_id"], message["object_name"], message["object_id"]
    return message.endpoint_id, message.object_name, message.object_id


def _waiting_lanes(work: UnitOfWork, lanes: Collection[Lane]) -> set[Lane]:
    """Return those lanes in which something waits."""
    wanted, found = sorted(lanes), set[Lane]()
    for start in range(0, len(wanted), _AT_ONCE):
        rows = work.rows(select(*_OF_LANE).distinct().where(
            IS_PENDING, tuple_(*_OF_LANE).in_(wanted[start:start + _AT_ONCE])))
        found |= {(row.endpoint_id, row.object_name, row.object_id) for row in rows}
    return found
