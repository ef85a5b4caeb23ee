"""Figures about the outbox for operators: how old the oldest waiting event is, and what each subscriber is owed."""
from dataclasses import asdict, dataclass

from sqlalchemy import exists, func, or_, select

from app.clock import now
from app.data.changes import OutboxRecord
from app.data.columns import iso
from app.data.connections import reading
from app.events.deliveries import stored_for
from app.events.event_delivery import IS_PARKED, IS_PENDING, EventDelivery


@dataclass(frozen=True, slots=True)
class Owed:
    """Deliveries of one subscriber in one state; `error` is one of their last errors."""

    subscriber: str
    status: str
    count: int
    next_attempt: str | None
    error: str | None

    def row(self) -> dict[str, object]:
        """Return it as a row of a table."""
        return asdict(self)


def owed_deliveries() -> list[Owed]:
    """Return what is owed or parked, per subscriber and state."""
    counted = (EventDelivery.subscriber, EventDelivery.status, func.count().label("how_many"),
               func.min(EventDelivery.next_attempt_at).label("next_attempt"),
               func.max(EventDelivery.last_error).label("error"))
    with reading() as connection:  # a statement a state, because each stands on the state's partial index
        rows = [row for state in (IS_PENDING, IS_PARKED) for row in connection.execute(
            select(*counted).where(state).group_by(EventDelivery.subscriber, EventDelivery.status))]
    rows.sort(key=lambda row: (row.subscriber, row.status))
    return [Owed(row.subscriber, row.status, row.how_many, iso(row.next_attempt), row.error) for row in rows]


def oldest_unpublished_seconds() -> float:
    """Return how long the oldest unpublished record has waited, 0 when none does."""
    query = select(func.min(OutboxRecord.occurred_at)).where(OutboxRecord.published_at.is_(None))
    with reading() as connection:
        oldest = connection.execute(query).scalar()
    return round((now() - oldest).total_seconds(), 3) if oldest else 0.0


def is_anything_on_its_way() -> bool:
    """Return whether an event waits for the relay or for a subscriber: then what follows events may lag behind."""
    on_the_way = or_(exists().where(OutboxRecord.published_at.is_(None)), exists().where(IS_PENDING))
    with reading() as connection:
        return bool(connection.execute(select(on_the_way)).scalar())


def replayable(subscriber: str, topic: str | None, after: int) -> int:
    """Return how many stored events a replay to this subscriber would send again; raises LookupError as it does."""
    with reading() as connection:
        return sum(connection.execute(select(func.count()).select_from(OutboxRecord).where(*stored)).scalar_one()
                   for stored in stored_for(subscriber, topic, after).values())
