"""URL map of the realtime service, the same in every realm (rules-platform §7.5); the routes are bare."""
from typing import Any

from flask import Response, request

from app.actor import Actor
from app.http.bearer import presented_token
from app.http.declaration import Routes
from app.http.envelope import json_response
from app.http.event_stream import stream_answer
from app.http.idempotency import answered_once
from app.http.own_pages import check_cookie_write
from app.http.request import argument
from blueprints.platform.realtime import documents
from blueprints.platform.realtime.policies import POLICIES
from blueprints.platform.realtime.queries import holder_of_ticket, missed_by, stream_of
from blueprints.platform.realtime.tickets import SECONDS, issue_ticket

api = Routes(POLICIES)


@api.system("/subscribe", name="subscribe", **documents.SUBSCRIBE)
def subscribe(actor: Actor) -> Response:
    """Follow changes of data objects as they happen, as Server-Sent Events."""
    check_cookie_write()  # an open stream takes one of its user's few places
    caller, token = _caller(actor)
    last = request.headers.get("Last-Event-ID") or argument("lastEventId") or ""
    stream = stream_of(caller, token, argument("topics"), last, request.remote_addr or "")
    return stream_answer(stream, lambda: missed_by(stream))


@api.system("/tickets", name="createTicket", method="POST", **documents.TICKET)
def create_ticket(actor: Actor) -> Response:
    """Get a ticket that opens one stream within a minute: for pages, whose EventSource sends no token."""
    return answered_once(actor, "createTicket", request.get_data(), lambda: json_response(_ticket(actor), 201))


def _caller(actor: Actor) -> tuple[Actor, str | None]:
    """Return as whom a stream is opened, and by which token: that of a ticket goes before any other."""
    ticket = argument("ticket")
    if ticket is not None:
        return holder_of_ticket(actor.realm, ticket)
    token = presented_token(actor.realm)
    return actor, None if actor.is_anonymous or token is None else token.value


def _ticket(actor: Actor) -> dict[str, Any]:
    token = presented_token(actor.realm)
    assert token is not None  # noqa: S101 - the policy asks for a login
    return {"status": "OK", "statusCode": 201, "ticket": issue_ticket(actor.realm, token.value), "expiresIn": SECONDS}
