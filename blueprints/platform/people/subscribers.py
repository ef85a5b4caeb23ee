"""What happens to a person's rows once he is gone for good: each service declares it, here it is done, in one place."""
from app.data.person_rows import PersonTables, forget_person
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.topics import purged_topic


@subscribe(*(purged_topic(realm) for realm in REALM_CODENAMES), name="people.forget")
def forget_purged_person(work: UnitOfWork, event: Event) -> None:
    """Erase or make nameless what the services keep of a purged person; the books stay (decision 41)."""
    forget_person(work, runtime().part(PersonTables), event.key)
