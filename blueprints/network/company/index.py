"""What of companies is searched: the public pages (docs/network.md, Search)."""
from collections.abc import Sequence

from app.actor import Actor
from app.data.changes import version_key
from app.data.columns import constant
from app.data.held import is_free
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import SearchedRows
from blueprints.network.company.models import Company, CompanyAdmin, CompanyFollower, CompanyUpdate
from blueprints.network.company.queries import add_counts, companies_seen_by
from blueprints.network.company.rules import PUBLIC


def _seen(actor: Actor, asked: ReadRequest, ids: Sequence[str]) -> dict[str, Wire]:
    rows = companies_seen_by(actor, ids)
    add_counts(list(rows.values()))
    return rows


COMPANIES = SearchedRows(
    IndexSchema("companies", (
        prose("name", 4.0), prose("description"),
        keyword("industry", boost=1.0, facet=True, folded=True),
        keyword("location", boost=1.0, facet=True, folded=True), instant("createdAt"))),
    Company,
    where=(Company.page_visibility == constant(PUBLIC), is_free(Company)),
    seen=_seen,
    filtered=("industry", "location"),
    depends_on=tuple(map(version_key, (CompanyAdmin, CompanyFollower, CompanyUpdate))),
)
