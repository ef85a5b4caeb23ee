"""How the records of searchIndexing are read: by everybody, as the search of old."""
from app.data.visibility import ReadObject, member, not_
from app.identity.access import public_read
from app.search.catalogue import DeclaredIndex, Progress
from app.search.rows import IndexedRows
from blueprints.marketplace.search_indexing.documents import SCHEMA, SOURCE
from blueprints.marketplace.search_indexing.models import SearchIndex
from blueprints.marketplace.search_indexing.queries import SEARCH_FILTERS
from blueprints.marketplace.search_indexing.visibility import RECORDS
from blueprints.platform.people.visibility import RESTING_SELLERS


def _refresh_everything(progress: Progress) -> int:
    """Compare all records with what they describe; to declare the index, nothing that writes them is needed."""
    from blueprints.marketplace.search_indexing.refreshing import refresh_everything

    return refresh_everything(progress)


INDEX = DeclaredIndex(SCHEMA, SOURCE, _refresh_everything, every_login_reads=True, rows=IndexedRows(
    SCHEMA, SearchIndex, (), words=SearchIndex.words,
    means={RECORDS.there: not_(member("sellerId", RESTING_SELLERS))}))
READABLE = (ReadObject(RECORDS, who=public_read, facets=("documentType",), filters=SEARCH_FILTERS,
                        suggested=True),)
