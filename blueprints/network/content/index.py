"""How posts, comments and likes are read. What of posts is searched: the public ones of people and of pages that
everybody sees (docs/network.md, Search)."""
from collections.abc import Sequence

from sqlalchemy import case, or_, select

from app.actor import Actor
from app.data.columns import constant
from app.data.held import is_free
from app.data.reads import fetch
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.version_keys import version_key
from app.data.visibility import EVERYONE, ReadObject, field_through, is_, not_
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import SearchedRows, WordedRows, ids_where
from blueprints.network.company.rights import page_is_open
from blueprints.network.content import visibility
from blueprints.network.content.models import Comment, Like, Post
from blueprints.network.content.queries import (
    COMMENT_FILTERS,
    LIKE_FILTERS,
    POST_FILTERS,
    posts_seen_by,
    with_counts,
)
from blueprints.network.content.rules import PUBLIC
from blueprints.network.content.visibility import WHO_SEES


def posts_of(company_id: str, most: int, after: str | None = None) -> tuple[list[str], str | None]:
    """Return the ids of the first posts of a company behind a cursor, and the cursor of the next (ids_where)."""
    return ids_where(Post, Post.company_id, company_id, most, after)


def comments_of(post_id: str, most: int, after: str | None = None) -> tuple[list[str], str | None]:
    """Return the ids of the first comments on a post behind a cursor, and the cursor of the next (ids_where)."""
    return ids_where(Comment, Comment.post_id, post_id, most, after)


def commented_among(post_ids: Sequence[str]) -> list[str]:
    """Return which of these posts have comments."""
    return [row.post_id for row in fetch(select(Comment.post_id).where(
        Comment.post_id.in_(post_ids), Comment.is_active.is_(True)).distinct())]


def _seen(actor: Actor, asked: ReadRequest, ids: Sequence[str]) -> dict[str, Wire]:
    rows = posts_seen_by(actor, ids)
    with_counts(actor, asked, list(rows.values()))
    return rows


POSTS = SearchedRows(
    IndexSchema("posts", (
        prose("content"), keyword("authorUserId", facet=True), keyword("companyId", facet=True),
        keyword("personalUserId"), instant("createdAt"))),
    Post,
    where=(Post.visibility == constant(PUBLIC), is_free(Post),
           or_(Post.company_id.is_(None), page_is_open(Post.company_id, None))),
    seen=_seen,
    filtered=("authorUserId", "companyId"),
    # A company's voice is heard by everybody: a block hides what people say for themselves (NET-7).
    made={"personalUserId": case((Post.company_id.is_(None), Post.author_user_id))},
    depends_on=(*WHO_SEES, version_key(Like), version_key(Comment)),
    people=("authorUserId",), blockable="personalUserId",
    means={visibility.IS_READABLE: EVERYONE, visibility.PAGE_IS_SHOWN: not_(is_("companyId", None))},
)
_OF_POST = select(Post).where(Post.id == Comment.post_id)
COMMENTS = WordedRows(
    IndexSchema("comments", (
        prose("content"), keyword("authorUserId"), keyword("postAuthorUserId"), keyword("postCompanyId"),
        instant("createdAt"))),
    Comment,
    where=(is_free(Comment), _OF_POST.where(Post.is_active.is_(True), *POSTS.where).exists()),
    made={field_through("post", "authorUserId"): _OF_POST.with_only_columns(Post.author_user_id).scalar_subquery(),
          field_through("post", "companyId"): _OF_POST.with_only_columns(Post.company_id).scalar_subquery()},
    people=("authorUserId", "postAuthorUserId"), through={"post": POSTS})
READABLE = (
    ReadObject(visibility.POSTS, words=("content",), facets=("visibility", "companyId"),
               searched=("content", "companyId", "authorUserId", "visibility"), filters=POST_FILTERS,
               completed=with_counts, adds=("likeCount", "commentCount", "likedByMe"), suggested=True),
    ReadObject(visibility.COMMENTS, words=("content",), searched=("authorUserId", "postId", "content"),
               filters=COMMENT_FILTERS),
    ReadObject(visibility.LIKES, searched=("postId", "userId"), filters=LIKE_FILTERS),
)
