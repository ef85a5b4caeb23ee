"""What `flask doctor` asks of the queue: how many cases wait, and how many reports each has (decision 35)."""
from typing import Any

from sqlalchemy import func, select

from app.data.reads import fetch
from app.ops.checks import MOST_NAMED, some_of
from app.runtime import runtime
from blueprints.platform.moderation.counters import PENDING
from blueprints.platform.moderation.models import Case, Counter, Report

_WAITS = Case.is_pending.is_(True)


def check_queue() -> tuple[str, str]:
    """Return what `flask doctor` says of the counters that the queue shows."""
    wrong = [*_wrong_totals(), *_wrong_cases()]
    if wrong:
        return "fail", f"counters of the queue differ from a recount: {some_of(wrong)}"
    return "ok", "the counters of the queue are what a recount finds"


def _wrong_totals() -> list[str]:
    """Return the realms whose counter is not how many cases wait, each by one statement."""
    counted: dict[str, Any] = {}
    for realm in runtime().settings.realms:
        kept = select(Counter.value).where(Counter.realm == realm, Counter.name == PENDING).scalar_subquery()
        found = select(func.count()).select_from(Case).where(Case.realm == realm, _WAITS).scalar_subquery()
        counted[realm] = fetch(select(func.coalesce(kept, 0), found))[0]
    return [f"{realm}: {kept} wait, {found} found" for realm, (kept, found) in counted.items() if kept != found]


def _wrong_cases() -> list[str]:
    """Return the cases that wait with another number of reports than there are."""
    found = select(func.count()).select_from(Report).where(Report.case_id == Case.id).scalar_subquery()
    rows = fetch(select(Case.realm, Case.number, Case.report_count, found).where(_WAITS, Case.report_count != found)
                 .order_by(Case.realm, Case.number).limit(MOST_NAMED + 1))
    return [f"{realm}: case {number} with {kept} reports, {found} found" for realm, number, kept, found in rows]
