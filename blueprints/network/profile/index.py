"""How profiles and dictionaries are read. What of profiles is searched: the public ones (docs/network.md, Search)."""
from app.data.columns import constant
from app.data.held import is_free
from app.data.visibility import EVERYONE, ReadObject, Visibility
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import SearchedRows
from blueprints.network.profile import visibility
from blueprints.network.profile.models import Certification, Language, Profile
from blueprints.network.profile.queries import (
    CERTIFICATION_FILTERS,
    LANGUAGE_FILTERS,
    PROFILE_FILTERS,
    profiles_found,
    with_relation,
)
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
    people=("userId",), blockable="userId",
    means={visibility.IS_OPEN: EVERYONE},
)
READABLE = (
    ReadObject(visibility.PROFILES, words=(
        "fullName", "headline", "skills", "currentCompany", "summary", "languages", "certifications", "location",
        "industry"),
        facets=("skills", "languages", "certifications", "currentCompany", "location", "industry"),
        searched=("summary", "headline", "userId", "fullName", "currentCompany", "industry", "languages", "skills",
                  "location", "experience", "profileVisibility", "education", "certifications"),
        filters=PROFILE_FILTERS, completed=with_relation, adds=("isPremium", "degree"),
        suggested=True),
    ReadObject(Visibility(Certification, EVERYONE), words=("name",), filters=CERTIFICATION_FILTERS),
    ReadObject(Visibility(Language, EVERYONE), words=("name",), filters=LANGUAGE_FILTERS),
)
