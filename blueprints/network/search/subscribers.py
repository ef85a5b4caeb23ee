"""Keeps the indexes true to what is decided elsewhere: a page that is closed or held takes along what is the company's.

What changes itself is followed by its own index (app/search/catalogue.py). All are batch subscribers: they may see an
event twice or late, and read the present state."""
from collections.abc import Sequence

from app.actor import system_actor
from app.data.unit_of_work import unit_of_work
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from app.search.catalogue import bring_up_to_date
from blueprints.network.company.topics import COMPANY_DELETED, COMPANY_UPDATED
from blueprints.network.content.index import POSTS, posts_of
from blueprints.network.job_application.index import JOBS, postings_of
from blueprints.network.search.topics import ROWS_LEFT

REALM = "network"
AT_ONCE = 1_000
"""How many rows of a page one delivery looks at again."""
_OF_COMPANIES = {JOBS.schema.name: postings_of, POSTS.schema.name: posts_of}
_DECIDE = frozenset({"pageVisibility", "isActive"})
"""The properties of a page that decide who sees what is the company's."""
_ALWAYS = frozenset({"updatedAt", "recordVersion"})


@subscribe_batch(COMPANY_UPDATED, COMPANY_DELETED, name="search.of_companies")
def follow_what_is_companies(events: Sequence[Event]) -> None:
    """Take the postings and posts of a page out when it is closed, held or deleted, and bring them back."""
    for company_id in sorted({event.key for event in events if _decides(event)}):
        for name in _OF_COMPANIES:
            _look_again(name, company_id)


@subscribe_batch(ROWS_LEFT, name="search.rows-left")
def follow_more_that_is_companies(events: Sequence[Event]) -> None:
    """Go on with the next rows of a page: one with very many keeps no delivery busy, and others come in between."""
    for event in events:
        _look_again(event.payload["index"], event.key, event.payload["after"])


def _look_again(name: str, company_id: str, after: str | None = None) -> None:
    ids, following = _OF_COMPANIES[name](company_id, AT_ONCE, after)
    bring_up_to_date(name, ids)
    if following is not None:
        with unit_of_work(system_actor(REALM)) as work:
            work.emit(ROWS_LEFT, company_id, {"index": name, "after": following})
            work.commit()


def _decides(event: Event) -> bool:
    """Return whether a change of a page may change who sees what is the company's.

    What moderation holds is no property: a change that shows none is one of a hold."""
    if event.topic == COMPANY_DELETED:
        return True
    changed = event.payload["newDataValues"].keys() - _ALWAYS
    return not changed or not changed.isdisjoint(_DECIDE)
