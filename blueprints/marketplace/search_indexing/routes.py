"""URL map of searchIndexing (contract documents 161–165); both spellings of the path answer everything (decision 5)."""
from typing import Any

from app.actor import Actor
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from app.search.rows import ASKED_BEGINNING, ASKED_HIGHLIGHTS, ASKED_WORDS, HIGHLIGHTS, MANNER, SUGGESTED
from app.search.synonyms import synonyms_digest
from blueprints.marketplace.search_indexing import commands, queries
from blueprints.marketplace.search_indexing.index import INDEX
from blueprints.marketplace.search_indexing.models import SearchIndex
from blueprints.marketplace.search_indexing.narrowing import ARGUMENTS, EXTRAS
from blueprints.marketplace.search_indexing.policies import POLICIES
from blueprints.marketplace.search_indexing.schemas import NewSearchIndex, SearchIndexChange

api = Routes(POLICIES, {"listSearchIndexes": ApiNames(data_name="searchIndices"),
                        "getSuggestions": ApiNames(data_name="suggestions")})

MANY, MANY_ALIAS = "/v1/searchindexs", "/v1/searchindexes"
ONE, ONE_ALIAS = f"{MANY}/{{searchIndexId}}", f"{MANY_ALIAS}/{{searchIndexId}}"

api.create(MANY, commands.put_document, "Record a document, or update the one of this documentType and referenceId.",
           aliases=(MANY_ALIAS,), name="createSearchIndex", body=NewSearchIndex, returns=SearchIndex,
           id_name="searchIndexId")
api.get(ONE, queries.get_search_index, "Get an index record.",
        aliases=(ONE_ALIAS,), name="getSearchIndex", returns=SearchIndex)
api.list(MANY_ALIAS, queries.list_search_indexes, "List or search index records.",
         aliases=(MANY,), name="listSearchIndexes", returns=SearchIndex, depends_on=(INDEX.version_key, "rows:user"),
         same_for_role=True, filters=queries.SEARCH_FILTERS,
         arguments={"q": ASKED_WORDS, "highlight": ASKED_HIGHLIGHTS, **ARGUMENTS},
         extras={**MANNER, **HIGHLIGHTS, **EXTRAS}, keyed_by=synonyms_digest)


@api.get("/v1/suggestions", name="getSuggestions", arguments={"q": ASKED_BEGINNING},
         extras={"suggestions": SUGGESTED})
def get_suggestions(actor: Actor, asked: ReadRequest) -> Wire:
    """Suggest words while somebody types."""
    return queries.suggest(asked.arguments.get("q", ""))


api.update(ONE, commands.change_document, "Change an index record.",
           aliases=(ONE_ALIAS,), name="updateSearchIndex", body=SearchIndexChange, returns=SearchIndex)
api.delete(ONE, commands.delete_document, "Soft-delete an index record.",
           aliases=(ONE_ALIAS,), name="deleteSearchIndex", returns=SearchIndex)


@api.system("/admin/rebuild-search-index", name="rebuildSearchIndex", method="POST")
def rebuild_search_index(actor: Actor) -> dict[str, Any]:
    """Let all index records be written anew, soon and in the background."""
    commands.ask_for_rebuild(actor)
    return {"status": 200, "message": "Reindex triggered. Actual rebuild will be handled by backend process queue."}
