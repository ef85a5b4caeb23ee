"""Server-Sent Events as text, and how a view hands an open stream to the server that holds it (docs/decisions/108).

A view decides who may open it and answers; from then on the server (app/ops/streams.py) sends, without a thread."""
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from flask import Response, request

from app.actor import Actor
from app.events.outward import OutwardEvent, Selection

MIME_TYPE = "text/event-stream"
RETRY_SECONDS = (1.0, 5.0)  # within it a client comes again; each at another moment

# Under this key of the WSGI environment: the server's StreamHolder, where the server holds streams.
HOLDER = "guildhall.stream_holder"
# Under this one: the EventStream that a view opened; the server sends it after the answer's headers.
OPENED = "guildhall.event_stream"

# A proxy must pass each event on at once, and keep none; X-Accel-Buffering is what nginx asks.
_HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}


@dataclass(frozen=True)
class EventStream:
    """What a client asked to be told of, and as whom.

    `token` is the access token, None for a visitor. `after` is the position of the last event that the client has; None
    starts with what comes next. With `is_reset` it named a position that is not known (any more). `address` is what its
    open streams are counted by."""

    actor: Actor
    token: str | None
    selection: Selection
    after: int | None = None
    is_reset: bool = False
    address: str = ""


class StreamHolder(Protocol):
    """The server's side of open streams."""

    def take_place(self, stream: EventStream) -> None:
        """Count one more open stream; raises TooManyRequests when its user, its address or the server has too many."""


def event(position: int, body: Any, name: str | None = None) -> bytes:
    """Return one event; `position` is the id a client resumes behind. Without a name it is a `message`."""
    head = b"" if name is None else b"event: %s\n" % name.encode()
    return b"%sid: %d\ndata: %s\n\n" % (head, position, orjson.dumps(body))


def outward_event(told: OutwardEvent) -> bytes:
    """Return the event of the log as this receiver is told it; what he sees no more is named `gone` (FD-7)."""
    return event(told.position, told.body, "gone" if told.kind == "gone" else None)


def heartbeat(position: int) -> bytes:
    """Return the id alone: nothing is told, and the client resumes from there."""
    return b"id: %d\n\n" % position


def opening(position: int, *, is_reset: bool = False) -> bytes:
    """Return what a stream begins with: when to come again after a loss, and from where.

    `reset`, in place of `start`, tells the client that events up to this position are lost for it: it reads anew."""
    return _retry() + event(position, {}, "reset" if is_reset else "start")


def end(reason: str) -> bytes:
    """Return the last word of a stream that shall not come again as it is: its session is over."""
    return b"event: end\ndata: %s\n\n" % orjson.dumps({"reason": reason})


def come_again() -> bytes:
    """Return the last word of a stream that the client shall open again, behind the last event it got."""
    return _retry() + b"\n"


def _retry() -> bytes:
    # Many lose their streams at once: they must not all come back at once.
    return b"retry: %d\n" % int(random.uniform(*RETRY_SECONDS) * 1000)


def stream_answer(stream: EventStream, missed: Callable[[], Iterable[bytes]]) -> Response:
    """Return the answer that opens the stream, for the server to go on with; raises TooManyRequests.

    A server that holds no streams (`flask run`, a test's client) sends what the client `missed`, and closes: the
    client comes again, as often as `retry` says."""
    holder: StreamHolder | None = request.environ.get(HOLDER)
    said: Iterable[bytes] = iter(())  # an iterator has no length, so none is announced
    if request.method == "GET" and holder is None:
        said = list(missed())
    elif holder is not None and request.method == "GET":
        holder.take_place(stream)
        request.environ[OPENED] = stream
    return Response(said, mimetype=MIME_TYPE, headers=_HEADERS)
