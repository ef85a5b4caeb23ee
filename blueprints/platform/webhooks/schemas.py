"""What clients send to have webhooks."""
from app.http.schemas import Choice, Identifier, InputSchema, Line, ListOf, Whole
from app.web_addresses import LONGEST_ADDRESS
from blueprints.platform.webhooks.documents import TOPIC
from blueprints.platform.webhooks.models import ACTIVE, PAUSED
from blueprints.platform.webhooks.rules import PAYLOAD_VERSIONS

_URL = {"format": "uri", "description": "https, port 443, no user and no fragment; its host leads to public addresses",
        "example": "https://shop.example/in"}
_TOPICS = {"description": "names of dbevents, `topic:id` or `object/id`, as for streams; 50 at most",
           "example": [TOPIC]}
_VERSIONS = {"least": min(PAYLOAD_VERSIONS), "most": max(PAYLOAD_VERSIONS)}


class NewEndpoint(InputSchema):
    """An address that wants to be told, and of what."""

    url = Line(most=LONGEST_ADDRESS, required=True, metadata=_URL)
    topics = ListOf(Line(most=200), most=50, required=True, metadata=_TOPICS)
    description = Line(most=255)
    payload_version = Whole(**_VERSIONS)


class EndpointChange(InputSchema):
    """What is changed of it; `active` also brings back one that was suspended or disabled."""

    url = Line(most=LONGEST_ADDRESS, metadata=_URL)
    topics = ListOf(Line(most=200), most=50, metadata=_TOPICS)
    description = Line(most=255)
    payload_version = Whole(**_VERSIONS)
    state = Choice((ACTIVE, PAUSED))


class Rotation(InputSchema):
    """For how long the former secret signs beside the new one: 24 hours unless it is said; 0 ends it at once."""

    overlap_hours = Whole(least=0, most=24)


class Replay(InputSchema):
    """Which messages are sent once more: one, or those of a range of positions, both ends included."""

    delivery_id = Identifier()
    first_position = Whole(least=0, most=2 ** 53 - 1)
    last_position = Whole(least=0, most=2 ** 53 - 1)
