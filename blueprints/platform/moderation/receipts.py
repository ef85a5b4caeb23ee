"""What reporters hear: that their report arrived, and what became of it (M-32). It names nobody, and no event of it
says which report it is about: who reported what is staff's alone to know (M-20)."""
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.errors import InvalidInput, NotFound
from app.notify.letter_templates import LetterTemplate
from app.notify.mailbox import post_letter
from blueprints.platform.auth.queries import contact_of
from blueprints.platform.auth.standings import is_user
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.letters import OUTCOME_LETTER, RECEIPT_LETTER
from blueprints.platform.moderation.moderators import require_moderator
from blueprints.platform.moderation.report_models import Report, ReporterRecord
from blueprints.platform.moderation.rules import MOST_MUTED_DAYS
from blueprints.platform.moderation.sentences import RECEIPT, outcome_of, spoken_moment, thing_named
from blueprints.platform.moderation.statements import spoken_title


def acknowledge(work: UnitOfWork, report: Report) -> bool:
    """Post the letter that a report arrived; False when it was posted before, or there is no address to write to."""
    return _write(work, report, RECEIPT_LETTER, RECEIPT)


def tell_outcome(work: UnitOfWork, reports: Sequence[Report]) -> int:
    """Post to each reporter what became of the report, UPHELD or DECLINED; returns how many letters are new."""
    return sum(_write(work, report, OUTCOME_LETTER, outcome_of(report.state == "UPHELD"))
               for report in reports)


def closed_reports(work: UnitOfWork, case_id: str) -> list[Report]:
    """Return the reports of a case that were decided, in the order of their reporters."""
    return work.all(select(Report).where(Report.case_id == case_id, Report.is_open.is_(False))
                    .order_by(Report.reporter_id))


def reporter_of(work: UnitOfWork, report_id: str) -> str:
    """Return who made a report."""
    return work.get(Report, report_id).reporter_id


def reporters_of(work: UnitOfWork, case_id: str) -> dict[bool, list[str]]:
    """Return who made the reports of a case that were upheld (True), and that were declined (False)."""
    reports = closed_reports(work, case_id)
    return {is_upheld: [report.reporter_id for report in reports if (report.state == "UPHELD") is is_upheld]
            for is_upheld in (True, False)}


def mute_reporter(actor: Actor, person_id: str, days: int) -> None:
    """Take no reports of somebody who abuses reporting for so many days, 0 takes them again at once (M-32).

    Raises Forbidden (not staff), InvalidInput for fewer days than 0 or more than MOST_MUTED_DAYS, NotFound (no such
    person)."""
    require_moderator(actor)
    if not 0 <= days <= MOST_MUTED_DAYS:
        said = f"expected 0 to {MOST_MUTED_DAYS}"
        raise InvalidInput(f"days: {said}", detail={"days": said})
    until = now() + timedelta(days=days) if days else None
    with unit_of_work(actor) as work:
        if not is_user(actor.realm, person_id):
            raise NotFound("User not found")
        work.execute(upsert(ReporterRecord).values(
            realm=actor.realm, person_id=person_id, upheld=0, declined=0, muted_until=until).on_conflict_do_update(
                index_elements=(ReporterRecord.realm, ReporterRecord.person_id), set_={"muted_until": until}))
        audit.note(work, "reporter.muted" if until else "reporter.unmuted", personId=person_id, until=until)
        work.commit()


def _write(work: UnitOfWork, report: Report, template: LetterTemplate, said: str) -> bool:
    contact = contact_of(report.realm, report.reporter_id)
    if contact is None or not contact["emailVerified"]:
        return False
    thing = thing_named(report.entity_type, spoken_title(report.realm, report.entity_type, report.entity_id))
    return post_letter(
        work, realm=report.realm, to=contact["email"], name=template.name, template=template,
        cause=f"report {report.id}", user_id=contact["id"], facts={
            "fullname": contact["fullname"], "said": said, "thing": thing,
            "moment": spoken_moment(report.created_at), "reason": report.reason.lower()})
