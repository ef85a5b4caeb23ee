"""Keeps the four indexes true: after the commit each changed row is read again, and written or taken out.

All are batch subscribers: they may see an event twice or late, and read the present state (app/search/catalogue.py)."""
from collections.abc import Sequence

from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from app.search import Filter, Removal, SearchQuery
from app.search.catalogue import apply_or_rebuild, bring_up_to_date, search_index
from app.search.rows import SearchedRows
from blueprints.network.company.index import COMPANIES
from blueprints.network.company.topics import COMPANY_CREATED, COMPANY_DELETED, COMPANY_UPDATED
from blueprints.network.content.index import POSTS, posts_of
from blueprints.network.content.topics import POST_CREATED, POST_DELETED, POST_UPDATED
from blueprints.network.job_application.index import JOBS, postings_of
from blueprints.network.job_application.topics import POSTING_CREATED, POSTING_DELETED, POSTING_UPDATED
from blueprints.network.profile.index import PEOPLE
from blueprints.network.profile.topics import PROFILE_CREATED, PROFILE_DELETED, PROFILE_UPDATED
from blueprints.platform.people.topics import forgotten_topic

REALM = "network"
_DECIDE = frozenset({"pageVisibility", "isActive"})
"""The properties of a page that decide who sees what is the company's."""
_ALWAYS = frozenset({"updatedAt", "recordVersion"})


@subscribe_batch(PROFILE_CREATED, PROFILE_UPDATED, PROFILE_DELETED, name="search.people")
def follow_profiles(events: Sequence[Event]) -> None:
    """Bring changed profiles into the index of people."""
    _follow(PEOPLE, events)


@subscribe_batch(COMPANY_CREATED, COMPANY_UPDATED, COMPANY_DELETED, name="search.companies")
def follow_pages(events: Sequence[Event]) -> None:
    """Bring changed pages into the index of companies."""
    _follow(COMPANIES, events)


@subscribe_batch(POSTING_CREATED, POSTING_UPDATED, POSTING_DELETED, name="search.jobs")
def follow_postings(events: Sequence[Event]) -> None:
    """Bring changed postings into the index of jobs."""
    _follow(JOBS, events)


@subscribe_batch(POST_CREATED, POST_UPDATED, POST_DELETED, name="search.posts")
def follow_posts(events: Sequence[Event]) -> None:
    """Bring changed posts into the index of posts."""
    _follow(POSTS, events)


@subscribe_batch(COMPANY_UPDATED, COMPANY_DELETED, name="search.of_companies")
def follow_what_is_companies(events: Sequence[Event]) -> None:
    """Take the postings and posts of a page out when it is closed, held or deleted, and bring them back."""
    companies = sorted({event.key for event in events if _decides(event)})
    for rows, found in ((JOBS, postings_of(companies)), (POSTS, posts_of(companies))):
        for ids in found:
            bring_up_to_date(rows.schema.name, ids)


@subscribe_batch(forgotten_topic(REALM), name="search.forgotten")
def forget_people(events: Sequence[Event]) -> None:
    """Take out what people wrote who are gone for good, and bring back nameless what stays: their rows are changed
    without events, and without new versions."""
    gone = [event.key for event in events]
    for rows in (PEOPLE, JOBS, POSTS):
        ids = search_index(rows.schema.name).ids(SearchQuery(filters=[Filter(rows.person, "in", gone)]))
        if ids:  # None of an index that is being rebuilt, from what stands now
            apply_or_rebuild(rows.schema.name, [Removal(id) for id in ids])
            bring_up_to_date(rows.schema.name, ids)


def _follow(rows: SearchedRows, events: Sequence[Event]) -> None:
    bring_up_to_date(rows.schema.name, [event.key for event in events])


def _decides(event: Event) -> bool:
    """Return whether a change of a page may change who sees what is the company's.

    What moderation holds is no property: a change that shows none is one of a hold."""
    if event.topic == COMPANY_DELETED:
        return True
    changed = event.payload["newDataValues"].keys() - _ALWAYS
    return not changed or not changed.isdisjoint(_DECIDE)
