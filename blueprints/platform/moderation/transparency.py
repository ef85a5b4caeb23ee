"""The transparency report: what was reported, decided and appealed in a year, as counts that name nobody (M-34).

Six statements whatever the year held, each a range of an index."""
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, case, func, select, type_coerce

from app.actor import Actor
from app.clock import now
from app.data.reads import fetch
from app.data.serialization import Wire
from app.errors import InvalidInput
from app.identity.access import require
from app.runtime import runtime
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.report_models import Report

_FIRST_YEAR = 2020
_DECIDED = "decided"


def transparency(actor: Actor, year: int | None = None) -> Wire:
    """Return the counts of a year (UTC), the present one by default; medians are hours, None where nothing was decided.

    Reports, acts and appeals are those made in the year, cases those closed in it. Raises Forbidden (not staff),
    InvalidInput (no such year)."""
    require(actor.is_staff)
    chosen = now().year if year is None else year
    if not _FIRST_YEAR <= chosen <= now().year:
        raise InvalidInput("errMsg_YearIsNotValid", detail={"year": f"expected {_FIRST_YEAR} to {now().year}"})
    return {"id": str(chosen), "year": chosen, "reports": _reports(actor.realm, chosen),
            "cases": _cases(actor.realm, chosen), "acts": _acts(actor.realm, chosen),
            "appeals": _appeals(actor.realm, chosen)}


def year_of(text: str | None) -> int | None:
    """Return the year a query parameter names; raises InvalidInput for what is none."""
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise InvalidInput("errMsg_YearIsNotValid", detail={"year": "expected a year"})
    return int(text)


def _reports(realm: str, year: int) -> Wire:
    rows = fetch(select(Report.reason, Report.state, func.count().label("many"))
                 .where(*_within(Report, Report.created_at, realm, year)).group_by(Report.reason, Report.state))
    return {"received": sum(row.many for row in rows), "byReason": _sums(rows, "reason"),
            "byState": _sums(rows, "state")}


def _cases(realm: str, year: int) -> Wire:
    closed = _within(Case, Case.closed_at, realm, year)
    rows = fetch(select(Case.kind, Case.state, func.count().label("many")).where(*closed)
                 .group_by(Case.kind, Case.state))
    medians = fetch(_median(Case.kind, _hours(Case.opened_at, Case.closed_at), closed))
    return {"closed": sum(row.many for row in rows), "byKind": _sums(rows, "kind"), "byState": _sums(rows, "state"),
            "medianHours": {row.group: round(row.median, 2) for row in sorted(medians)}}


def _acts(realm: str, year: int) -> list[Wire]:
    undone = func.sum(case((Act.state == "UNDONE", 1), else_=0)).label("undone")
    rows = fetch(select(Act.rule, Act.kind, Act.by_machine, func.count().label("many"), undone)
                 .where(*_within(Act, Act.created_at, realm, year)).group_by(Act.rule, Act.kind, Act.by_machine))
    acts = [{"rule": row.rule, "kind": row.kind, "byMachine": bool(row.by_machine), "count": row.many,
             "undone": int(row.undone)} for row in rows]
    return sorted(acts, key=lambda act: (act["rule"] or "", act["kind"], act["byMachine"]))


def _appeals(realm: str, year: int) -> Wire:
    made = _within(Appeal, Appeal.created_at, realm, year)
    rows = fetch(select(Appeal.state, func.count().label("many")).where(*made).group_by(Appeal.state))
    medians = fetch(_median(type_coerce(_DECIDED, Appeal.state.type), _hours(Appeal.created_at, Appeal.decided_at),
                            [*made, Appeal.decided_at.is_not(None)]))
    by_state = _sums(rows, "state")
    return {"made": sum(by_state.values()), "byState": by_state, "overturned": by_state.get("GRANTED", 0),
            "medianHours": round(medians[0].median, 2) if medians else None}


def _within(model: Any, moment: Any, realm: str, year: int) -> list[ColumnElement[bool]]:
    return [model.realm == realm, moment >= datetime(year, 1, 1, tzinfo=UTC),
            moment < datetime(year + 1, 1, 1, tzinfo=UTC)]


def _sums(rows: Any, name: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        key = getattr(row, name)
        sums[key] = sums.get(key, 0) + row.many
    return dict(sorted(sums.items()))


def _hours(begin: Any, end: Any) -> ColumnElement[float]:
    """Return the hours between two moments; the databases subtract them each in its own way."""
    if runtime().settings.is_sqlite:
        return type_coerce((func.julianday(end) - func.julianday(begin)) * 24, Float)
    return type_coerce(func.date_part("epoch", end.op("-")(begin)) / 3600, Float)


def _median(group: Any, value: ColumnElement[float], where: list[ColumnElement[bool]]) -> Select[Any]:
    """Return the query of each group's median: the mean of the one or two values in the middle."""
    ranked = select(group.label("group"), value.label("value"),
                    func.row_number().over(partition_by=group, order_by=value).label("place"),
                    func.count().over(partition_by=group).label("many")).where(*where).subquery()
    middle = (ranked.c.place * 2).between(ranked.c.many, ranked.c.many + 2)
    return select(ranked.c.group, func.avg(ranked.c.value).label("median")).where(middle).group_by(ranked.c.group)
