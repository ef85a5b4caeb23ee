"""How pages, admins, followers and news are read. What is searched: the public pages (docs/network.md, Search)."""
from app.data.columns import constant
from app.data.held import is_free
from app.data.version_keys import version_key
from app.data.visibility import EVERYONE, ReadObject
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import SearchedRows, WordedRows, ids_where
from blueprints.network.company import visibility
from blueprints.network.company.models import Company, CompanyAdmin, CompanyFollower, CompanyUpdate
from blueprints.network.company.queries import (
    ADMIN_FILTERS,
    COMPANY_FILTERS,
    FOLLOWER_FILTERS,
    UPDATE_FILTERS,
    companies_found,
    with_counts,
)
from blueprints.network.company.rights import page_is_open
from blueprints.network.company.rules import PUBLIC


def news_of(company_id: str, most: int, after: str | None = None) -> tuple[list[str], str | None]:
    """Return the ids of the first news of a company behind a cursor, and the cursor of the next (ids_where)."""
    return ids_where(CompanyUpdate, CompanyUpdate.company_id, company_id, most, after)


COMPANIES = SearchedRows(
    IndexSchema("companies", (
        prose("name", 4.0), prose("description"),
        keyword("industry", boost=1.0, facet=True, folded=True),
        keyword("location", boost=1.0, facet=True, folded=True), instant("createdAt"))),
    Company,
    where=(Company.page_visibility == constant(PUBLIC), is_free(Company)),
    seen=lambda actor, asked, ids: companies_found(actor, ids),
    filtered=("industry", "location"),
    depends_on=tuple(map(version_key, (CompanyAdmin, CompanyFollower, CompanyUpdate))),
    means={visibility.IS_PUBLIC: EVERYONE},
)
NEWS = WordedRows(
    IndexSchema("news", (prose("content"), keyword("companyId"), keyword("authorUserId"), instant("createdAt"))),
    CompanyUpdate,
    where=(CompanyUpdate.visibility == constant(PUBLIC), page_is_open(CompanyUpdate.company_id, None)),
    people=("authorUserId",),
    means=dict.fromkeys((visibility.PAGE_IS_THERE, visibility.PAGE_IS_OPEN, visibility.NEWS_IS_OPEN), EVERYONE))
READABLE = (
    ReadObject(visibility.COMPANIES, words=("name", "description", "industry", "location"),
               facets=("industry", "location", "pageVisibility"), filters=COMPANY_FILTERS,
               completed=lambda actor, asked, rows: with_counts(rows),
               adds=("followerCount", "updateCount"), suggested=True),
    ReadObject(visibility.ADMINS, searched=("userId", "companyId"), filters=ADMIN_FILTERS),
    ReadObject(visibility.FOLLOWERS, searched=("userId", "companyId"), filters=FOLLOWER_FILTERS),
    ReadObject(visibility.UPDATES, words=("content",), facets=("visibility", "companyId"),
               searched=("companyId", "content", "authorUserId", "visibility"), filters=UPDATE_FILTERS),
)
