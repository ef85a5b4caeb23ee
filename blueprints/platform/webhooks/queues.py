"""What webhooks are owed now; `flask status` and /metrics show it."""
from sqlalchemy import exists

from app.ops.queues import Queue, Waiting, waiting
from blueprints.platform.webhooks.models import ACTIVE, MESSAGES, WebhookEndpoint, WebhookMessage

_OF_ACTIVE = exists().where(WebhookEndpoint.id == WebhookMessage.endpoint_id, WebhookEndpoint.state == ACTIVE,
                            WebhookEndpoint.failing_since.is_(None))


def due_messages() -> Waiting:
    """Return how many messages are due to receivers that answer, and since when the oldest is."""
    return waiting(WebhookMessage.due_at, MESSAGES.is_due(), _OF_ACTIVE)


DUE = Queue("messages to webhooks that answer", due_messages)
