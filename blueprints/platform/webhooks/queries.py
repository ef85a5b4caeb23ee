"""What people see of their endpoints: the list, the deliveries, the events, and what would be sent."""
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.reads import Listing, Page, fetch, list_query
from app.data.reads.filters import Condition, Filters, equal
from app.data.reads.keyset import row_order
from app.data.serialization import Wire
from app.errors import InvalidInput, NotFound, RuleViolated
from app.events.log import events_after, is_known, oldest_position, read_position
from app.events.outward import OutwardEvent, Receiver, Selection, outward
from blueprints.platform.webhooks.models import WebhookEndpoint, WebhookMessage
from blueprints.platform.webhooks.rules import signed_headers, text_of
from blueprints.platform.webhooks.secrets import live_secrets

_BODIES: dict[int, Callable[[OutwardEvent], Wire]] = {1: attrgetter("body")}
"""What is said of an event, by the version of payloads: one that endpoints have pinned does not change any more."""
DELIVERY_FILTERS = Filters((equal(WebhookMessage.state), equal(WebhookMessage.topic)))
_NEWEST_ENDPOINT = row_order(WebhookEndpoint.id.desc())
_NEWEST_MESSAGE = row_order(WebhookMessage.id.desc())
_ENDPOINTS = select(*WebhookEndpoint.__table__.columns)
_MESSAGES = select(*WebhookMessage.__table__.columns)


def is_of(endpoint: Any, actor: Actor) -> bool:
    """Tell whether an endpoint's row is the actor's; the superAdmin and operators may act on each of their realm.

    A program has those that it made: one of its person's, led elsewhere, would outlive it (docs/decisions/111)."""
    if actor.is_program and endpoint.client_id != actor.client_id:
        return False
    return endpoint.realm == actor.realm and (actor.is_super_admin or actor.is_user(endpoint.user_id))


def list_endpoints(actor: Actor, page: Page) -> Listing:
    """Return a page of the actor's endpoints, the newest first; of a program's those that it made."""
    own = [WebhookEndpoint.realm == actor.realm, WebhookEndpoint.user_id == actor.user_id]
    if actor.is_program:
        own.append(WebhookEndpoint.client_id == actor.client_id)
    return list_query(_ENDPOINTS.where(*own), _NEWEST_ENDPOINT, page, endpoint_row)


def get_endpoint(actor: Actor, endpoint_id: str) -> Wire:
    """Return an endpoint of the actor's; raises NotFound."""
    return endpoint_row(_own(actor, endpoint_id))


def list_deliveries(actor: Actor, endpoint_id: str, page: Page, where: list[Condition]) -> Listing:
    """Return a page of an endpoint's messages of the last week, the newest first; raises NotFound."""
    _own(actor, endpoint_id)
    return list_query(_MESSAGES.where(WebhookMessage.endpoint_id == endpoint_id, *where), _NEWEST_MESSAGE, page,
                      delivery_row)


def events_for(actor: Actor, endpoint_id: str, after: int | None) -> Wire:
    """Return the events behind a position that the endpoint chose, as its person sees them now, and where to go on.

    Without a position it begins with the oldest. An answer with few or no events is not the end while `next` moves on.
    Raises NotFound, RuleViolated PositionUnknown for what the log does not have (any more)."""
    told, following = _outward_events(actor, endpoint := _own(actor, endpoint_id), after)
    return {"id": endpoint_id, "next": following, "events": [
        {"id": message_id(one), "position": one.position, **_body(endpoint, one)} for one in told]}


def dry_run(actor: Actor, endpoint_id: str, after: int | None) -> Wire:
    """Return the requests that would be sent for the same events, signed now; nothing is sent. Raises as events_for."""
    told, following = _outward_events(actor, endpoint := _own(actor, endpoint_id), after)
    moment, secrets = now(), live_secrets(endpoint)
    requests = []
    for one in told:
        text = text_of(_body(endpoint, one))
        requests.append({"url": endpoint.url, "headers": signed_headers(message_id(one), moment, text, secrets),
                         "body": text})
    return {"id": endpoint_id, "next": following, "requests": requests}


def message_id(told: OutwardEvent) -> str:
    """Return the id that an event has in each attempt, replay and list (FD-17)."""
    return f"evt_{told.event_id}"


def body_for(payload_version: int, told: OutwardEvent) -> Wire:
    """Return what is said of an event in the version an endpoint has pinned; raises KeyError for an unknown one."""
    return _BODIES[payload_version](told)


def position_wanted(after: str | None) -> int | None:
    """Return the position of the query parameter `after`, None where there is none; raises InvalidInput."""
    position = None if after is None else read_position(after)
    if position is None and after is not None:
        raise InvalidInput("after: expected a position", detail={"after": "expected a position"})
    return position


def endpoint_row(endpoint: Any) -> Wire:
    """Return an endpoint as it is shown: no secret is."""
    until = endpoint.former_until if endpoint.former_secret else None
    return {"id": endpoint.id, "userId": endpoint.user_id, "clientId": endpoint.client_id, "url": endpoint.url,
            "description": endpoint.description, "topics": endpoint.topics, "payloadVersion": endpoint.payload_version,
            "state": endpoint.state, "stateReason": endpoint.state_reason,
            "formerSecretUntil": iso(until) if until is not None and until > now() else None,
            "createdAt": iso(endpoint.created_at), "succeededAt": iso(endpoint.succeeded_at),
            "failingSince": iso(endpoint.failing_since)}


def delivery_row(message: Any) -> Wire:
    """Return a message as it is shown: what it said is made of the log, and not kept."""
    return {"id": message.id, "webhookId": message.message_id, "position": message.position, "topic": message.topic,
            "objectName": message.object_name, "objectId": message.object_id, "state": message.state,
            "attempts": message.attempts, "lastStatus": message.last_status, "lastError": message.last_error,
            "tries": message.tries, "occurredAt": iso(message.occurred_at), "createdAt": iso(message.created_at),
            "dueAt": iso(message.due_at), "endedAt": iso(message.ended_at)}


def _own(actor: Actor, endpoint_id: str) -> Any:
    found = fetch(_ENDPOINTS.where(WebhookEndpoint.id == endpoint_id))
    if not found or not is_of(found[0], actor):
        raise NotFound
    return found[0]


def _body(endpoint: Any, told: OutwardEvent) -> Wire:
    return body_for(endpoint.payload_version, told)


def _outward_events(actor: Actor, endpoint: Any, after: int | None) -> tuple[list[OutwardEvent], int]:
    """Return what the actor is told of the next events, and the position behind which to go on."""
    start = oldest_position() if after is None else after
    if after is not None and not is_known(after):
        raise RuleViolated("PositionUnknown", "the log does not begin there any more: begin anew without after")
    events = events_after(endpoint.realm, start)
    [told] = outward(events, [Receiver(actor, Selection.stored(endpoint.realm, endpoint.topics))])
    return told, events[-1].position if events else start
