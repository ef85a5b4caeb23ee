"""What of companies is searched: the public pages (docs/network.md, Search)."""
from app.data.changes import version_key
from app.data.columns import constant
from app.data.held import is_free
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import SearchedRows
from blueprints.network.company.models import Company, CompanyAdmin, CompanyFollower, CompanyUpdate
from blueprints.network.company.queries import companies_found
from blueprints.network.company.rules import PUBLIC

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
)
