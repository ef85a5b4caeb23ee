"""The letters about accounts, in every realm; it has no routes yet."""
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.notification import subscribers

SERVICE = ServiceDeclaration(
    name="notification", version="1.0.0", description="Letters about accounts.",
    realms=EVERY_REALM, path="notification-service",
    background=(subscribers,),
)
