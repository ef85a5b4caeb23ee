"""What content does when somebody is gone for good: what they said and liked is deleted (decision 093)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.network.content.persons import withdraw_comments, withdraw_likes, withdraw_posts
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.people.queries import is_gone_for_good


@subscribe_batch(user_topic("network", "deleted"), name="content.words_of_the_gone")
def withdraw_words(events: Sequence[Event]) -> None:
    """Delete the posts, comments and likes of who does not come back; who may return is only not shown meanwhile."""
    for event in events:
        if is_gone_for_good(event.realm, event.key):
            for withdraw in (withdraw_posts, withdraw_comments, withdraw_likes):
                withdraw(system_actor(event.realm), event.key, event.request_id)
