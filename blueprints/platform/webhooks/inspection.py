"""What operators see of webhooks at the terminal: which there are, how they stand, what became of their messages.

Of an address the host alone: the path of many is a password."""
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from app.data.reads import fetch
from app.data.short_ids import ids_named
from blueprints.platform.webhooks.models import WebhookEndpoint, WebhookMessage
from blueprints.platform.webhooks.queries import delivery_row, endpoint_row

Facts = dict[str, Any]
_ENDPOINTS = select(*WebhookEndpoint.__table__.columns)


def latest_webhooks(realm: str, *, state: str | None = None, owner_id: str | None = None,
                    limit: int = 50) -> list[Facts]:
    """Return the webhooks of a realm, the newest first: of one state, of one person."""
    where = [WebhookEndpoint.realm == realm]
    if state is not None:
        where.append(WebhookEndpoint.state == state)
    if owner_id is not None:
        where.append(WebhookEndpoint.user_id == owner_id)
    return [_facts(row) for row in fetch(
        _ENDPOINTS.where(*where).order_by(WebhookEndpoint.id.desc()).limit(limit))]


def webhook_facts(endpoint_id: str, *, messages: int) -> tuple[Facts, list[Facts]]:
    """Return a webhook and the latest of its messages, the newest first."""
    [row] = fetch(_ENDPOINTS.where(WebhookEndpoint.id == endpoint_id))
    found = fetch(select(*WebhookMessage.__table__.columns).where(WebhookMessage.endpoint_id == endpoint_id)
                  .order_by(WebhookMessage.id.desc()).limit(messages))
    return _facts(row), [delivery_row(message) for message in found]


def realm_of(endpoint_id: str) -> str:
    """Return the realm of a webhook that is there."""
    return str(fetch(select(WebhookEndpoint.realm).where(WebhookEndpoint.id == endpoint_id))[0].realm)


def webhooks_named(text: str) -> Sequence[str]:
    """Return the ids of the webhooks, of any realm, that the text begins or whose last eight digits it is."""
    return ids_named(WebhookEndpoint, text)


def deliveries_named(endpoint_id: str, text: str) -> Sequence[str]:
    """Return the ids of the messages of a webhook that are named so; of the latest thousand, by their last digits."""
    latest = fetch(select(WebhookMessage.id).where(WebhookMessage.endpoint_id == endpoint_id)
                   .order_by(WebhookMessage.id.desc()).limit(1000))
    digits = text.strip().lower()
    return [row.id for row in latest if len(digits) >= 4 and (row.id.startswith(digits) or row.id[-8:] == digits)]


def _facts(row: Any) -> Facts:
    facts = endpoint_row(row)
    return facts | {"url": f"https://{urlsplit(row.url).hostname}/…"}
