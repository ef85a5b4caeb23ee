"""How the records of searchIndexing are read: by everybody, as the search of old."""
from app.data.visibility import ReadObject
from app.identity.access import public_read
from blueprints.marketplace.search_indexing.queries import SEARCH_FILTERS
from blueprints.marketplace.search_indexing.visibility import RECORDS

READABLE = (ReadObject(RECORDS, who=public_read, facets=("documentType",), filters=SEARCH_FILTERS,
                        suggested=True),)
