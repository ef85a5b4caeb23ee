"""search as one declaration; the indexes are declared by the services that own the rows."""
from app.service import ServiceDeclaration
from blueprints.network.search import subscribers
from blueprints.network.search.topics import ROWS_LEFT

SERVICE = ServiceDeclaration(
    name="search", version="1.0.0", description="People, companies, jobs and posts, found by words and facets.",
    realms=("network",),
    routes="blueprints.network.search.routes.api",
    background=(subscribers,),
    emits=lambda _: (ROWS_LEFT,),
)
