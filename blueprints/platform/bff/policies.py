"""Who may call the BFF; who may ask for the rows of an index, its object says (app/data/visibility)."""
from app.identity.access import Predicate, logged_in, public

POLICIES: dict[str, Predicate] = {
    "listIndex": public,
    "listIndexByPost": public,
    "countIndex": public,
    "countIndexByPost": public,
    "getIndexSchema": public,
    "getIndexRow": public,
    "searchIndexes": public,
    "suggestWords": public,
    "listSavedFilters": logged_in,
    "saveFilter": logged_in,
    "deleteSavedFilter": logged_in,
}
