"""adminModeration of the network as one declaration."""
from app.service import ServiceDeclaration
from blueprints.platform.moderation.service import own_topics

SERVICE = ServiceDeclaration(
    name="adminModeration", version="1.0.0", description="Reports, cases and acts of staff.",
    realms=("network",),
    routes="blueprints.platform.moderation.routes.api",
    emits=own_topics,
)
