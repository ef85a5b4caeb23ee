"""Who sees postings and applications. A posting is kept by the current admins of its company, also of a deleted one, or
without one by its poster (NET-11, NET-12)."""
from sqlalchemy import Select, or_, select, true

from app.actor import Actor
from app.data.columns import constant
from app.data.held import HIDDEN, is_free, viewer_of_role
from app.data.visibility import (
    Visibility,
    all_of,
    any_of,
    expression_in_sql,
    ids_of_caller,
    is_,
    me,
    member,
    not_,
    super_admin,
)
from app.data.visibility.sets import Condition
from blueprints.network.company.visibility import ALL_ADMINISTERED, HELD_PAGES
from blueprints.network.job_application.models import JobApplication, JobPosting
from blueprints.network.job_application.rules import PUBLIC
from blueprints.platform.people.visibility import BLOCKED, is_not_at_rest

_IS_KEPT = any_of(all_of(is_("companyId", None), me("postedByUserId")), member("companyId", ALL_ADMINISTERED))
IS_PUBLIC, PAGE_IS_HELD = is_("visibility", PUBLIC), member("companyId", HELD_PAGES)
# Its poster is active (NET-8), its page is not held; a block hides personal ones: a company's voice is heard by
# everybody (NET-7).
_IS_THERE = all_of(is_not_at_rest("postedByUserId"), any_of(
    not_(is_("companyId", None)), not_(member("postedByUserId", BLOCKED))), not_(PAGE_IS_HELD))
POSTINGS = Visibility(JobPosting, any_of(_IS_KEPT, all_of(IS_PUBLIC, _IS_THERE)),
                      sees_all=super_admin, sees_held=viewer_of_role)


def is_kept(actor: Actor) -> Condition:
    """Return the condition that the actor decides over a posting; superAdmin does over all."""
    return true() if actor.is_super_admin else expression_in_sql(_IS_KEPT, JobPosting, actor)


def is_there(actor: Actor) -> Condition:
    """Return the condition that nothing hides a posting from the actor (else 404: NET-4); who keeps it sees it all the
    same."""
    return true() if actor.is_super_admin else expression_in_sql(any_of(_IS_KEPT, _IS_THERE), JobPosting, actor)


def kept_postings(actor: Actor) -> Select[tuple[str]]:
    """Return the query of the ids of the active postings that the actor keeps; what staff removed is nobody's."""
    return select(JobPosting.id).where(JobPosting.is_active.is_(True), is_kept(actor),
                                       or_(is_free(JobPosting), JobPosting.held == constant(HIDDEN)))


APPLICATIONS = Visibility(JobApplication, any_of(me("applicantUserId"), member("jobPostingId", ids_of_caller(
    "active postings that the caller keeps", kept_postings, depends_on=("rows:jobPosting", "rows:companyAdmin")))),
    sees_all=super_admin)
