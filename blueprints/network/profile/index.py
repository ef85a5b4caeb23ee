"""What of profiles is searched: the public ones (docs/network.md, Search)."""
from app.data.columns import constant
from app.data.held import is_free
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import SearchedRows
from blueprints.network.profile.models import Profile
from blueprints.network.profile.queries import profiles_found
from blueprints.network.profile.rules import PUBLIC

PEOPLE = SearchedRows(
    IndexSchema("people", (
        prose("fullName", 4.0), prose("headline", 2.0), prose("summary"),
        keyword("skills", boost=2.0, facet=True, many=True, folded=True),
        keyword("languages", boost=1.0, facet=True, many=True, folded=True),
        keyword("certifications", boost=1.0, facet=True, many=True, folded=True),
        keyword("currentCompany", boost=2.0, facet=True, folded=True),
        keyword("location", boost=1.0, facet=True, folded=True),
        keyword("industry", boost=1.0, facet=True, folded=True),
        keyword("userId"), instant("createdAt"))),
    Profile,
    where=(Profile.profile_visibility == constant(PUBLIC), is_free(Profile)),
    seen=profiles_found,
    filtered=("skills", "languages", "certifications", "currentCompany", "location", "industry"),
    person="userId", blockable="userId",
)
