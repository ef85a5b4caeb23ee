"""Keeps indexes true to what is decided elsewhere: a closed or held page takes along what is its company's, a post its
comments. What changes itself is followed by its own index (app/search/catalogue.py). All are batch subscribers: they
may see an event twice or late, and read the present state."""
from collections.abc import Sequence

from app.actor import system_actor
from app.data.unit_of_work import unit_of_work
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from app.search.catalogue import bring_up_to_date
from blueprints.network.company.index import NEWS, news_of
from blueprints.network.company.topics import COMPANY_DELETED, COMPANY_UPDATED
from blueprints.network.content.index import COMMENTS, POSTS, commented_among, comments_of, posts_of
from blueprints.network.content.topics import POST_DELETED, POST_UPDATED
from blueprints.network.job_application.index import JOBS, postings_of
from blueprints.network.search.topics import ROWS_LEFT

REALM = "network"
AT_ONCE = 1_000
"""How many rows one delivery looks at again."""
_BEHIND = {JOBS.schema.name: postings_of, POSTS.schema.name: posts_of, NEWS.schema.name: news_of,
           COMMENTS.schema.name: comments_of}
"""Index → what has rows of it in order: comments are a post's, all else is a company's."""
_DECIDE = frozenset({"pageVisibility", "visibility", "isActive"})
"""The properties of a page, and of a post, that decide who sees what stands behind it."""
_ALWAYS = frozenset({"updatedAt", "recordVersion"})


@subscribe_batch(COMPANY_UPDATED, COMPANY_DELETED, name="search.of_companies")
def follow_what_is_companies(events: Sequence[Event]) -> None:
    """Take what is a company's out when its page is closed, held or deleted, and bring it back."""
    for company_id in sorted({event.key for event in events if _decides(event)}):
        for name in (JOBS.schema.name, NEWS.schema.name, POSTS.schema.name):
            _look_again(name, company_id)


@subscribe_batch(POST_UPDATED, POST_DELETED, name="search.of_posts")
def follow_what_is_posts(events: Sequence[Event]) -> None:
    """Take comments out when their post is closed, held or deleted, and bring them back."""
    for post_id in sorted({event.key for event in events if _decides(event)}):
        _look_again(COMMENTS.schema.name, post_id)


@subscribe_batch(ROWS_LEFT, name="search.rows-left")
def follow_more_behind(events: Sequence[Event]) -> None:
    """Go on with the next rows: a page with very many keeps no delivery busy, and others come in between."""
    for event in events:
        _look_again(event.payload["index"], event.key, event.payload["after"])


def _look_again(name: str, of: str, after: str | None = None) -> None:
    """Bring some of the rows up to date that stand behind a page or a post, and say where others are left: the next
    ones, and the comments on posts that come or go with their page."""
    ids, following = _BEHIND[name](of, AT_ONCE, after)
    bring_up_to_date(name, ids)
    left = [] if following is None else [(of, {"index": name, "after": following})]
    if name == POSTS.schema.name and ids:
        left += [(post_id, {"index": COMMENTS.schema.name, "after": None}) for post_id in commented_among(ids)]
    if left:
        with unit_of_work(system_actor(REALM)) as work:
            for key, payload in left:
                work.emit(ROWS_LEFT, key, payload)
            work.commit()


def _decides(event: Event) -> bool:
    """Return whether a change of a page or a post may change who sees what stands behind it.

    What moderation holds is no property: a change that shows none is one of a hold."""
    if event.topic in (COMPANY_DELETED, POST_DELETED):
        return True
    changed = event.payload["newDataValues"].keys() - _ALWAYS
    return not changed or not changed.isdisjoint(_DECIDE)
