"""Who may call searchIndexing: staff writes, everybody logged in searches (rules-marketplace §9.2, SE1, decision 6)."""
from app.identity.access import Predicate, public_read, staff

POLICIES: dict[str, Predicate] = {
    "createSearchIndex": staff,
    "deleteSearchIndex": staff,
    "getSearchIndex": public_read,
    "getSuggestions": public_read,
    "listSearchIndexes": public_read,
    "updateSearchIndex": staff,
    "rebuildSearchIndex": staff,
}
