"""The tally of each company: kept with whatever it counts, proved by the doctor (decision 35)."""
from sqlalchemy import Integer, func, literal_column, or_, select, union_all

from app.data.columns import constant
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.data.upserts import upsert
from app.ops.checks import MOST_NAMED, agreement
from blueprints.network.company.models import CompanyFollower, CompanyTally, CompanyUpdate
from blueprints.network.company.rules import APPROVED, PUBLIC


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
    none = literal_column("0", Integer)
    followers = select(CompanyFollower.company_id, func.count().label("followers"), none.label("updates")).where(
        CompanyFollower.is_active.is_(True), CompanyFollower.follow_state == constant(APPROVED)).group_by(
        CompanyFollower.company_id)
    updates = select(CompanyUpdate.company_id, none, func.count()).where(
        CompanyUpdate.is_active.is_(True), CompanyUpdate.visibility == constant(PUBLIC)).group_by(
        CompanyUpdate.company_id)
    kept = select(CompanyTally.company_id, -CompanyTally.followers, -CompanyTally.updates)
    both = union_all(followers, updates, kept).subquery()
    sums = [func.sum(both.c.followers), func.sum(both.c.updates)]
    rows = fetch(select(both.c.company_id, *sums).group_by(both.c.company_id).having(
        or_(*(one != 0 for one in sums))).order_by(both.c.company_id).limit(limit))
    return [f"company {row[0]}: {row[1]} followers and {row[2]} updates more than its tally says" for row in rows]


def check_tallies() -> tuple[str, str]:
    """Return what `flask doctor` says of the tallies: ok or fail, and a sentence."""
    return agreement(differences(MOST_NAMED + 1), "each counts the followers and updates of its company")
