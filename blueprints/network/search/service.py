"""search as one declaration; the indexes are declared by the services that own the rows."""
from functools import partial

from app.ops.mends import Mend
from app.search.catalogue import INDEX_MEND, check_index, mend_index
from app.service import ServiceDeclaration
from blueprints.network.company.index import COMPANIES
from blueprints.network.content.index import POSTS
from blueprints.network.job_application.index import JOBS
from blueprints.network.profile.index import PEOPLE
from blueprints.network.search import subscribers
from blueprints.network.search.topics import ROWS_LEFT

SERVICE = ServiceDeclaration(
    name="search", version="1.0.0", description="People, companies, jobs and posts, found by words and facets.",
    realms=("network",),
    routes="blueprints.network.search.routes.api",
    background=(subscribers,),
    emits=lambda _: (ROWS_LEFT,),
    checks={f"search of {rows.schema.name}": partial(check_index, rows.schema.name)
            for rows in (PEOPLE, COMPANIES, JOBS, POSTS)},
    mends={f"search of {rows.schema.name}": Mend(INDEX_MEND, partial(mend_index, rows.schema.name))
           for rows in (PEOPLE, COMPANIES, JOBS, POSTS)},
)
