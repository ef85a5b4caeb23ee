"""What `flask doctor`, `flask status` and /metrics ask of the webhooks: does anything wait longer than it should?"""
from datetime import timedelta

from sqlalchemy import func, select

from app.clock import now
from app.data.reads import fetch
from app.ops.findings import OK, WARN
from blueprints.platform.webhooks.models import ACTIVE, IS_PARKED, WebhookEndpoint, WebhookMessage
from blueprints.platform.webhooks.queues import due_messages

_LATE = timedelta(minutes=2)
_RECENT = timedelta(days=1)


def check_webhooks() -> tuple[str, str]:
    """Find messages that nobody sends, and webhooks that fail or were stopped."""
    found = due_messages()
    states = {row.state: row.number for row in fetch(
        select(WebhookEndpoint.state, func.count().label("number")).group_by(WebhookEndpoint.state))}
    [[failing]] = fetch(select(func.count()).where(WebhookEndpoint.state == ACTIVE,
                                                   WebhookEndpoint.failing_since.is_not(None)))
    [[parked]] = fetch(select(func.count()).where(IS_PARKED, WebhookMessage.created_at > now() - _RECENT))
    said = (f"{states.get(ACTIVE, 0)} active, {failing} of them failing, {states.get('suspended', 0)} suspended, "
            f"{states.get('disabled', 0)} disabled; {parked} messages of a day were given up")
    if found.oldest is not None and found.oldest < now() - _LATE:
        return WARN, f"{found.count} messages wait: does the sender run? flask status shows it; {said}"
    return OK, said
