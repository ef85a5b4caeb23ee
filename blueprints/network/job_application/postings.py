"""The writes of postings: offered by a person, or for a company by its current admins (NET-11, NET-12, NET-22).

A posting follows its company: it has the company's name, and is closed when the company is deleted."""
from typing import Any

from sqlalchemy import exists, or_, select, update

from app.actor import Actor
from app.data.batches import repeat
from app.data.columns import constant
from app.data.held import is_held_from
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.version_keys import version_key
from app.errors import InvalidInput, NotFound, RuleViolated
from app.identity.access import acting_user, require, require_self
from blueprints.network.company.commands import (
    require_admin_of_each,
    require_company_admin,
    share_facts,
)
from blueprints.network.company.queries import CompanyFacts
from blueprints.network.job_application.models import JobApplication, JobPosting
from blueprints.network.job_application.rules import ACTIVE, CLOSED
from blueprints.platform.people.commands import require_person

NO_SUCH_POSTING = "Job posting not found"
_AT_ONCE = 200


def create_posting(actor: Actor, *, company_id: str | None = None, company_name: str | None = None,
                   posted_by_user_id: str | None = None, id: str | None = None, **values: Any) -> JobPosting:
    """Offer a job; with `company_id` it is the company's, and so is the name (NET-22).

    Raises NotFound (no such company), Forbidden (no admin, another's name, AccountInactive), InvalidInput (neither
    company nor name)."""
    poster = acting_user(actor, posted_by_user_id)
    with unit_of_work(actor) as work:
        require_person(work, poster)
        name = require_company_admin(work, company_id).name if company_id else company_name
        if name is None:
            raise InvalidInput("companyName: is required", detail={"companyName": "is required"})
        posting = work.insert(JobPosting(id=id, company_id=company_id, company_name=name, posted_by_user_id=poster,
                                         **values))
        work.commit()
    return posting


def change_posting(actor: Actor, job_posting_id: str, **values: Any) -> JobPosting:
    """Change a posting; its poster stays. Another `company_id` needs the right there, too.

    Raises NotFound, Forbidden, RuleViolated (CompanyIdFrozen: somebody has applied)."""
    with unit_of_work(actor) as work:
        posting, companies = lock_posting(work, job_posting_id, values.get("company_id"))
        company_id = values.get("company_id", posting.company_id)
        if company_id != posting.company_id and _has_applications(work, posting.id):
            raise RuleViolated("CompanyIdFrozen", "Somebody has applied: the posting stays the company's it is")
        if company_id is not None:
            values["company_name"] = companies[company_id].name
        work.change(posting, **values)
        work.commit()
    return posting


def delete_posting(actor: Actor, job_posting_id: str) -> JobPosting:
    """Soft-delete a posting: its applications are their applicants' alone from then on. Raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        posting, _ = lock_posting(work, job_posting_id)
        work.archive(posting)
        work.commit()
    return posting


def lock_posting(work: UnitOfWork, posting_id: str,
                 company_id: str | None = None) -> tuple[JobPosting, dict[str, CompanyFacts]]:
    """Return a posting that the actor keeps, locked, and id → facts of its company and of `company_id`.

    Companies come first in the order of locks, so whose it is is read before. Raises NotFound, Forbidden (also when it
    becomes another company's meanwhile)."""
    found = find_posting(work, posting_id)
    companies = require_keeper(work, found, company_id)
    former = found.company_id
    posting = work.lock(JobPosting, posting_id, archived_too=True)
    if not posting.is_active:
        raise NotFound(NO_SUCH_POSTING)
    require(posting.company_id == former)
    return posting, companies


def find_posting(work: UnitOfWork, posting_id: str) -> JobPosting:
    """Return an active posting, held ones too, as it is now; raises NotFound."""
    posting = work.find(JobPosting, JobPosting.id == posting_id, JobPosting.is_active.is_(True))
    if posting is None:
        raise NotFound(NO_SUCH_POSTING)
    return posting


def require_keeper(work: UnitOfWork, posting: JobPosting, company_id: str | None = None) -> dict[str, CompanyFacts]:
    """Return id → facts of the posting's company, and of `company_id`, for which the actor may act until the end.

    Raises NotFound (a company is gone; moderation holds the posting), Forbidden."""
    companies = require_admin_of_each(work, {one for one in (posting.company_id, company_id) if one})
    if posting.company_id is None:
        require_self(work.actor, posting.posted_by_user_id)
    if is_held_from(posting.held, is_own=True, is_staff=work.actor.is_staff):
        raise NotFound(NO_SUCH_POSTING)
    return companies


def follow_company(actor: Actor, company_id: str) -> None:
    """Bring the postings of a company in line with it, some in a transaction: its name; closed when it is deleted."""
    def some(work: UnitOfWork, size: int) -> int:
        company = share_facts(work, company_id)  # two who follow it say the latest name
        if company is None:
            return 0
        wrong = [JobPosting.company_name != company.name]
        if not company.is_active:
            wrong.append(JobPosting.status == constant(ACTIVE))
        found = work.all(select(JobPosting).where(JobPosting.company_id == company_id, or_(*wrong))
                         .order_by(JobPosting.id).limit(size), lock=True)
        for posting in found:
            work.change(posting, company_name=company.name, status=posting.status if company.is_active else CLOSED)
        return len(found)
    repeat(actor, some, size=_AT_ONCE)


def withdraw_postings(actor: Actor, user_id: str, cause: str | None) -> None:
    """Soft-delete the personal postings of somebody whose account is gone, some in a transaction."""
    def some(work: UnitOfWork, size: int) -> int:
        found = work.all(select(JobPosting).where(
            JobPosting.posted_by_user_id == user_id, JobPosting.company_id.is_(None),
            JobPosting.is_active.is_(True)).order_by(JobPosting.id).limit(size), lock=True)
        for posting in found:
            work.archive(posting)
        return len(found)
    repeat(actor, some, size=_AT_ONCE, cause=cause)


def forget_poster(actor: Actor, user_id: str, cause: str | None) -> None:
    """Empty the personal postings of somebody who is gone for good: nobody keeps them any more.

    Their rows stay, archived: whoever could take such an id anew would keep the applications that name it."""
    with unit_of_work(actor, request_id=cause) as work:
        work.execute(update(JobPosting).where(
            JobPosting.posted_by_user_id == user_id, JobPosting.company_id.is_(None)).values(
            is_active=False, title="", description="", company_name="", location=None, salary_range=None,
            folded_title=None, folded_location=None, folded_company_name=None)
            .execution_options(synchronize_session=False))
        work.invalidate(version_key(JobPosting))
        work.commit()


def _has_applications(work: UnitOfWork, posting_id: str) -> bool:
    """Return whether anybody has ever applied, withdrawn ones too."""
    return bool(work.rows(select(exists(select(JobApplication.id).where(
        JobApplication.job_posting_id == posting_id))))[0][0])
