"""Positions in the log: the relay numbers committed records before it publishes them (FD-12, docs/decisions/107).

One batch at a time is numbered and not published: whoever leads next publishes it first, under the same positions."""
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Table,
    and_,
    exists,
    func,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.data.changes import OutboxRecord
from app.data.connections import reading, writing_engine
from app.data.entity import Base
from app.data.reads import fetch
from app.data.sqlite_write_lock import sqlite_write_lock
from app.data.upserts import upsert

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

_ONLY = 1
_RECORDS = cast(Table, OutboxRecord.__table__)


class LogState(Base):
    """How far the log is, in one row: the newest position given, the newest published, the newest removed."""

    __tablename__ = "outbox_log"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    newest: Mapped[int] = mapped_column(BigInteger, default=0)
    published: Mapped[int] = mapped_column(BigInteger, default=0)
    purged: Mapped[int] = mapped_column(BigInteger, default=0)


_PUBLISHED = select(func.coalesce(func.max(LogState.published), 0)).scalar_subquery()
_IS_UNTAKEN = OutboxRecord.published_at.is_(None)
# What waits: no relay has taken the record, or one has numbered it and no more. Each stands on an index of its own.
_WAITING = (_IS_UNTAKEN, OutboxRecord.position > _PUBLISHED)
IS_PUBLISHED = and_(OutboxRecord.published_at.is_not(None),
                    or_(OutboxRecord.position.is_(None), OutboxRecord.position <= _PUBLISHED))
"""Records whose events are on the stream and owed to their subscribers; `published_at` is when they were numbered."""


def is_any_waiting() -> ColumnElement[bool]:
    """Return the condition that a record waits to be published."""
    return or_(*(exists().where(waits) for waits in _WAITING))


def waiting_ids() -> CompoundSelect[Any]:
    """Return the query for the ids of the records that wait to be published."""
    return union(*(select(OutboxRecord.id).where(waits) for waits in _WAITING))


def count_waiting() -> int:
    """Return how many records wait to be published."""
    return sum(_of_waiting(func.count()))


def oldest_waiting() -> datetime | None:
    """Return when the first of what waits to be published happened; None when nothing waits."""
    return min((moment for moment in _of_waiting(func.min(OutboxRecord.occurred_at)) if moment), default=None)


def _of_waiting(figure: ColumnElement[Any]) -> list[Any]:
    both = (select(figure).select_from(OutboxRecord).where(waits).scalar_subquery() for waits in _WAITING)
    return list(fetch(select(*both))[0])


def numbered_batch(limit: int) -> Sequence[Any]:
    """Return the records that are to be published next, in the order of their positions, which are stored by then.

    Nothing is written where nothing waits. What was numbered and not published comes first, as it is."""
    with reading() as connection:
        if not connection.execute(select(is_any_waiting())).scalar():
            return ()
    with sqlite_write_lock(), writing_engine().begin() as connection:
        state = _locked_state(connection)
        return _left_over(connection, state.published) or number(connection, state.newest, limit)


def number(connection: Connection, newest: int, limit: int) -> Sequence[Any]:
    """Give positions to the first records that wait, behind the locked row of the log, and return them in that order.

    They are committed, so they become visible in their order: what commits last comes last, whenever its id was drawn.
    The first is at least the time in milliseconds, so a position of a database that was lost is never given again."""
    moment = now()
    before = max(newest, int(moment.timestamp() * 1000) - 1)
    untaken = (select(OutboxRecord.id, func.row_number().over(order_by=OutboxRecord.id).label("place"))
               .where(_IS_UNTAKEN).order_by(OutboxRecord.id).limit(limit).subquery())
    rows = connection.execute(
        update(_RECORDS).where(_RECORDS.c.id == untaken.c.id)
        .values(position=before + untaken.c.place, published_at=moment).returning(*_RECORDS.c)).all()
    if rows:
        connection.execute(update(LogState).values(newest=before + len(rows)))
    return sorted(rows, key=attrgetter("position"))


def note_published(connection: Connection, position: int) -> int:
    """Note that everything up to this position is published, which locks the row of the log; returns the newest one.

    Raises RuntimeError when another relay has noted it."""
    newest = connection.execute(update(LogState).where(LogState.published < position).values(published=position)
                                .returning(LogState.newest)).scalar()
    if newest is None:
        raise RuntimeError("another relay published the same events")
    return int(newest)


def note_purged(work: "UnitOfWork", position: int) -> None:
    """Note in the transaction that removes records that the log begins behind this position."""
    work.execute(update(LogState).where(LogState.purged < position).values(purged=position))


def log_state() -> Any:
    """Return how far the log is: newest, published, purged; all 0 in one that nothing was ever given to."""
    with reading() as connection:
        return connection.execute(select(
            *(func.coalesce(func.max(column), 0).label(column.key)
              for column in (LogState.newest, LogState.published, LogState.purged)))).one()


def _locked_state(connection: Connection) -> Any:
    found = select(LogState.newest, LogState.published).with_for_update()
    state = connection.execute(found).first()
    if state is None:
        connection.execute(upsert(LogState).values(id=_ONLY, newest=0, published=0, purged=0).on_conflict_do_nothing())
        state = connection.execute(found).one()
    return state


def _left_over(connection: Connection, published: int) -> Sequence[Any]:
    """Return what a relay that was killed has numbered and not published; a former release left it untaken."""
    connection.execute(update(_RECORDS).where(_RECORDS.c.position > published, _RECORDS.c.published_at.is_(None))
                       .values(published_at=now()))
    return connection.execute(select(_RECORDS).where(_RECORDS.c.position > published)
                              .order_by(_RECORDS.c.position)).all()
