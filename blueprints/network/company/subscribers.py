"""What company does when something happens elsewhere: accounts of admins end or return; words are looked for."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.network.company.following import withdraw_follower
from blueprints.network.company.orphans import look_at_admins
from blueprints.network.company.queries import companies_of_admin
from blueprints.network.company.topics import (
    COMPANY_ORPHANED,
    UPDATE_CREATED,
    UPDATE_UPDATED,
)
from blueprints.platform.auth.topics import standing_topic, user_topic
from blueprints.platform.moderation.asking import ask_staff
from blueprints.platform.moderation.words import look_into
from blueprints.platform.people.queries import is_gone_for_good

REALM = "network"


@subscribe_batch(user_topic(REALM, "deleted"), *(standing_topic(REALM, verb) for verb in (
    "restored", "suspended", "reinstated")), name="company.accounts_of_admins")
def follow_accounts_of_admins(events: Sequence[Event]) -> None:
    """Note which pages have lost their last admin, or have one again."""
    for event in events:
        look_at_admins(system_actor(event.realm), companies_of_admin(event.key))


@subscribe_batch(user_topic(REALM, "deleted"), name="company.followers_gone")
def withdraw_followers(events: Sequence[Event]) -> None:
    """Let who does not come back follow nothing more; who may return is still counted (decision 093)."""
    for event in events:
        if is_gone_for_good(event.realm, event.key):
            withdraw_follower(system_actor(event.realm), event.key, event.request_id)


@subscribe_batch(COMPANY_ORPHANED, name="company.tell_staff")
def tell_staff(events: Sequence[Event]) -> None:
    """Put a page that nobody administers into the queue of staff."""
    for event in events:
        ask_staff(system_actor(event.realm), "COMPANY", event.key,
                  "The account of its last admin has ended. Assign somebody: flask moderate assign-admin")


@subscribe_batch(UPDATE_CREATED, UPDATE_UPDATED, name="company.words")
def look_for_words(events: Sequence[Event]) -> None:
    """Open a case of the page where news of it holds a word of the list (M-30): staff judge them with the page."""
    for event in events:
        update = event.payload["companyUpdate"] if event.topic == UPDATE_UPDATED else event.payload
        look_into(system_actor(event.realm), "COMPANY", update["companyId"], [update["content"]], event.occurred_at)
