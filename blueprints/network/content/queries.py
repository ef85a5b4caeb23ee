"""The reads of content: posts, and what stands behind them, comments and likes (rules-network §2B)."""
from collections.abc import Iterable
from functools import cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, String, and_, bindparam, or_, select

from app.actor import Actor
from app.data.columns import iso
from app.data.connections import reading
from app.data.held import viewer
from app.data.person_rows import Person
from app.data.reads import Listing, fetch, fetch_one, get_row, list_rows, rows_by_id, rows_by_id_given
from app.data.reads.filters import Filters, equal
from app.data.reads.prepared import among, fetch_prepared, is_among
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.visibility import expression_in_sql, seen_by
from app.identity.access import require
from blueprints.network.company.queries import asks_private, is_admin
from blueprints.network.company.rights import all_administered_by
from blueprints.network.content.counting import add_counts
from blueprints.network.content.models import Comment, Like, Post
from blueprints.network.content.visibility import (
    COMMENTS,
    LIKES,
    POSTS,
    is_near,
    is_open,
    is_there,
    is_visible_given,
)
from blueprints.platform.people.queries import people_at_rest

POST_FILTERS = Filters((equal(Post.company_id), equal(Post.author_user_id), equal(Post.visibility)))
COMMENT_FILTERS = Filters((equal(Comment.post_id), equal(Comment.parent_comment_id)))
LIKE_FILTERS = Filters((equal(Like.post_id), equal(Like.user_id)))
# By time and not by id: clients may choose the id (decision 4).
_OLDEST_FIRST: dict[type[Any], tuple[Any, ...]] = {
    model: (model.created_at, model.id) for model in (Post, Comment, Like)}


def author_of_post(post_id: str) -> str | None:
    """Return the author of the active post with that id: whom notices tell of likes and comments.

    None for a company's post whose author is no admin of it any more (NET-12)."""
    row = fetch_one(select(Post.author_user_id, Post.company_id).where(Post.id == post_id, Post.is_active.is_(True)))
    if row is None or (row.company_id and not is_admin(row.company_id, row.author_user_id)):
        return None
    return str(row.author_user_id)


def find_post(actor: Actor, post_id: str) -> Wire:
    """Return a post, without counts, to whom it is shown; raises NotFound, Forbidden (private: NET-4)."""
    row = get_row(Post, post_id, is_there(actor), viewer=viewer(actor))
    require(fetch_one(select(Post.id).where(Post.id == post_id, is_open(actor))) is not None)
    return row


def get_post(actor: Actor, asked: ReadRequest, post_id: str) -> Wire:
    """Return a post with its counts; raises as find_post."""
    return with_counts(actor, asked, [find_post(actor, post_id)])[0]


def list_posts(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the posts that the actor sees, oldest first."""
    near = [is_near(actor)] if asks_private(actor, POST_FILTERS, asked, "visibility") else []
    return _listed(actor, asked, *seen_by(POSTS, actor), *near)


def list_own_posts(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of what the actor has posted, oldest first (K-6)."""
    return _listed(actor, asked, Post.author_user_id == actor.user_id)


def posts_by(person: Person) -> ColumnElement[bool]:
    """Return the condition of a person's posts for the export: of companies only those administered now (NET-12)."""
    own: ColumnElement[bool] = Post.author_user_id == person.id
    return and_(own, or_(Post.company_id.is_(None), Post.company_id.in_(all_administered_by(person.id))))


def latest_posts_of(user_id: str, limit: int) -> list[Wire]:
    """Return a person's latest posts, held too, the newest first: for operators, without their words (NET-14)."""
    rows = fetch(select(Post.id, Post.visibility, Post.audience, Post.created_at, Post.held)
                 .where(Post.author_user_id == user_id, Post.is_active.is_(True))
                 .order_by(Post.created_at.desc(), Post.id.desc()).limit(limit))
    return [{"id": row.id, "visibility": row.visibility, "audience": row.audience, "createdAt": iso(row.created_at),
             "held": row.held} for row in rows]


def get_comment(actor: Actor, comment_id: str) -> Wire:
    """Return a comment to whoever sees its post; raises NotFound, also of who is hidden, Forbidden (K-1)."""
    row = get_row(Comment, comment_id, expression_in_sql(COMMENTS.rule, Comment, actor), viewer=viewer(actor))
    find_post(actor, row["postId"])
    return row


def list_comments(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the comments on posts that the actor sees, oldest first (K-5, K-8)."""
    return list_rows(Comment, asked.page, *asked.where, *seen_by(COMMENTS, actor), order=_OLDEST_FIRST[Comment],
                     viewer=viewer(actor))


def list_likes(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the likes of posts that the actor sees, oldest first (K-8)."""
    return list_rows(Like, asked.page, *asked.where, *seen_by(LIKES, actor), order=_OLDEST_FIRST[Like])


def posts_seen_by(actor: Actor, ids: Iterable[str]) -> dict[str, Wire]:
    """Return id → post of those among the ids that the actor sees, in one statement: for the feed and for joins."""
    if actor.is_super_admin:
        return rows_by_id(Post, ids, viewer=viewer(actor))
    at_rest = orjson.dumps(sorted(people_at_rest(actor.realm))).decode()
    return rows_by_id_given(Post, ids, is_visible_given, {
        "me": str(actor.user_id), "realm": actor.realm, "at_rest": at_rest}, viewer(actor))


def comments_seen_by(actor: Actor, ids: Iterable[str]) -> dict[str, Wire]:
    """Return the same of comments."""
    return rows_by_id(Comment, ids, *seen_by(COMMENTS, actor), viewer=viewer(actor))


def with_counts(actor: Actor, asked: ReadRequest, rows: list[Wire]) -> list[Wire]:
    """Add to each post likeCount, commentCount and whether the actor likes it (NET-32), in two statements."""
    if asked.joins and rows:
        add_counts(rows)
        values = among([row["id"] for row in rows])
        with reading() as connection:
            liked = {row[0] for row in fetch_prepared(
                connection, _liked(len(values)), {**values, "me": actor.user_id})}
        for row in rows:
            row["likedByMe"] = row["id"] in liked
    return rows


@cache
def _liked(count: int) -> Select[Any]:
    return select(Like.post_id).where(is_among(Like.post_id, count), Like.is_active.is_(True),
                                      Like.user_id == bindparam("me", type_=String))


def _listed(actor: Actor, asked: ReadRequest, *where: Any) -> Listing:
    listing = list_rows(Post, asked.page, *asked.where, *where, order=_OLDEST_FIRST[Post], viewer=viewer(actor))
    with_counts(actor, asked, listing.rows)
    return listing
