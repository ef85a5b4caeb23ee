"""What jobApplication does when something happens elsewhere: companies are renamed or deleted, accounts end."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.network.company.topics import COMPANY_DELETED, COMPANY_UPDATED
from blueprints.network.job_application.postings import follow_company, withdraw_postings
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.people.queries import is_gone_for_good

REALM = "network"


@subscribe_batch(COMPANY_DELETED, COMPANY_UPDATED, name="jobApplication.companies")
def follow_companies(events: Sequence[Event]) -> None:
    """Close the postings of a deleted company (NET-11), and call those of a renamed one as it is called (NET-22)."""
    for event in events:
        if event.topic == COMPANY_DELETED or "name" in event.payload["newDataValues"]:
            follow_company(system_actor(event.realm), event.key)


@subscribe_batch(user_topic(REALM, "deleted"), name="jobApplication.accounts_of_posters")
def follow_accounts(events: Sequence[Event]) -> None:
    """Delete the personal postings of who does not come back; who may return is only not shown meanwhile (NET-8)."""
    for event in events:
        if is_gone_for_good(event.realm, event.key):
            withdraw_postings(system_actor(event.realm), event.key, event.request_id)
