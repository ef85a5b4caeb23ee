"""The reads of the notification service's routes: everybody's own notices, with who is behind each."""
from app.actor import Actor
from app.data.reads import Listing, Page
from app.data.serialization import Wire
from app.runtime import runtime
from blueprints.platform.notification.store import store_of
from blueprints.platform.people.queries import briefs_for


def list_notices(actor: Actor, page: Page, *, newest_first: bool) -> Listing:
    """Return a page of the actor's own notices in the order of their creation.

    Where nothing is stored (STORED_NOTICE=0) the list is empty.

    `actor` of a row is the brief of the person behind it, whom the notice names as `actorUserId`; null where there is
    none, or none whom the actor may see now. No name stands in a notice itself: a person who goes takes it along."""
    if not runtime().settings.stored_notice:
        return Listing([], 0, page)
    listing = store_of(actor.realm).listed(actor, page, newest_first)
    behind = [_person_behind(row) for row in listing.rows]
    briefs = briefs_for(actor, behind)
    for row, person_id in zip(listing.rows, behind, strict=True):
        row["actor"] = briefs.get(person_id)
    return listing


def _person_behind(notice: Wire) -> str:
    """Return the id of the person behind a notice, blank for none; staff may have written anything there."""
    named = notice["metadata"].get("actorUserId")
    return named if isinstance(named, str) else ""
