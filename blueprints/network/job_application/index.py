"""How postings and applications are read. What of postings is searched: the public ones whose page moderation does not
hold (docs/network.md, Search)."""
from sqlalchemy import case, not_

from app.data.columns import constant
from app.data.held import is_free
from app.data.visibility import EVERYONE, NOBODY, ReadObject
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import SearchedRows, ids_where
from blueprints.network.company.rights import page_is_held
from blueprints.network.job_application import visibility
from blueprints.network.job_application.models import JobPosting
from blueprints.network.job_application.queries import (
    APPLICATION_FILTERS,
    HIDES_POSTINGS,
    POSTING_FILTERS,
    WHO_KEEPS,
    postings_seen_by,
)
from blueprints.network.job_application.rules import PUBLIC


def postings_of(company_id: str, most: int, after: str | None = None) -> tuple[list[str], str | None]:
    """Return the ids of the first postings of a company behind a cursor, and the cursor of the next (ids_where)."""
    return ids_where(JobPosting, JobPosting.company_id, company_id, most, after)


JOBS = SearchedRows(
    IndexSchema("jobs", (
        prose("title", 4.0), prose("description"),
        keyword("companyName", boost=2.0, facet=True, folded=True),
        keyword("location", boost=1.0, facet=True, folded=True),
        keyword("employmentType", facet=True), keyword("workplaceType", facet=True), keyword("status", facet=True),
        keyword("companyId", facet=True), keyword("postedByUserId"), keyword("personalUserId"),
        instant("createdAt"))),
    JobPosting,
    where=(JobPosting.visibility == constant(PUBLIC), is_free(JobPosting), not_(page_is_held(JobPosting.company_id))),
    seen=lambda actor, asked, ids: postings_seen_by(actor, ids),
    filtered=("companyName", "location", "employmentType", "workplaceType", "status", "companyId"),
    # A company's voice is heard by everybody: a block hides what people offer for themselves (NET-7).
    made={"personalUserId": case((JobPosting.company_id.is_(None), JobPosting.posted_by_user_id))},
    depends_on=(*WHO_KEEPS, *HIDES_POSTINGS, "rows:jobApplication"),
    people=("postedByUserId",), blockable="personalUserId",
    means={visibility.IS_PUBLIC: EVERYONE, visibility.PAGE_IS_HELD: NOBODY},
)
READABLE = (
    ReadObject(visibility.POSTINGS, words=("title", "description", "companyName", "location"),
               facets=("companyName", "location", "employmentType", "workplaceType", "status", "companyId"),
               searched=("description", "title", "applicationDeadline", "companyId", "employmentType",
                         "postedByUserId", "location", "visibility", "workplaceType", "status", "companyName"),
               filters=POSTING_FILTERS, suggested=True),
    ReadObject(visibility.APPLICATIONS, facets=("status",), searched=(
        "jobPostingId", "applicantUserId", "lastStatusUpdateAt", "status", "appliedAt"), filters=APPLICATION_FILTERS),
)
