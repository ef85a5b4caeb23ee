"""The reads of jobApplication: who keeps a posting, who sees it, and whose applications are shown to whom.

A posting is kept by the current admins of its company, or without one by its poster (NET-12)."""
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, union_all
from sqlalchemy.orm import aliased

from app.actor import Actor
from app.data.columns import iso
from app.data.held import Viewer, is_held_from, viewer_of_role
from app.data.person_rows import Person
from app.data.reads import Listing, fetch, fetch_one, get_row, list_rows
from app.data.reads.filters import Filters, contains, equal
from app.data.reads.read_request import ReadRequest
from app.data.reads.seen_rows import seen_rows
from app.data.serialization import Wire
from app.data.visibility import holds, rule_in_sql, seen_by
from app.errors import NotFound
from app.identity.access import require
from blueprints.network.company.queries import asks_private
from blueprints.network.company.rights import all_administered_by
from blueprints.network.job_application.deadlines import parse_deadline
from blueprints.network.job_application.models import JobApplication, JobPosting
from blueprints.network.job_application.rules import PUBLIC
from blueprints.network.job_application.visibility import APPLICATIONS, POSTINGS, is_there, kept_postings
from blueprints.platform.people.queries import HIDES_PEOPLE

POSTING_FILTERS = Filters((
    contains(JobPosting.title), replace(equal(JobPosting.application_deadline), parse=parse_deadline),
    equal(JobPosting.company_id), equal(JobPosting.employment_type), equal(JobPosting.posted_by_user_id),
    contains(JobPosting.location), equal(JobPosting.visibility), equal(JobPosting.workplace_type),
    equal(JobPosting.status), contains(JobPosting.company_name)))
APPLICATION_FILTERS = Filters((
    equal(JobApplication.job_posting_id), equal(JobApplication.applicant_user_id),
    equal(JobApplication.last_status_update_at), equal(JobApplication.status), equal(JobApplication.applied_at)))
WHO_KEEPS = ("rows:companyAdmin",)
HIDES_POSTINGS = ("rows:company", *HIDES_PEOPLE)
# By time and not by id: clients may choose the id (decision 4).
_OLDEST_FIRST = {model: (model.created_at, model.id) for model in (JobPosting, JobApplication)}
_EVERYTHING = Viewer(is_staff=True)
MOST_COUNTED = 10_000


class PostingFacts(NamedTuple):
    """What is told of a posting, closed and deleted ones too."""

    title: str
    poster_id: str
    company_id: str | None
    company_name: str | None


# --- what others ask ---


def posting_facts(posting_id: str) -> PostingFacts | None:
    """Return the facts of a posting; None where there never was one."""
    row = fetch_one(select(JobPosting.title, JobPosting.posted_by_user_id, JobPosting.company_id,
                           JobPosting.company_name).where(JobPosting.id == posting_id))
    return None if row is None else PostingFacts(*row)


def _seen_or_applied_for(actor: Actor) -> tuple[ColumnElement[bool]]:
    own = select(JobApplication.job_posting_id).where(
        JobApplication.applicant_user_id == actor.user_id, JobApplication.is_active.is_(True))
    return (or_(rule_in_sql(POSTINGS, actor), JobPosting.id.in_(own)),)


postings_seen_by = seen_rows(JobPosting, _seen_or_applied_for, viewer=viewer_of_role)
"""For joins: postings the actor sees or has applied for."""


def postings_by(person: Person) -> ColumnElement[bool]:
    """Return the condition of a person's postings for the export: of companies only those administered now (NET-12)."""
    return and_(JobPosting.posted_by_user_id == person.id,
                or_(JobPosting.company_id.is_(None), JobPosting.company_id.in_(all_administered_by(person.id))))


def latest_postings_by(user_id: str, limit: int) -> list[Wire]:
    """Return the postings that a person has made last, held and closed ones too, the newest first: for operators."""
    rows = fetch(select(JobPosting.id, JobPosting.title, JobPosting.company_name, JobPosting.status,
                        JobPosting.created_at, JobPosting.held)
                 .where(JobPosting.posted_by_user_id == user_id, JobPosting.is_active.is_(True))
                 .order_by(JobPosting.created_at.desc(), JobPosting.id.desc()).limit(limit))
    return [{"id": row.id, "title": row.title, "company": row.company_name, "status": row.status,
             "createdAt": iso(row.created_at), "held": row.held} for row in rows]


def application_count(user_id: str) -> int:
    """Return how many applications of a person stand, decided ones too; at most MOST_COUNTED."""
    some = select(JobApplication.id).where(JobApplication.applicant_user_id == user_id,
                                           JobApplication.is_active.is_(True)).limit(MOST_COUNTED).subquery()
    return int(fetch(select(func.count()).select_from(some))[0][0])


def keeps(actor: Actor, posting_id: str) -> bool:
    """Return whether the actor decides over an active posting."""
    return fetch_one(kept_postings(actor).where(JobPosting.id == posting_id)) is not None


# --- its own routes ---


def get_posting(actor: Actor, job_posting_id: str) -> Wire:
    """Return a posting; raises NotFound (also where its poster rests or is blocked), Forbidden (private: NET-4)."""
    row = get_row(JobPosting, job_posting_id, is_there(actor), viewer=_EVERYTHING)
    held = row.get("held")
    if held is None and row["visibility"] == PUBLIC:
        return row
    is_own = keeps(actor, job_posting_id)
    if is_held_from(held, is_own=is_own, is_staff=actor.is_staff):
        raise NotFound
    require(is_own or row["visibility"] == PUBLIC)
    return row


def list_postings(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the postings that the actor sees, oldest first."""
    is_private = asks_private(actor, POSTING_FILTERS, asked, "visibility")
    shown = (_is_near(actor),) if is_private else seen_by(POSTINGS, actor)
    return list_rows(JobPosting, asked.page, *asked.where, *shown, order=_OLDEST_FIRST[JobPosting],
                     viewer=viewer_of_role(actor))


def get_application(actor: Actor, job_application_id: str) -> Wire:
    """Return an application to its applicant and to who keeps the posting, blocked or not (NET-7).

    Raises NotFound, Forbidden."""
    row = get_row(JobApplication, job_application_id)
    require(holds(APPLICATIONS, row, actor))
    return row


def list_applications(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's own applications and of those for the postings that he keeps, oldest first:
    APPLICATIONS, each side by its own index, where `or_` would sort all."""
    own = JobApplication.applicant_user_id == actor.user_id
    either = [] if actor.is_super_admin else [
        own, and_(not_(own), JobApplication.job_posting_id.in_(kept_postings(actor)))]
    return list_rows(JobApplication, asked.page, *asked.where, either=either, order=_OLDEST_FIRST[JobApplication])


def _is_near(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the postings that the actor keeps, as private ones are seen by nobody else; each is found
    by an index, where POSTINGS would be asked of every private one. Not for superAdmin, who sees all."""
    near = aliased(JobPosting)
    return JobPosting.id.in_(union_all(
        select(near.id).where(near.posted_by_user_id == actor.user_id, near.company_id.is_(None)),
        select(near.id).where(near.company_id.in_(all_administered_by(actor.user_id)))))
