"""What a stream needs to know before it is opened, and what a server that holds none can answer at once."""
from collections.abc import Iterator

from app.actor import Actor
from app.errors import InvalidInput, LoginRequired
from app.events.log import is_known, newest_position, read_on, read_position
from app.events.outward import Receiver, Selection, outward
from app.http.event_stream import EventStream, opening, outward_event
from app.identity.access import require_proved
from app.identity.authentication import identity
from blueprints.platform.realtime.rules import read_topics
from blueprints.platform.realtime.tickets import redeem_ticket

_REFUSED = "errMsg_subscribeRequiresLogin"


def holder_of_ticket(realm: str, ticket: str) -> tuple[Actor, str]:
    """Return who asked for the ticket, and the access token; raises LoginRequired when it is no good (any more)."""
    token = redeem_ticket(realm, ticket)
    found = None if token is None else identity().authenticator.check(realm, token)
    if token is None or found is None:
        raise LoginRequired(_REFUSED)
    require_proved(found[0].owed_factor)
    return found[0], token


def stream_of(actor: Actor, token: str | None, topics: str | None, last_event_id: str, address: str) -> EventStream:
    """Return the stream that is asked for; raises InvalidInput, of a visitor LoginRequired.

    A visitor who asks for what he may not follow learns no more than of what does not exist: that he needs a login."""
    try:
        selection = Selection.of(actor.realm, read_topics(topics), actor)
    except InvalidInput:
        if actor.is_anonymous:
            raise LoginRequired(_REFUSED) from None
        raise
    after = read_position(last_event_id) if last_event_id else None
    is_reset = bool(last_event_id) and (after is None or not is_known(after))
    return EventStream(actor, token, selection, after, is_reset, address)


def missed_by(stream: EventStream) -> Iterator[bytes]:
    """Yield what a stream would have been told by now: the answer of a server that holds none."""
    after = newest_position() if stream.after is None or stream.is_reset else stream.after
    yield opening(after, is_reset=stream.is_reset)
    events, _ = read_on(stream.actor.realm, after)
    if events:
        yield from map(outward_event, outward(events, [Receiver(stream.actor, stream.selection)])[0])
