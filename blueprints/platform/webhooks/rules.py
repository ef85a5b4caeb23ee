"""The rules of sending, apart from what sends: waits, verdicts, headers, bodies (front-door.md FD-17, FD-18)."""
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import floor
from typing import Any

import orjson
from standardwebhooks.webhooks import Webhook

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 86_400))
"""How long after each failed attempt the next one is made; after the attempt behind the last wait there is none."""
JITTER = 0.2
PAYLOAD_VERSIONS = (1,)
TEST_TOPIC = "webhooks.test"
GONE_STATUS = 410


def wait_after(attempts: int, chance: float, asked: timedelta | None = None) -> timedelta | None:
    """Return how long to wait after so many failed attempts, counted from 1; None when that was the last one.

    `chance` (0 to 1) makes the wait up to a fifth longer; the receiver may have asked for more, a day at most."""
    if attempts > len(WAITS):
        return None
    own = WAITS[attempts - 1] * (1 + JITTER * chance)
    return own if asked is None else max(own, min(asked, WAITS[-1]))


def text_of(body: Mapping[str, Any]) -> str:
    """Return the very text that is signed and sent."""
    return orjson.dumps(body).decode()


def signed_headers(message_id: str, moment: datetime, text: str, secrets: tuple[str, ...]) -> dict[str, str]:
    """Return the headers of one attempt: its id stays over all attempts, its time is this attempt's, and each secret
    that lives signs (standardwebhooks.com)."""
    signatures = [Webhook(secret).sign(message_id, moment, text) for secret in secrets]
    return {"webhook-id": message_id, "webhook-timestamp": str(floor(moment.timestamp())),
            "webhook-signature": " ".join(signatures), "content-type": "application/json"}
