"""The read layer of every realm as one declaration; what is read, the services of the objects declare."""
from app.data.person_rows import ERASED, exported, rows_of_people
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.bff.models import SavedFilter

SERVICE = ServiceDeclaration(
    name="bff", version="1.0.0", description="Lists, counts, facets and gets of every data object; saved filters.",
    realms=EVERY_REALM, path="bff-service", also_at="bff-api",
    routes="blueprints.platform.bff.routes.api",
    persons=(rows_of_people(SavedFilter, ERASED, "user_id", export=exported("saved-filters", "user_id")),),
)
