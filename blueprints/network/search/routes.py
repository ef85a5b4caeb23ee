"""URL map of search; all of it is ours (docs/network.md, Search)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from app.search.rows import (
    ASKED_BEGINNING,
    ASKED_HIGHLIGHTS,
    ASKED_WORDS,
    HIGHLIGHTS,
    MANNER,
    SUGGESTED,
    chosen_indexes,
)
from app.search.synonyms import synonyms_digest
from blueprints.network.company.index import COMPANIES
from blueprints.network.content.index import POSTS
from blueprints.network.job_application.index import JOBS
from blueprints.network.profile.index import PEOPLE
from blueprints.network.search import queries
from blueprints.network.search.policies import POLICIES

api = Routes(POLICIES, {"getSuggestions": ApiNames(data_name="suggestions")})

_INDEXES = {rows.schema.name: rows for rows in (PEOPLE, COMPANIES, JOBS, POSTS)}
_WORDS = {"q": f"{ASKED_WORDS}; without words the newest first", "highlight": ASKED_HIGHLIGHTS}
_EXTRAS: dict[str, Any] = {
    "facets": {"type": "object", "description": "of each field, how often each value occurs among all that is found, "
               "most frequent first, at most 100; a filter does not narrow the facet of its own field",
               "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}}},
    **MANNER, **HIGHLIGHTS}


# How near people are, and who is premium, changes without a change of profiles: it is found anew, as their list is.
@api.list("/v1/people", name="searchPeople", returns=PEOPLE.model, filters=PEOPLE.filters, arguments=_WORDS,
          extras=_EXTRAS, cached=False)
def search_people(actor: Actor, asked: ReadRequest) -> Listing:
    """Search public profiles by words, skills, languages, certifications, company, location and industry."""
    return queries.search(PEOPLE, actor, asked)


@api.list("/v1/companies", name="searchCompanies", returns=COMPANIES.model, filters=COMPANIES.filters,
          arguments=_WORDS, extras=_EXTRAS, depends_on=COMPANIES.version_keys, keyed_by=synonyms_digest)
def search_companies(actor: Actor, asked: ReadRequest) -> Listing:
    """Search public company pages by words, industry and location."""
    return queries.search(COMPANIES, actor, asked)


@api.list("/v1/jobs", name="searchJobs", returns=JOBS.model, filters=JOBS.filters, arguments=_WORDS, extras=_EXTRAS,
          depends_on=JOBS.version_keys, keyed_by=synonyms_digest)
def search_jobs(actor: Actor, asked: ReadRequest) -> Listing:
    """Search public postings by words, company, location, employment and workplace type, and status."""
    return queries.search(JOBS, actor, asked)


@api.list("/v1/posts", name="searchPosts", returns=POSTS.model, filters=POSTS.filters, arguments=_WORDS,
          extras=_EXTRAS, depends_on=POSTS.version_keys, keyed_by=synonyms_digest)
def search_posts(actor: Actor, asked: ReadRequest) -> Listing:
    """Search public posts by words, author and company."""
    return queries.search(POSTS, actor, asked)


@api.get("/v1/suggestions", name="getSuggestions", extras={"suggestions": SUGGESTED}, arguments={
    "q": ASKED_BEGINNING, "indexes": f"which of {', '.join(_INDEXES)}, separated by commas; by default all"})
def get_suggestions(actor: Actor, asked: ReadRequest) -> Wire:
    """Suggest words while somebody types."""
    chosen = chosen_indexes(asked.arguments.get("indexes"), _INDEXES)
    return queries.suggest(chosen, actor, asked.arguments.get("q", ""))
