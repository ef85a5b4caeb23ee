"""The list of words is looked for in messages, too (moderation.md M-30)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.marketplace.messaging.topics import MESSAGE_CREATED
from blueprints.platform.moderation.words import look_into


@subscribe_batch(MESSAGE_CREATED, name="messaging.words")
def look_for_words(events: Sequence[Event]) -> None:
    """Open a case where a message holds a word of the list."""
    for event in events:
        look_into(system_actor(event.realm), "MESSAGE", event.key, [event.payload["content"]], event.occurred_at)
