"""What profile does when somebody is gone for good (decision 093)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from app.payments.cards import delete_customer
from blueprints.network.profile.commands import withdraw_profile
from blueprints.network.profile.premium_topics import CUSTOMER_LEFT
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.people.queries import is_gone_for_good


@subscribe_batch(user_topic("network", "deleted"), name="profile.profiles_of_the_gone")
def withdraw_profiles(events: Sequence[Event]) -> None:
    """Delete the profile of who does not come back; who may return is only not shown meanwhile (NET-8)."""
    for event in events:
        if is_gone_for_good(event.realm, event.key):
            withdraw_profile(system_actor(event.realm), event.key, event.request_id)


@subscribe_batch(CUSTOMER_LEFT, name="profile.forget-customers")
def forget_customers(events: Sequence[Event]) -> None:
    """Have the gateway forget who is gone for good; while it is away, the events wait (decision 099)."""
    for event in events:
        delete_customer(event.key)
