"""The tally of each company: kept with whatever it counts, proved by the doctor (decision 35)."""
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, Row, and_, func, literal_column, or_, select, union_all, update

from app.data.columns import constant
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.data.upserts import upsert
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.network.company.models import CompanyFollower, CompanyTally, CompanyUpdate
from blueprints.network.company.rules import APPROVED, PUBLIC

_FOLLOWS = and_(CompanyFollower.is_active.is_(True), CompanyFollower.follow_state == constant(APPROVED))
_IS_COUNTED = and_(CompanyUpdate.is_active.is_(True), CompanyUpdate.visibility == constant(PUBLIC))


def count(work: UnitOfWork, company_id: str, *, followers: int = 0, updates: int = 0) -> None:
    """Add to the tally of a company, as the last thing of a command: who counts for one company waits here."""
    if not followers and not updates:
        return
    work.flush()  # the unique index has spoken before the tally is locked
    insert = upsert(CompanyTally).values(company_id=company_id, followers=followers, updates=updates)
    work.execute(insert.on_conflict_do_update(index_elements=(CompanyTally.company_id,), set_={
        "followers": CompanyTally.followers + insert.excluded.followers,
        "updates": CompanyTally.updates + insert.excluded.updates}))


def differences(limit: int) -> list[str]:
    """Return where tallies and a recount differ, one sentence each, at most `limit`.

    One statement, so that what is written meanwhile is on neither side."""
    return [f"company {row[0]}: {row[1]} followers and {row[2]} updates more than its tally says"
            for row in _miscounted(limit)]


def mend_tallies(operator: str) -> int:
    """Count followers and updates anew of the companies whose tallies differ; returns how many."""
    return mend_each("network", operator, "tally of a company", [row[0] for row in _miscounted(MOST_MENDED)],
                     _count_anew)


def _count_anew(work: UnitOfWork, company_id: str) -> None:
    mine = CompanyTally.company_id == company_id
    work.execute(upsert(CompanyTally).values(company_id=company_id, followers=0, updates=0).on_conflict_do_update(
        index_elements=(CompanyTally.company_id,), set_={"updates": CompanyTally.updates}))  # who counts waits
    followers = select(func.count()).select_from(CompanyFollower).where(
        CompanyFollower.company_id == company_id, _FOLLOWS)
    updates = select(func.count()).select_from(CompanyUpdate).where(
        CompanyUpdate.company_id == company_id, _IS_COUNTED)
    work.execute(update(CompanyTally).where(mine).values(
        followers=followers.scalar_subquery(), updates=updates.scalar_subquery())
        .execution_options(synchronize_session=False))


def _miscounted(limit: int) -> Sequence[Row[Any]]:
    none = literal_column("0", Integer)
    followers = select(CompanyFollower.company_id, func.count().label("followers"), none.label("updates")).where(
        _FOLLOWS).group_by(CompanyFollower.company_id)
    updates = select(CompanyUpdate.company_id, none, func.count()).where(_IS_COUNTED).group_by(
        CompanyUpdate.company_id)
    kept = select(CompanyTally.company_id, -CompanyTally.followers, -CompanyTally.updates)
    both = union_all(followers, updates, kept).subquery()
    sums = [func.sum(both.c.followers), func.sum(both.c.updates)]
    return fetch(select(both.c.company_id, *sums).group_by(both.c.company_id).having(
        or_(*(one != 0 for one in sums))).order_by(both.c.company_id).limit(limit))


def check_tallies() -> tuple[str, str]:
    """Return what `flask doctor` says of the tallies: ok or fail, and a sentence."""
    return agreement(differences(MOST_NAMED + 1), "each counts the followers and updates of its company")
