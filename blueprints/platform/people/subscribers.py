"""What happens to a person's rows once he is gone for good: each service declares it, here it is done, in one place."""
from collections.abc import Sequence

from app.actor import system_actor
from app.data.person_rows import PersonTables, forget_person
from app.data.unit_of_work import unit_of_work
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from app.runtime import runtime
from app.search import AnyOf, Filter
from app.search.catalogue import declared_indexes, look_again
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.topics import purged_topic
from blueprints.platform.people.topics import forgotten_topic


@subscribe_batch(*(purged_topic(realm) for realm in REALM_CODENAMES), name="people.forget")
def forget_purged_people(events: Sequence[Event]) -> None:
    """Erase or make nameless what the services keep of purged people; the ledger stays (decision 41)."""
    for event in events:
        actor = system_actor(event.realm)
        forget_person(actor, runtime().part(PersonTables), event.key, event.request_id)
        with unit_of_work(actor, request_id=event.request_id) as work:
            work.emit(forgotten_topic(event.realm), event.key, {"id": event.key})
            work.commit()


@subscribe_batch(*(forgotten_topic(realm) for realm in REALM_CODENAMES), name="search.forgotten")
def forget_words(events: Sequence[Event]) -> None:
    """Take out of the indexes what people wrote who are gone for good, and bring back nameless what stays: their rows
    are changed without events, and without new versions."""
    gone = [event.key for event in events]
    for name, index in declared_indexes().items():
        if index.rows is not None and index.rows.people and index.rows.model.__realm__ == events[0].realm:
            look_again(name, AnyOf([Filter(field, "in", gone) for field in index.rows.people]))
