"""What searchIndexing does by the clock: each night, and when staff asks, all records are compared with the truth."""
from app.actor import Actor
from app.jobs.schedule import periodic
from app.search.catalogue import rebuild_index
from blueprints.marketplace.search_indexing.commands import REBUILD_JOB
from blueprints.marketplace.search_indexing.documents import SCHEMA

REALM = "marketplace"


@periodic(REBUILD_JOB, realm=REALM, hours=24)
def rebuild_search_index(_actor: Actor) -> str:
    """Write all search records and the search index anew."""
    return f"{rebuild_index(SCHEMA.name)} documents"
