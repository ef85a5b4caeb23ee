"""What company does when something happens elsewhere: accounts of admins end or return; words are looked for."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.network.company.orphans import look_at_admins
from blueprints.network.company.queries import companies_of_admin
from blueprints.network.company.topics import (
    COMPANY_CREATED,
    COMPANY_ORPHANED,
    COMPANY_UPDATED,
    UPDATE_CREATED,
    UPDATE_UPDATED,
)
from blueprints.platform.auth.topics import standing_topic, user_topic
from blueprints.platform.moderation.asking import ask_staff
from blueprints.platform.moderation.words import look_into

REALM = "network"
_OBJECTS = {COMPANY_CREATED: "company", COMPANY_UPDATED: "company",
            UPDATE_CREATED: "companyUpdate", UPDATE_UPDATED: "companyUpdate"}
"""Whose words are looked into, by topic: the event of a change holds the row under the object's name."""


@subscribe_batch(user_topic(REALM, "deleted"), *(standing_topic(REALM, verb) for verb in (
    "restored", "suspended", "reinstated")), name="company.accounts_of_admins")
def follow_accounts_of_admins(events: Sequence[Event]) -> None:
    """Note which pages have lost their last admin, or have one again."""
    for event in events:
        look_at_admins(system_actor(event.realm), companies_of_admin(event.key))


@subscribe_batch(COMPANY_ORPHANED, name="company.tell_staff")
def tell_staff(events: Sequence[Event]) -> None:
    """Put a page that nobody administers into the queue of staff."""
    for event in events:
        ask_staff(system_actor(event.realm), "COMPANY", event.key,
                  "The account of its last admin has ended. Assign somebody: flask moderate assign-admin")


@subscribe_batch(*_OBJECTS, name="company.words")
def look_for_words(events: Sequence[Event]) -> None:
    """Open a case where a page, or what it publishes, holds a word of the list (M-30)."""
    for event in events:
        row = event.payload.get(_OBJECTS[event.topic], event.payload)
        new = event.payload.get("newDataValues", row)
        look_into(system_actor(event.realm), "COMPANY", row.get("companyId", event.key),
                  [text for text in new.values() if isinstance(text, str)], event.occurred_at)
