"""What messaging does when somebody is gone for good: groups go on without him (NET-24, decision 093), and the words of
what nobody has any more leave their index."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from app.search import Filter
from app.search.catalogue import look_again
from blueprints.network.messaging.commands import leave_groups
from blueprints.network.messaging.index import WORDS
from blueprints.network.messaging.topics import CONVERSATION_ERASED
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.people.queries import is_gone_for_good


@subscribe_batch(user_topic("network", "deleted"), name="messaging.groups_of_the_gone")
def leave_groups_of_the_gone(events: Sequence[Event]) -> None:
    """Take who does not come back out of the groups; who may return is only not written to meanwhile."""
    for event in events:
        if is_gone_for_good(event.realm, event.key):
            leave_groups(system_actor(event.realm), event.key, event.request_id)


@subscribe_batch(CONVERSATION_ERASED, name="messaging.erased_words")
def forget_erased_words(events: Sequence[Event]) -> None:
    """Take the messages of conversations that are removed out of the index: they have no events of their own."""
    look_again(WORDS.schema.name, Filter("conversationId", "in", [event.key for event in events]))
