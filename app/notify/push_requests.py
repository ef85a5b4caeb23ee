"""A call to a push service or a gateway of messages, and what its answer means where it is no particular one."""
from collections.abc import Mapping
from typing import NamedTuple

from app.notify.carrier import Delayed, Undeliverable
from app.outward.client import Reply

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
    return Delayed(sentence) if reply.status in _MAY_PASS or reply.status >= 500 else Undeliverable(sentence)
