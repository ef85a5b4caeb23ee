"""notices as one declaration; the people read what it tells them at the notification service."""
from app.service import ServiceDeclaration
from blueprints.network.notices import subscribers, subscribers_companies
from blueprints.network.notices.topics import FOLLOWERS_LEFT
from blueprints.network.notices.words import KINDS

SERVICE = ServiceDeclaration(
    name="notices", version="1.0.0", description="What the network's people are told of each other.",
    realms=("network",),
    background=(subscribers, subscribers_companies),
    notices=KINDS,
    emits=lambda _: (FOLLOWERS_LEFT,),
)
