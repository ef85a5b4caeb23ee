"""The writes of applications: forward only, never decided by who has applied (rules-network §3C, NET-20, NET-21)."""
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.errors import NotFound, RuleViolated
from app.identity.access import acting_user, require
from blueprints.network.company.queries import company_facts
from blueprints.network.job_application.models import ApplicationRejected, JobApplication, JobPosting
from blueprints.network.job_application.postings import NO_SUCH_POSTING, find_posting, require_keeper
from blueprints.network.job_application.queries import get_posting
from blueprints.network.job_application.rules import CLOSED, REJECTED, SUBMITTED, is_open, is_past, may_become
from blueprints.platform.people.commands import require_person


def apply(actor: Actor, *, job_posting_id: str, applicant_user_id: str | None = None, id: str | None = None,
          **values: Any) -> JobApplication:
    """Apply for a job with `cover_letter` and `resume_url`.

    Raises NotFound (no such posting, or hidden), Forbidden (private, another's name, AccountInactive), RuleViolated
    (PostingClosed, DeadlinePassed, RejectedBefore), DuplicateRecord (AlreadyApplied)."""
    applicant = acting_user(actor, applicant_user_id)
    with unit_of_work(actor) as work:
        require_person(work, applicant)
        _require_open(_share_posting(work, job_posting_id))
        moment = now()
        application = work.insert(JobApplication(
            id=id, job_posting_id=job_posting_id, applicant_user_id=applicant, status=SUBMITTED, applied_at=moment,
            last_status_update_at=moment, **values))
        work.flush()  # a rejected one that is gone by now has left its mark: who deletes it waits for who rejects it
        if work.rows(select(ApplicationRejected.job_posting_id).where(
                ApplicationRejected.job_posting_id == job_posting_id,
                ApplicationRejected.applicant_user_id == applicant)):
            raise RuleViolated("RejectedBefore", "Your application for this job was rejected")
        work.commit()
    return application


def change_application(actor: Actor, job_application_id: str, **values: Any) -> JobApplication:
    """Change letter and résumé, as the applicant while nobody has decided, or the state, as who keeps the posting.

    Raises NotFound, Forbidden, RuleViolated (ApplicationDecided, StatusNotForward)."""
    with unit_of_work(actor) as work:
        application = _lock_application(work, job_application_id)
        is_own = actor.is_user(application.applicant_user_id)
        status = values.get("status", application.status)
        words = {name: value for name, value in values.items()
                 if name != "status" and value != getattr(application, name)}
        require(status == application.status or not is_own, "errMsg_DecidesOwnApplication")
        require(not words or is_own or actor.is_super_admin, "errMsg_OnlyApplicant")
        if words and not is_open(application.status):
            raise RuleViolated("ApplicationDecided", "The application is decided")
        if not may_become(application.status, status):
            raise RuleViolated("StatusNotForward", f"An application that is {application.status} stays so")
        if status != application.status:
            work.change(application, status=status, last_status_update_at=now())
        if status == REJECTED:
            _keep_from_applying_again(work, application)
        work.change(application, **words)
        work.commit()
    return application


def note_rejection(work: UnitOfWork, job_application_id: str) -> None:
    """Note that the applicant of a rejected application, if it still is one, does not apply there again (NET-20)."""
    application = work.lock(JobApplication, job_application_id, archived_too=True)
    if application.status == REJECTED:
        _keep_from_applying_again(work, application)


def _keep_from_applying_again(work: UnitOfWork, application: JobApplication) -> None:
    work.execute(upsert(ApplicationRejected).values(
        job_posting_id=application.job_posting_id, applicant_user_id=application.applicant_user_id)
        .on_conflict_do_nothing())


def delete_application(actor: Actor, job_application_id: str) -> JobApplication:
    """Withdraw one's own application in any state, or delete a rejected one, as who keeps the posting (NET-20).

    Raises NotFound, Forbidden, RuleViolated (ApplicationNotRejected)."""
    with unit_of_work(actor) as work:
        application = _lock_application(work, job_application_id)
        is_own = actor.is_super_admin or actor.is_user(application.applicant_user_id)
        if not is_own and application.status != REJECTED:
            raise RuleViolated("ApplicationNotRejected", "Only a rejected application is deleted by who decides")
        work.archive(application)
        work.commit()
    return application


def _lock_application(work: UnitOfWork, application_id: str) -> JobApplication:
    """Return an application of the actor, or for a posting that he keeps until the end, locked.

    Its posting stays the company's it is, because somebody has applied. Raises NotFound, Forbidden."""
    application = work.get(JobApplication, application_id)
    if not (work.actor.is_super_admin or work.actor.is_user(application.applicant_user_id)):
        require_keeper(work, find_posting(work, application.job_posting_id))
    return work.lock(JobApplication, application_id)


def _share_posting(work: UnitOfWork, posting_id: str) -> JobPosting:
    """Return a posting that the actor sees, which stays as it is until the end; raises NotFound, Forbidden."""
    found = work.share(select(JobPosting).where(JobPosting.id == posting_id, JobPosting.is_active.is_(True)))
    if not found:
        raise NotFound(NO_SUCH_POSTING)
    get_posting(work.actor, posting_id)
    return found[0]


def _require_open(posting: JobPosting) -> None:
    company = company_facts(posting.company_id) if posting.company_id else None
    if posting.status == CLOSED or (company is not None and not company.is_active):
        raise RuleViolated("PostingClosed", "This job takes no applications any more")
    if is_past(posting.application_deadline, now()):
        raise RuleViolated("DeadlinePassed", "The deadline for applications has passed")
