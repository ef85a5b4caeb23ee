"""A posting as staff judge it, hide or remove it, and bring it back (moderation.md M-1, M-30)."""

from sqlalchemy import select

from app.actor import Actor
from app.data.moderated_kinds import Decide, Subject
from app.data.object_commands import hold_object, restore_object
from app.data.reads import find_any_row
from app.data.unit_of_work import UnitOfWork, unit_of_work
from blueprints.network.company.queries import admins_of
from blueprints.network.job_application.models import JobPosting
from blueprints.network.job_application.queries import keeps
from blueprints.network.job_application.rules import PUBLIC
from blueprints.platform.people.commands import refuse_gone

_READ = ("title", "companyName", "location", "salaryRange", "description")


def posting_subject(actor: Actor, job_posting_id: str) -> Subject | None:
    """Return a posting; None where there is none. A private one is reported by who keeps it.

    It concerns its poster while it is his to keep, else the first admin of its company."""
    row = find_any_row(JobPosting, job_posting_id)
    if row is None:
        return None
    parties = None
    if row["visibility"] != PUBLIC:
        parties = frozenset({str(actor.user_id)} if keeps(actor, job_posting_id) else ())
    return Subject(row["title"], _concerned(row["companyId"], row["postedByUserId"]), row,
                   words="\n".join(filter(None, (row[name] for name in _READ))), parties=parties, held=row["held"],
                   is_active=row["isActive"])


def hold_posting(work: UnitOfWork, posting_id: str, decide: Decide) -> list[str]:
    """Hold a posting, or let it go: while it is held nobody applies. Raises NotFound."""
    return hold_object(work, JobPosting, posting_id, decide)


def restore_posting(actor: Actor, posting_id: str) -> bool:
    """Bring a deleted posting back; returns whether it was gone.

    Raises NotFound, RuleViolated (PersonGone: its poster, unless it is a company's)."""
    with unit_of_work(actor) as work:
        refuse_gone(work, select(JobPosting.posted_by_user_id).where(
            JobPosting.id == posting_id, JobPosting.company_id.is_(None), JobPosting.is_active.is_(False)))
        was_gone = restore_object(actor, JobPosting, posting_id)
        work.commit()
    return was_gone


def _concerned(company_id: str | None, poster_id: str) -> str | None:
    admins = admins_of(company_id) if company_id else [poster_id]
    return poster_id if poster_id in admins else next(iter(admins), None)
