"""The feed: the newest posts of a person, of connections and of followed companies (NET-16; network.md, Queries).

Items are found by numbers alone; who sees a post is asked of those that are found. Busy networks have a page among
their newest items; of silent connections the voices that spoke last have it."""
from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, literal_column, or_, select, union_all

from app.actor import Actor
from app.data.connections import reading
from app.data.id_sets import is_in_rows
from app.data.reads import Listing
from app.data.reads.keyset import row_order
from app.data.reads.prepared import fetch_prepared
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.errors import InvalidInput
from blueprints.network.content.feed_items import NEWEST_FIRST, followed_voices
from blueprints.network.content.feed_models import IS_SHOWN, FeedItem, Voice
from blueprints.network.content.queries import posts_seen_by, with_counts
from blueprints.network.networking.ties import is_tied, number_of, numbers_given, ties_of_number
from blueprints.platform.people.queries import people_at_rest

NEWEST = 500
"""Of how many newest items a page is looked for first."""
MOST_BY_NUMBER = 1_000
"""Within how many of the newest posts a page by number lies: it is found by going through those before it."""
MOST_VOICES = 101
"""For how many rows the voices that spoke last are asked at once; a longer page is found in steps."""
_NOBODY = 0
"""A number that no voice has."""

_ORDER = row_order(*NEWEST_FIRST)
_NO_VALUES = dict.fromkeys(_ORDER.parameters, "")
Items = Sequence[Sequence[Any]]
"""Post id and time of items."""


def list_feed(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's feed, newest first by time and id; found by at most four statements a hundred rows
    of this page and, asked for by number, of those before it.

    Four more for each page that holds what a company posted and the actor does not see. The page is the same by
    whatever way it is found. Raises InvalidInput for a page beyond MOST_BY_NUMBER; `after` goes on from there."""
    page = asked.page
    if page.offset >= MOST_BY_NUMBER:
        expected = f"expected a page within the first {MOST_BY_NUMBER} posts; from there, go on with after"
        raise InvalidInput(f"pageNumber: {expected}", detail={"pageNumber": expected})
    begins = None if page.after is None else _ORDER.values(page.after)
    items, posts = _seen(actor, begins, page.offset + page.rows + 1)
    items = items[page.offset:]
    shown = items[:page.rows]
    rows = with_counts(actor, asked, [posts[post_id] for post_id, _ in shown if post_id in posts])
    following = _ORDER.cursor([shown[-1][1], shown[-1][0]]) if len(items) > len(shown) else None
    return Listing(rows, page.offset + len(rows), page, following)


def _seen(actor: Actor, begins: dict[str, Any] | None, wanted: int) -> tuple[Items, dict[str, Wire]]:
    """Return the first items that the actor sees behind a place, and their posts."""
    seen: list[Sequence[Any]] = []
    posts: dict[str, Wire] = {}
    step = min(wanted, MOST_VOICES)
    given = _given(actor, step)
    while True:
        items = _newest(given, begins, step)
        posts |= _posts(actor, items)
        seen += [item for item in items if item[0] in posts]
        if len(items) < step or len(seen) >= wanted:
            return seen[:wanted], posts
        begins = dict(zip(_ORDER.parameters, items[-1][::-1], strict=True))


def _posts(actor: Actor, items: Items) -> dict[str, Wire]:
    return posts_seen_by(actor, [post_id for post_id, _ in items])


def _given(actor: Actor, wanted: int) -> dict[str, Any]:
    """Return what the prepared statements ask: the actor's number and id, who is at rest, how many items."""
    me = str(actor.user_id)
    at_rest = () if actor.is_super_admin else sorted(people_at_rest(actor.realm) - {me})
    return {"num": number_of(me) or _NOBODY, "me": me, "at_rest": orjson.dumps(at_rest).decode(),
            "window": NEWEST, "wanted": wanted, "one": 1}


def _newest(given: dict[str, Any], begins: dict[str, Any] | None, wanted: int) -> Items:
    """Return the newest items that reach the actor, behind a place; whether he sees the posts, is not asked."""
    is_behind = begins is not None
    given = given | (begins or {})
    with reading() as connection:
        items = fetch_prepared(connection, _among_newest(is_behind), given)
        if len(items) < wanted:
            voices = [row[0] for row in fetch_prepared(connection, _latest_voices(is_behind), given)]
            voices += [_NOBODY] * (wanted - len(voices))
            items = fetch_prepared(connection, _newest_of_voices(is_behind, wanted), given | {
                f"voice_{place}": voice for place, voice in enumerate(voices)})
    return items


@cache
def _among_newest(is_behind: bool) -> Select[Any]:
    """Prepare what of the newest items of all reaches somebody."""
    newest = _first("window", select(FeedItem).where(*_behind(is_behind)).order_by(*NEWEST_FIRST)).subquery("newest").c
    reaches = and_(newest.reach, or_(is_tied(_num(), newest.voice), newest.voice.in_(_followed())),
                   newest.voice.not_in(numbers_given("at_rest")))
    return _first("wanted", select(newest.post_id, newest.at).where(or_(newest.voice == _num(), reaches)).order_by(
        newest.at.desc(), newest.post_id.desc()))


@cache
def _latest_voices(is_behind: bool) -> Select[Any]:
    """Prepare which voices that reach somebody spoke last.

    As many of them as items are wanted are enough: each has one that is as new as any of the others'."""
    heard = union_all(ties_of_number(_num()), _followed())
    if not is_behind:
        return _first("wanted", select(Voice.num).where(
            is_in_rows(Voice.num, heard), Voice.at.is_not(None), Voice.num.not_in(numbers_given("at_rest"))).order_by(
            Voice.at.desc(), Voice.post_id.desc()))
    [num] = heard.subquery("heard").c
    latest = select(FeedItem.post_id).where(
        FeedItem.voice == num, FeedItem.reach.is_(True), *_behind(is_behind)).order_by(*NEWEST_FIRST)
    spoke = select(num.label("num"), _first("one", latest).scalar_subquery().label("post_id")).where(
        num.not_in(numbers_given("at_rest"))).subquery("spoke").c
    return _first("wanted", select(spoke.num).join(FeedItem, FeedItem.post_id == spoke.post_id).order_by(*NEWEST_FIRST))


@cache
def _newest_of_voices(is_behind: bool, wanted: int) -> Select[Any]:
    """Prepare the newest items of so many voices and of oneself."""
    def of(voice: str, *conditions: ColumnElement[bool]) -> Select[Any]:
        return select(_first("wanted", select(FeedItem.post_id, FeedItem.at).where(
            FeedItem.voice == bindparam(voice, type_=Integer), *_behind(is_behind), *conditions).order_by(
            *NEWEST_FIRST)).subquery())

    arms = [of("num"), *(of(f"voice_{place}", FeedItem.reach.is_(True)) for place in range(wanted))]
    items = union_all(*arms).subquery("items").c
    return _first("wanted", select(items.post_id, items.at).order_by(items.at.desc(), items.post_id.desc()))


def _behind(is_behind: bool) -> list[ColumnElement[bool]]:
    return [IS_SHOWN, _ORDER.behind(_NO_VALUES)] if is_behind else [IS_SHOWN]


def _num() -> ColumnElement[int]:
    return bindparam("num", type_=Integer)


def _first(count: str, query: Select[Any]) -> Select[Any]:
    """Return the first rows of a query, as many as the parameter `count` says."""
    # SQLAlchemy would give no offset to SQLite as a value, which nobody who runs the statement knows.
    return query.limit(bindparam(count, type_=Integer)).offset(literal_column("0"))


def _followed() -> Select[Any]:
    return followed_voices(bindparam("me"))
