"""people as one declaration; it has no routes: other services ask it, and it listens to `user-purged`."""
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.people import subscribers

SERVICE = ServiceDeclaration(
    name="people", version="1.0.0", description="Who may trade, and what becomes of the rows of who is gone.",
    realms=EVERY_REALM,
    background=(subscribers,),
)
