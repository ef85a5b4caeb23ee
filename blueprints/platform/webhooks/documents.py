"""What the OpenAPI document tells of webhooks: how each is shown, and what was, would be and is sent (FD-17…21)."""
from typing import Any

from app.events.topics import db_topic
from blueprints.platform.webhooks.models import MESSAGE_STATES, STATES
from blueprints.platform.webhooks.rules import PAYLOAD_VERSIONS

Document = dict[str, Any]

TOPIC = db_topic("marketplace", "auctionOffer", "auctionOfferBid", "created")
_ID: Document = {"type": "string", "format": "uuid"}
_TEXT: Document = {"type": "string"}
_WHOLE: Document = {"type": "integer"}
_AT: Document = {"type": "string", "format": "date-time"}


def _perhaps(schema: Document) -> Document:
    return {**schema, "type": [schema["type"], "null"]}


def _object(**properties: Document) -> Document:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list_of(items: Document) -> Document:
    return {"type": "array", "items": items}


_ENDPOINT = _object(
    id=_ID, userId=_ID, clientId=_perhaps(_ID) | {"description": "the API client that registered it, if one did"},
    url=_TEXT, description=_perhaps(_TEXT), topics=_list_of(_TEXT),
    payloadVersion={"type": "integer", "enum": list(PAYLOAD_VERSIONS)},
    state={"type": "string", "enum": [*STATES, "deleted"]}, stateReason=_perhaps(_TEXT),
    formerSecretUntil=_perhaps(_AT) | {"description": "until then two secrets sign"},
    createdAt=_AT, succeededAt=_perhaps(_AT), failingSince=_perhaps(_AT))
_DELIVERY = _object(
    id=_ID, webhookId=_TEXT | {"description": "sent as `webhook-id`, the same at each attempt and replay"},
    position=_perhaps(_WHOLE), topic=_TEXT, objectName=_TEXT, objectId=_TEXT,
    state={"type": "string", "enum": list(MESSAGE_STATES)}, attempts=_WHOLE, lastStatus=_perhaps(_WHOLE),
    lastError=_perhaps(_TEXT),
    tries=_list_of(_object(at=_AT, status=_perhaps(_WHOLE), error=_perhaps(_TEXT),
                           ms=_WHOLE | {"description": "how long the receiver took"})),
    occurredAt=_AT, createdAt=_AT, dueAt=_perhaps(_AT), endedAt=_perhaps(_AT))
_EVENT = _object(id=_TEXT, position=_WHOLE, type=_TEXT, timestamp=_AT, data={"type": "object"})
_REQUEST = _object(url=_TEXT, headers={"type": "object", "additionalProperties": _TEXT}, body=_TEXT)
_NEXT = _WHOLE | {"description": "`after` of the next call"}

SHOWN: Document = {"webhookEndpoint": _ENDPOINT}
LISTED: Document = {"webhookEndpoints": _list_of(_ENDPOINT)}
WITH_SECRET: Document = SHOWN | {
    "secret": {"type": "string", "description": "`whsec_…`, shown this once: it signs what is sent to you"}}
TEST: Document = {"webhookDelivery": _object(id=_ID)}
DELIVERIES: Document = {"webhookDeliveries": _list_of(_DELIVERY)}
REPLAYED: Document = {"webhookReplay": _object(id=_ID, replayed=_WHOLE | {"description": "how many messages"})}
DRY_RUN: Document = {"webhookDryRun": _object(id=_ID, next=_NEXT, requests=_list_of(_REQUEST))}
EVENTS: Document = {"webhookEvents": _object(id=_ID, next=_NEXT, events=_list_of(_EVENT))}
