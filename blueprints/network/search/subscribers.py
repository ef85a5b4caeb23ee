"""Keeps the four indexes true: after the commit each changed row is read again, and written or taken out.

All are batch subscribers: they may see an event twice or late, and read the present state (app/search/catalogue.py)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.data.unit_of_work import unit_of_work
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from app.search import Filter, Removal, SearchQuery
from app.search.catalogue import apply_or_rebuild, bring_up_to_date, rebuild_index, search_index
from app.search.rows import SearchedRows
from blueprints.network.company.index import COMPANIES
from blueprints.network.company.topics import COMPANY_CREATED, COMPANY_DELETED, COMPANY_UPDATED
from blueprints.network.content.index import POSTS, posts_of
from blueprints.network.content.topics import POST_CREATED, POST_DELETED, POST_UPDATED
from blueprints.network.job_application.index import JOBS, postings_of
from blueprints.network.job_application.topics import POSTING_CREATED, POSTING_DELETED, POSTING_UPDATED
from blueprints.network.profile.index import PEOPLE
from blueprints.network.profile.topics import PROFILE_CREATED, PROFILE_DELETED, PROFILE_UPDATED
from blueprints.network.search.topics import ROWS_LEFT
from blueprints.platform.people.topics import forgotten_topic

REALM = "network"
AT_ONCE = 1_000
"""How many rows of a page one delivery looks at again."""
_OF_COMPANIES = {JOBS.schema.name: postings_of, POSTS.schema.name: posts_of}
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
    for company_id in sorted({event.key for event in events if _decides(event)}):
        for name in _OF_COMPANIES:
            _look_again(name, company_id)


@subscribe_batch(ROWS_LEFT, name="search.rows-left")
def follow_more_that_is_companies(events: Sequence[Event]) -> None:
    """Go on with the next rows of a page: one with very many keeps no delivery busy, and others come in between."""
    for event in events:
        _look_again(event.payload["index"], event.key, event.payload["after"])


@subscribe_batch(forgotten_topic(REALM), name="search.forgotten")
def forget_people(events: Sequence[Event]) -> None:
    """Take out what people wrote who are gone for good, and bring back nameless what stays: their rows are changed
    without events, and without new versions."""
    gone = [event.key for event in events]
    for rows in (PEOPLE, JOBS, POSTS):
        index = search_index(rows.schema.name)
        index.refresh()  # another process may have written the words a moment ago
        ids = index.ids(SearchQuery(filters=[Filter(rows.person, "in", gone)]))
        if ids is None:  # a rebuild that has begun before may hold them: IndexBusy, and this is tried again behind it
            rebuild_index(rows.schema.name, resume=False)
        elif ids:
            apply_or_rebuild(rows.schema.name, [Removal(id) for id in ids])
            bring_up_to_date(rows.schema.name, ids)


def _look_again(name: str, company_id: str, after: str | None = None) -> None:
    ids, following = _OF_COMPANIES[name](company_id, AT_ONCE, after)
    bring_up_to_date(name, ids)
    if following is not None:
        with unit_of_work(system_actor(REALM)) as work:
            work.emit(ROWS_LEFT, company_id, {"index": name, "after": following})
            work.commit()


def _follow(rows: SearchedRows, events: Sequence[Event]) -> None:
    bring_up_to_date(rows.schema.name, [event.key for event in events])


def _decides(event: Event) -> bool:
    """Return whether a change of a page may change who sees what is the company's.

    What moderation holds is no property: a change that shows none is one of a hold."""
    if event.topic == COMPANY_DELETED:
        return True
    changed = event.payload["newDataValues"].keys() - _ALWAYS
    return not changed or not changed.isdisjoint(_DECIDE)
