"""What `flask doctor` asks of the queue: how many cases wait, and how many reports each has (decision 35)."""
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, select

from app.data.reads import fetch
from app.ops.findings import MOST_NAMED, some_of
from app.ops.mends import MOST_MENDED, mend_each
from app.runtime import runtime
from blueprints.platform.moderation.counter_models import Counter
from blueprints.platform.moderation.counters import PENDING, count
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.queues import WAITS
from blueprints.platform.moderation.report_models import Report

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork


def check_queue() -> tuple[str, str]:
    """Return what `flask doctor` says of the counters that the queue shows."""
    wrong = [*_wrong_totals(), *_wrong_cases()]
    if wrong:
        return "fail", f"counters of the queue differ from a recount: {some_of(wrong)}"
    return "ok", "the counters of the queue are what a recount finds"


def _wrong_totals() -> list[str]:
    """Return the realms whose counter is not how many cases wait."""
    return [f"{realm}: {kept} wait, {found} found" for realm, (kept, found) in _totals().items() if kept != found]


def _totals() -> dict[str, Any]:
    """Return realm → (its counter, how many cases wait), each by one statement."""
    counted: dict[str, Any] = {}
    for realm in runtime().settings.realms:
        kept = select(Counter.value).where(Counter.realm == realm, Counter.name == PENDING).scalar_subquery()
        found = select(func.count()).select_from(Case).where(Case.realm == realm, WAITS).scalar_subquery()
        counted[realm] = fetch(select(func.coalesce(kept, 0), found))[0]
    return counted


def _wrong_cases() -> list[str]:
    """Return the cases that wait with another number of reports than there are."""
    return [f"{realm}: case {number} with {kept} reports, {found} found"
            for realm, number, kept, found, _ in _miscounted(MOST_NAMED + 1)]


def _miscounted(limit: int) -> Sequence[Row[Any]]:
    found = select(func.count()).select_from(Report).where(Report.case_id == Case.id).scalar_subquery()
    return fetch(select(Case.realm, Case.number, Case.report_count, found, Case.id).where(
        WAITS, Case.report_count != found).order_by(Case.realm, Case.number).limit(limit))


def mend_queue(operator: str) -> int:
    """Count anew the reports of the cases that wait, and how many cases do; returns how many counters were wrong."""
    wrong = _miscounted(MOST_MENDED)
    mended = sum(mend_each(realm, operator, "reports of a case", [row.id for row in wrong if row.realm == realm],
                           _count_reports) for realm in runtime().settings.realms)
    return mended + sum(mend_each(realm, operator, "cases that wait", [realm], _count_cases)
                        for realm, (kept, found) in _totals().items() if kept != found)


def _count_reports(work: "UnitOfWork", case_id: str) -> None:
    case = work.lock(Case, case_id, archived_too=True)
    [found] = work.rows(select(func.count().label("reports")).select_from(Report).where(Report.case_id == case_id))
    work.change(case, report_count=found.reports)


def _count_cases(work: "UnitOfWork", realm: str) -> None:
    """The counter is locked first: who opens or closes a case meanwhile counts it behind us."""
    kept = count(work, PENDING, 0)
    [found] = work.rows(select(func.count().label("cases")).select_from(Case).where(Case.realm == realm, WAITS))
    count(work, PENDING, found.cases - kept)
