"""The counters behind reputations: kept with each feedback, told at most once in five minutes, proved by the doctor."""
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, case, delete, func, insert, or_, select, union_all, update

from app.clock import now
from app.data.due_work import DueWork, is_piece
from app.data.held import is_free
from app.data.person_rows import NOBODY
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.data.upserts import upsert
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.marketplace.feedback.models import ALL_MONTHS, STARS, Feedback, StarCount
from blueprints.marketplace.feedback.rules import LEAST_RATING, steps

REPUTATION_DUE = "tell-reputation"
_TOLD_AFTER = timedelta(minutes=5)


def count(work: UnitOfWork, feedback: Feedback, *, added: int | None = None, taken: int | None = None) -> None:
    """Count a rating that comes, or goes, or both, for the seller of a feedback, and owe the news of it.

    The seller's row of all months is changed first: who counts for one seller waits there for the others. Who counts
    for several sellers does so in the order of their ids. A feedback that is held is not counted (M-1)."""
    changes = dict(zip((column.key for column in STARS), steps(added=added, taken=taken), strict=True))
    if feedback.seller_id == NOBODY or feedback.held is not None or not any(changes.values()):
        return
    work.flush()  # the unique index has spoken before a counter is locked
    insert = upsert(StarCount).values([{"seller_id": feedback.seller_id, "month": month, **changes}
                                       for month in (ALL_MONTHS, feedback.month)])
    work.execute(insert.on_conflict_do_update(
        index_elements=(StarCount.seller_id, StarCount.month),
        set_={column.key: column + insert.excluded[column.key] for column in STARS}))
    # What is owed stays where it is: pushed further by each feedback, the news of a busy seller would never come.
    if not work.rows(select(DueWork.due_at).where(is_piece(work.actor.realm, REPUTATION_DUE, feedback.seller_id))):
        work.schedule(REPUTATION_DUE, feedback.seller_id, now() + _TOLD_AFTER)


def differences(limit: int) -> list[str]:
    """Return where counters and a recount of the feedback differ, one sentence each, at most `limit`.

    One statement, so that what is written meanwhile is on neither side."""
    return [f"seller {row[0]}: the stars of {row[1] or 'all months'} are not those of the feedback"
            for row in _miscounted(limit)]


def mend_reputations(operator: str) -> int:
    """Count the stars anew of the sellers whose counters differ; returns how many."""
    sellers = sorted({row[0] for row in _miscounted(MOST_MENDED)})
    return mend_each("marketplace", operator, "stars of a seller", sellers, _count_anew)


def _count_anew(work: UnitOfWork, seller_id: str) -> None:
    """Let a seller's counters be what a recount finds, behind the row of all months, where who counts waits."""
    none = dict.fromkeys((column.key for column in STARS), 0)
    work.execute(upsert(StarCount).values({"seller_id": seller_id, "month": ALL_MONTHS, **none}).on_conflict_do_update(
        index_elements=(StarCount.seller_id, StarCount.month), set_={column.key: column for column in STARS}))
    months = [dict(row._mapping) for row in work.rows(_recount().where(Feedback.seller_id == seller_id))]
    overall = {key: sum(int(row[key]) for row in months) for key in none}
    mine = StarCount.seller_id == seller_id
    work.execute(update(StarCount).where(mine, StarCount.month == ALL_MONTHS).values(overall)
                 .execution_options(synchronize_session=False))
    work.execute(delete(StarCount).where(mine, StarCount.month != ALL_MONTHS)
                 .execution_options(synchronize_session=False))
    if months:
        work.execute(insert(StarCount), months)


def _recount() -> Select[Any]:
    stars = [func.sum(case((Feedback.rating == stars, 1), else_=0)).label(column.key)
             for stars, column in enumerate(STARS, LEAST_RATING)]
    return select(Feedback.seller_id, Feedback.month, *stars).where(
        Feedback.is_active.is_(True), is_free(Feedback), Feedback.seller_id != NOBODY).group_by(
        Feedback.seller_id, Feedback.month)


def _miscounted(limit: int) -> Sequence[Row[Any]]:
    counted = _recount()
    by_month = counted.subquery()
    overall = select(by_month.c.seller_id, func.max(ALL_MONTHS).label("month"), *(
        func.sum(by_month.c[column.key]) for column in STARS)).group_by(by_month.c.seller_id)
    written = select(StarCount.seller_id, StarCount.month, *(-column for column in STARS))
    both = union_all(counted, overall, written).subquery()
    seller_id, month, *stars = both.c
    left = [func.sum(column) for column in stars]
    return fetch(select(seller_id, month).group_by(seller_id, month).having(or_(*(sum_ != 0 for sum_ in left)))
                 .order_by(seller_id, month).limit(limit))


def check_reputations() -> tuple[str, str]:
    """Return what `flask doctor` says of the counters: ok or fail, and a sentence."""
    return agreement(differences(MOST_NAMED + 1), "the stars of all sellers are those of their feedback")
