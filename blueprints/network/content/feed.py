"""The feed: the newest posts of a person, of connections and of followed companies (NET-16; network.md, Queries).

Busy networks have a page among their newest items; of silent connections the voices that spoke last have it."""
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all

from app.actor import Actor
from app.data.held import viewer
from app.data.reads import Listing, fetch, rows_by_id
from app.data.reads.keyset import row_order
from app.data.reads.read_request import ReadRequest
from blueprints.network.content.feed_items import NEWEST_FIRST, followed_voices
from blueprints.network.content.models import IS_SHOWN, FeedItem, Post, Voice
from blueprints.network.content.queries import with_counts
from blueprints.network.content.visibility import is_visible
from blueprints.network.networking.ties import number_in_query, ties_of

NEWEST, NEWEST_BEHIND = 5_000, 50_000
"""Of how many newest items a page is looked for first; and of how many behind a cursor."""
MOST_VOICES = 101
"""For how many rows the voices that spoke last are asked; for more all items are gone through."""

_ORDER = row_order(*NEWEST_FIRST)


def list_feed(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's feed, newest first by time and id; found by at most three statements.

    A fourth where somebody at rest wrote for a company that spoke last. Another one reads the rows. The page is the
    same by whatever way it is found."""
    wanted, page = asked.page.rows + 1, asked.page
    behind = [IS_SHOWN] + ([] if page.after is None else [_ORDER.behind(_ORDER.values(page.after))])
    found = None if page.offset else _among_newest(actor, behind, NEWEST if page.after is None else NEWEST_BEHIND,
                                                   wanted)
    if found is None and page.after is None and not page.offset and wanted <= MOST_VOICES:
        found = _of_latest_voices(actor, wanted)
    if found is None:
        found = _of_all(actor, behind, wanted, page.offset)
    shown = found[:page.rows]
    posts = rows_by_id(Post, [row.post_id for row in shown], viewer=viewer(actor))
    rows = with_counts(actor, asked, [posts[row.post_id] for row in shown if row.post_id in posts])
    following = _ORDER.cursor([shown[-1].at, shown[-1].post_id]) if len(found) > len(shown) else None
    return Listing(rows, page.offset + len(rows), page, following)


def _among_newest(actor: Actor, behind: list[ColumnElement[bool]], window: int, wanted: int) -> Any:
    """Return the first items of the actor's among the newest of all; None where these are not enough."""
    newest = select(FeedItem).where(*behind).order_by(*NEWEST_FIRST).limit(window).subquery("newest").c
    found = fetch(select(newest.post_id, newest.at).join(Post, Post.id == newest.post_id).where(
        _reaches(actor, newest), is_visible(actor)).order_by(newest.at.desc(), newest.post_id.desc()).limit(wanted))
    return found if len(found) == wanted else None


def _of_latest_voices(actor: Actor, wanted: int) -> Any:
    """Return the first items of the actor's from the voices that spoke last; None where some of these are not shown.

    As many voices as items are enough: each has one that is as new as any of the others'."""
    me = str(actor.user_id)
    heard = fetch(select(Voice.num).where(Voice.at.is_not(None), or_(
        Voice.num.in_(ties_of(me)), Voice.num.in_(followed_voices(me)))).order_by(
        Voice.at.desc(), Voice.post_id.desc()).limit(wanted))
    arms = [_newest_of(number_in_query(me), [], wanted)]
    arms += [_newest_of(row.num, [FeedItem.reach.is_(True)], wanted) for row in heard]
    items = union_all(*arms).subquery("items").c
    found = fetch(select(items.post_id, items.at, is_visible(actor).label("visible")).join(
        Post, Post.id == items.post_id).order_by(items.at.desc(), items.post_id.desc()).limit(wanted))
    return found if all(row.visible for row in found) else None


def _newest_of(voice: Any, conditions: list[ColumnElement[bool]], wanted: int) -> Select[Any]:
    return select(select(FeedItem.post_id, FeedItem.at).where(FeedItem.voice == voice, IS_SHOWN, *conditions).order_by(
        *NEWEST_FIRST).limit(wanted).subquery())


def _of_all(actor: Actor, behind: list[ColumnElement[bool]], wanted: int, skipped: int) -> Any:
    """Return the actor's items from all voices that reach him."""
    return fetch(select(FeedItem.post_id, FeedItem.at).join(Post, Post.id == FeedItem.post_id).where(
        *behind, _reaches(actor, FeedItem), is_visible(actor)).order_by(*NEWEST_FIRST).limit(wanted).offset(skipped))


def _reaches(actor: Actor, item: Any) -> ColumnElement[bool]:
    """Return the condition that an item is the actor's own, or of a connection or a followed company and for others."""
    me = str(actor.user_id)
    ties = ties_of(me)
    is_tied = ties.where(ties.selected_columns[0] == item.voice).exists()
    return or_(item.voice == number_in_query(me), and_(item.reach, or_(
        is_tied, item.voice.in_(followed_voices(me)))))
