"""Web Push (RFC 8030): a message is encrypted for one browser, signed with our key, and given to its push service.

`pywebpush` encrypts and signs; the guarded client sends, since whoever registers a device names the address (FD-20)."""
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from app.clock import now
from app.notify.carrier import RecipientGone, Undeliverable
from app.notify.letters import Letter
from app.notify.push_keys import signer
from app.notify.push_requests import PushRequest, refusal
from app.outward.client import Reply

LIVES_SECONDS = 86_400
"""How long a push service keeps a message for a browser that is away."""
MOST_BYTES = 3_000
"""Of the text that is encrypted: push services take 4,096 bytes with all that encryption adds."""
_SIGNED_SECONDS = 12 * 3600
_GONE = (404, 410)


class WebPush:
    """Makes the requests of one run; `subject` is whom a push service writes to about us: `mailto:…`."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._signer: Any = None

    def request(self, subscription: str, letter: Letter, data: Mapping[str, Any] | None) -> PushRequest:
        """Return the request that brings the message to this PushSubscription (JSON); raises Undeliverable."""
        from py_vapid import VapidException
        from pywebpush import WebPusher, WebPushException

        said = orjson.loads(subscription)
        try:
            body = WebPusher(said).encode(page_text(letter, data))["body"]
            proof = self._proof(said["endpoint"])
        except (WebPushException, VapidException, ValueError) as error:
            raise Undeliverable(f"the subscription cannot be used: {error}") from error
        return PushRequest(said["endpoint"], {
            "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream", "TTL": str(LIVES_SECONDS),
            "Urgency": "normal", **proof}, body)

    def _proof(self, endpoint: str) -> dict[str, str]:
        self._signer = self._signer or signer()
        service = urlsplit(endpoint)
        claims = {"aud": f"{service.scheme}://{service.netloc}", "sub": self._subject,
                  "exp": int(now().timestamp()) + _SIGNED_SECONDS}
        return dict(self._signer.sign(claims))


def page_text(letter: Letter, data: Mapping[str, Any] | None) -> bytes:
    """Return the JSON that a service worker of a page reads: `title`, `body`, `data`; a long body is cut."""
    body = letter.text
    while len(said := orjson.dumps({"title": letter.subject, "body": body, "data": data or {}})) > MOST_BYTES:
        body = body[:len(body) * 3 // 4]
        if not body:
            return orjson.dumps({"title": letter.subject[:100], "body": "", "data": {}})
    return said


def judge(reply: Reply) -> None:
    """Return when the push service took the message; raises RecipientGone, Undeliverable or Delayed."""
    if reply.status in _GONE:
        raise RecipientGone(f"the push service knows this browser no more: {reply.status}")
    if not reply.is_success:
        raise refusal(reply)
