"""The read layer of every realm as one declaration; what is read, the services of the objects declare."""
from app.data.person_rows import ERASED, exported, rows_of_people
from app.ops.mends import Mend
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.bff import comparing
from blueprints.platform.bff.models import SavedFilter, StoredViewPart
from blueprints.platform.bff.stored_views import forget, forget_again
from blueprints.platform.bff.subscribers import followed
from blueprints.platform.bff.views import VIEWS_NAMED

SERVICE = ServiceDeclaration(
    name="bff", version="1.0.0",
    description="Lists, counts, facets and gets of every data object; saved filters. Views are indexes, too: rows with "
                "what they point at. " + VIEWS_NAMED,
    realms=EVERY_REALM, path="bff-service", also_at="bff-api",
    routes="blueprints.platform.bff.routes.api",
    background=(comparing,),
    follows_what_is_joined=followed,
    checks={"stored views": comparing.check_views},
    mends={"stored views": Mend(comparing.MENDS, comparing.mend_views)},
    persons=(
        rows_of_people(SavedFilter, ERASED, "user_id", export=exported("saved-filters", "user_id")),
        rows_of_people(StoredViewPart, ERASED, "part_id", first=forget_again, at_once=forget,
                       export="copies of what the export has of the rows themselves"),
    ),
)
