"""The list of words is looked for in profiles (moderation.md M-30)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.network.profile.moderation import words_of
from blueprints.network.profile.topics import PROFILE_CREATED, PROFILE_UPDATED
from blueprints.platform.moderation.words import look_into


@subscribe_batch(PROFILE_CREATED, PROFILE_UPDATED, name="profile.words")
def look_for_words(events: Sequence[Event]) -> None:
    """Open a case where a profile holds a word of the list."""
    for event in events:
        row = event.payload["profile"] if event.topic == PROFILE_UPDATED else event.payload
        look_into(system_actor(event.realm), "PROFILE", event.key, [words_of(row)], event.occurred_at)
