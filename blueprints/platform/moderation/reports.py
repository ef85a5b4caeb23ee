"""Reports: what people say is wrong with a thing. Who said it leaves the staff's case in no way (M-19, M-20)."""
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.actor import Actor, system_actor
from app.clock import now
from app.data.columns import read_instant
from app.data.moderated_kinds import Subject
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.errors import LoginRequired, NotFound, RuleViolated, TooManyRequests
from app.runtime import runtime
from blueprints.platform.moderation.cases import join_case, weigh
from blueprints.platform.moderation.counters import PENDING, count
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.report_models import Report, ReporterRecord
from blueprints.platform.moderation.rules import NOBODY, weight
from blueprints.platform.moderation.subjects import subject_of

_DAY = timedelta(hours=24)


@dataclass(frozen=True)
class _Reporter:
    """How a person's reports ended so far."""

    upheld: int
    declined: int
    muted_until: datetime | None


def report(actor: Actor, *, entity_type: str, entity_id: str, reason: str, text: str | None = None) -> Report:
    """Say that something is wrong with a thing; it joins the case of the thing that waits, or opens one.

    Raises LoginRequired, InvalidInput (nobody moderates this kind here), NotFound (no such thing, held, or a message
    between others), RuleViolated (ReportsOneself, ReporterMuted, AlreadyReported), TooManyRequests (20 a day)."""
    if actor.user_id is None:
        raise LoginRequired("errMsg_LoginRequired")
    with unit_of_work(actor) as work:
        subject = _reportable(actor, entity_type, entity_id)
        # What is written names nobody as its cause: events carry who acted.
        with work.acting_for(system_actor(actor.realm), work.request_id):
            case, is_new = join_case(work, kind="REPORT", entity_type=entity_type, entity_id=entity_id,
                                     subject=subject)
            reporter = _lock_reporter(work, actor.user_id)
            _refuse_too_many(work, actor.user_id, reporter)
            made = _insert_report(work, case, actor.user_id, reason, text)
            weigh(work, case, weight(reason, reporter.upheld, reporter.declined), reports=1)
        if is_new:
            count(work, PENDING, 1)
        work.commit()
    return made


def _reportable(actor: Actor, entity_type: str, entity_id: str) -> Subject:
    subject = subject_of(actor, entity_type, entity_id)
    if subject.parties is not None and actor.user_id not in subject.parties:
        raise NotFound
    if subject.person_id == actor.user_id:
        raise RuleViolated("ReportsOneself", "Nobody reports what is their own")
    if subject.held is not None or not subject.is_active:
        raise NotFound
    return subject


def _insert_report(work: UnitOfWork, case: Case, reporter_id: str, reason: str, text: str | None) -> Report:
    return work.insert(Report(
        realm=case.realm, owner=NOBODY, reporter_id=reporter_id, entity_type=case.entity_type,
        entity_id=case.entity_id, case_id=case.id, reason=reason, text=text, state="OPEN", is_open=True))


def _lock_reporter(work: UnitOfWork, reporter_id: str) -> _Reporter:
    """Return the reporter's record, locked: of two reports at once the second counts the first."""
    table = ReporterRecord
    insert = upsert(table).values(realm=work.actor.realm, person_id=reporter_id, upheld=0, declined=0)
    found = work.execute(insert.on_conflict_do_update(
        index_elements=(table.realm, table.person_id), set_={"upheld": table.upheld},
    ).returning(table.upheld, table.declined, table.muted_until)).one()
    return _Reporter(found.upheld, found.declined, read_instant(found.muted_until))


def _refuse_too_many(work: UnitOfWork, reporter_id: str, reporter: _Reporter) -> None:
    moment, most = now(), runtime().settings.reports_per_day
    if reporter.muted_until is not None and reporter.muted_until > moment:
        raise RuleViolated("ReporterMuted", "You cannot report at present")
    lately = work.rows(select(Report.created_at).where(
        Report.realm == work.actor.realm, Report.reporter_id == reporter_id, Report.created_at > moment - _DAY)
        .order_by(Report.created_at.desc()).offset(most - 1).limit(1))
    if lately:
        wait = lately[0].created_at + _DAY - moment
        raise TooManyRequests("errMsg_TooManyReports", int(wait.total_seconds()) + 1, "TooManyReports")
