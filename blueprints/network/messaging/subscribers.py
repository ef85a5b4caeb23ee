"""What messaging does when somebody is gone for good: groups go on without him (NET-24, decision 093)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.network.messaging.commands import leave_groups
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.people.queries import is_gone_for_good


@subscribe_batch(user_topic("network", "deleted"), name="messaging.groups_of_the_gone")
def leave_groups_of_the_gone(events: Sequence[Event]) -> None:
    """Take who does not come back out of the groups; who may return is only not written to meanwhile."""
    for event in events:
        if is_gone_for_good(event.realm, event.key):
            leave_groups(system_actor(event.realm), event.key, event.request_id)
