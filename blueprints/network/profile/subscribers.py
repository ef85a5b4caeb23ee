"""The list of words is looked for in profiles (moderation.md M-30); who is gone for good has none (decision 093)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.network.profile.commands import withdraw_profile
from blueprints.network.profile.moderation import words_of
from blueprints.network.profile.topics import PROFILE_CREATED, PROFILE_UPDATED
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.moderation.words import look_into
from blueprints.platform.people.queries import is_gone_for_good


@subscribe_batch(PROFILE_CREATED, PROFILE_UPDATED, name="profile.words")
def look_for_words(events: Sequence[Event]) -> None:
    """Open a case where a profile holds a word of the list."""
    for event in events:
        row = event.payload["profile"] if event.topic == PROFILE_UPDATED else event.payload
        look_into(system_actor(event.realm), "PROFILE", event.key, [words_of(row)], event.occurred_at)


@subscribe_batch(user_topic("network", "deleted"), name="profile.profiles_of_the_gone")
def withdraw_profiles(events: Sequence[Event]) -> None:
    """Delete the profile of who does not come back; who may return is only not shown meanwhile (NET-8)."""
    for event in events:
        if is_gone_for_good(event.realm, event.key):
            withdraw_profile(system_actor(event.realm), event.key, event.request_id)
