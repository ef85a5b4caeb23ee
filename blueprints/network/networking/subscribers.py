"""What networking does when somebody is gone for good, and with what strangers write (NET-8, moderation.md M-30)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.network.networking.commands import part_from_all
from blueprints.network.networking.moderation import INVITATION
from blueprints.network.networking.topics import REQUEST_CREATED
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.moderation.words import look_into
from blueprints.platform.people.queries import is_gone_for_good


@subscribe_batch(user_topic("network", "deleted"), name="networking.part_with_the_gone")
def part_with_the_gone(events: Sequence[Event]) -> None:
    """Cut the ties of people whom staff deleted, or who were purged; who archived himself may return to his."""
    for event in events:
        if is_gone_for_good(event.realm, event.key):
            part_from_all(system_actor(event.realm), event.key, event.request_id)


@subscribe_batch(REQUEST_CREATED, name="networking.words")
def look_for_words(events: Sequence[Event]) -> None:
    """Open a case where the note of an invitation holds a word of the list."""
    for event in events:
        if note := event.payload["message"]:
            look_into(system_actor(event.realm), INVITATION, event.key, [note], event.occurred_at)
