"""Where the marketplace's people write, the list of words is looked for (moderation.md M-30); messaging, which stands
above, looks into its messages itself."""
from collections.abc import Iterator, Sequence
from typing import Any

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.marketplace.feedback.topics import FEEDBACK_CREATED, FEEDBACK_UPDATED
from blueprints.marketplace.product_listing.topics import PRODUCT_CREATED, PRODUCT_UPDATED
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.moderation.words import look_into

_WRITTEN = {
    PRODUCT_CREATED: "PRODUCT", PRODUCT_UPDATED: "PRODUCT", FEEDBACK_CREATED: "FEEDBACK", FEEDBACK_UPDATED: "FEEDBACK",
    user_topic("marketplace", "created"): "USER", user_topic("marketplace", "updated"): "USER",
}


@subscribe_batch(*_WRITTEN, name="moderation.words")
def look_for_words(events: Sequence[Event]) -> None:
    """Open a case where somebody has just written a word of the list."""
    for event in events:
        row = event.payload.get("newDataValues", event.payload)
        look_into(system_actor(event.realm), _WRITTEN[event.topic], event.key, _texts(row), event.occurred_at)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in JSON, at any depth."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
