"""A call to a push service or a gateway of messages, and what its answer means where it is no particular one."""
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from app.clock import now
from app.notify.carrier import Delayed, Undeliverable
from app.outward.client import Reply
from app.outward.retry_after import requested_wait

_MAY_PASS = (401, 403, 408, 425, 429)
"""What the operator repairs, and what passes by itself; so does each 5xx."""
_LONGEST_REASON = 200


class PushRequest(NamedTuple):
    """A POST that is ready to be sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def refusal(reply: Reply, says: str = "") -> Delayed | Undeliverable:
    """Return what an answer that is no success means; a redirect is not followed and final."""
    words = " ".join((says or reply.body[:1000].decode(errors="replace")).split())[:_LONGEST_REASON]
    sentence = f"{reply.status} {words}".strip()
    if reply.status in _MAY_PASS or reply.status >= 500:
        return Delayed(sentence, wait_of(reply))
    return Undeliverable(sentence)


def wait_of(reply: Reply) -> timedelta | None:
    """Return how long an answer asks to wait by its Retry-After, as one that is overloaded does (429, 503)."""
    return requested_wait(reply.headers.get("retry-after"), now())
