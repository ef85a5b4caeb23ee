"""What the OpenAPI document tells of the realtime service's routes (rules-platform §7.5, front-door.md FD-12…16)."""
from typing import Any

from app.events.outward import MOST_TOPICS
from app.events.topics import db_topic
from app.http.event_stream import MIME_TYPE
from app.http.openapi import IDEMPOTENCY_KEY, answer, parameter
from blueprints.platform.realtime.tickets import SECONDS

Document = dict[str, Any]

_STREAM = """Server-Sent Events. A message is `{type, timestamp, data}`: the topic, when it happened, the row as you see
it (of a deleted one its id); staff get `old`, the former values. `start`: you are told what happens from here; `gone`:
a row that you saw is hidden from you; `reset`: events between your last one and this are lost, read anew; `end`: the
login is over. Each has an id: send the last one as Last-Event-ID to go on behind it."""
_TOPIC = db_topic("marketplace", "auctionOffer", "auctionOfferBid", "created")
_EXAMPLE = f"""retry: 2417
event: start
id: 1790590812345
data: {{}}

id: 1790590812350
data: {{"type":"{_TOPIC}","timestamp":"2026-01-31T12:00:00.000Z",\
"data":{{"id":"018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e","bidAmount":15.0}}}}

"""
_REFUSED = {"$ref": "#/components/schemas/ApiError"}
SUBSCRIBE: Document = {
    "parameters": [
        parameter("query", "topics", {"type": "string"}, f"up to {MOST_TOPICS}, with commas between: a "
                  "dbevent's topic, `topic:id`, or `object/id` for all that happens to one row") | {"required": True},
        parameter("query", "ticket", {"type": "string"}, "in place of a token: from POST /tickets, opens one stream"),
        parameter("query", "lastEventId", {"type": "string"}, "the same as Last-Event-ID, for who cannot send it"),
        parameter("header", "Last-Event-ID", {"type": "string"}, "the id of the last event that you have")],
    "responses": {
        "200": answer({"type": "string"}, _STREAM, MIME_TYPE, example=_EXAMPLE),
        "401": answer(_REFUSED, "No valid login, or what a visitor may not follow"),
        "429": answer(_REFUSED, "Too many requests, or too many open streams; see Retry-After")},
    "security": [{}, {"bearer": []}, {"header": []}, {"cookie": []}, {"query": []}]}
TICKET: Document = {
    "parameters": [IDEMPOTENCY_KEY],
    "responses": {
        "201": answer({
            "type": "object", "required": ["status", "statusCode", "ticket", "expiresIn"], "properties": {
                "status": {"const": "OK"}, "statusCode": {"const": 201}, "ticket": {"type": "string"},
                "expiresIn": {"type": "integer", "const": SECONDS, "description": "seconds"}}}),
        "409": answer(_REFUSED, "The same Idempotency-Key is in flight")}}
