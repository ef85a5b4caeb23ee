"""What networking does when somebody is gone for good (NET-8)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.network.networking.commands import part_from_all
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.people.queries import is_gone_for_good


@subscribe_batch(user_topic("network", "deleted"), name="networking.part_with_the_gone")
def part_with_the_gone(events: Sequence[Event]) -> None:
    """Cut the ties of people whom staff deleted, or who were purged; who archived himself may return to his."""
    for event in events:
        if is_gone_for_good(event.realm, event.key):
            part_from_all(system_actor(event.realm), event.key, event.request_id)
