"""Positions in the log: the relay numbers committed records before it publishes them (FD-12, docs/decisions/107).

One batch at a time is numbered and not published: whoever leads next publishes it first, under the same positions."""
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.data.changes import OutboxRecord
from app.data.connections import reading, writing_engine
from app.data.entity import Base
from app.data.sqlite_write_lock import sqlite_write_lock
from app.data.unit_of_work import UnitOfWork
from app.data.upserts import upsert

_ONLY = 1


class LogState(Base):
    """How far the log is, in one row: the newest position given, the newest published, the newest removed."""

    __tablename__ = "outbox_log"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    newest: Mapped[int] = mapped_column(BigInteger, default=0)
    published: Mapped[int] = mapped_column(BigInteger, default=0)
    purged: Mapped[int] = mapped_column(BigInteger, default=0)


def numbered_batch(limit: int) -> Sequence[Any]:
    """Return the records that are to be published next, in the order of their positions, which are stored by then.

    Nothing is written where nothing waits. Positions are given behind the lock of one row, to records that are
    committed, so they become visible in their order: what commits last comes last, whenever its id was drawn. The first
    of a batch is at least the time in milliseconds, so a position of a database that was lost is never given again."""
    with reading() as connection:
        if not connection.execute(select(OutboxRecord.id).where(_WAITS).limit(1)).first():
            return ()
    with sqlite_write_lock(), writing_engine().begin() as connection:
        state = _locked_state(connection)
        rows = connection.execute(select(OutboxRecord.__table__).where(OutboxRecord.position > state.published)).all()
        if not rows:
            first = max(state.newest + 1, int(now().timestamp() * 1000))
            rows = _number(connection, first, limit)
            if rows:
                connection.execute(update(LogState).values(newest=first + len(rows) - 1))
    return sorted(rows, key=lambda row: row.position)


def note_published(connection: Connection, position: int) -> None:
    """Note in the transaction that marks a batch that everything up to this position is published."""
    connection.execute(update(LogState).where(LogState.published < position).values(published=position))


def note_purged(work: UnitOfWork, position: int) -> None:
    """Note in the transaction that removes records that the log begins behind this position."""
    work.execute(update(LogState).where(LogState.purged < position).values(purged=position))


def log_state() -> Any:
    """Return how far the log is: newest, published, purged; all 0 in one that nothing was ever given to."""
    with reading() as connection:
        return connection.execute(select(
            *(func.coalesce(func.max(column), 0).label(column.key)
              for column in (LogState.newest, LogState.published, LogState.purged)))).one()


_WAITS = OutboxRecord.published_at.is_(None)


def _locked_state(connection: Connection) -> Any:
    found = select(LogState.newest, LogState.published).with_for_update()
    state = connection.execute(found).first()
    if state is None:
        connection.execute(upsert(LogState).values(id=_ONLY, newest=0, published=0, purged=0).on_conflict_do_nothing())
        state = connection.execute(found).one()
    return state


def _number(connection: Connection, first: int, limit: int) -> Sequence[Any]:
    waiting = (select(OutboxRecord.id, func.row_number().over(order_by=OutboxRecord.id).label("place"))
               .where(_WAITS).order_by(OutboxRecord.id).limit(limit).subquery())
    return connection.execute(
        update(OutboxRecord).where(OutboxRecord.id == waiting.c.id).values(position=first - 1 + waiting.c.place)
        .returning(*OutboxRecord.__table__.c).execution_options(synchronize_session=False)).all()
