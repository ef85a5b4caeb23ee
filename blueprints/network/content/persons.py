"""What becomes of the words of people who are gone for good (decisions 41 and 093).

When staff delete an account, its words are deleted and no longer counted; when it is purged, they are erased."""
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, delete, select, update

from app.actor import Actor
from app.data.batches import repeat
from app.data.person_rows import NOBODY
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.version_keys import version_key
from blueprints.network.content.counting import count, is_counted
from blueprints.network.content.feed_items import hide_items
from blueprints.network.content.feed_models import FeedItem, Voice
from blueprints.network.content.models import Comment, Like, Post, PostTally

_AT_ONCE = 200
Said = TypeVar("Said", Comment, Like)


def keep_company_posts(actor: Actor, user_id: str, cause: str | None) -> None:
    """Let the posts that somebody wrote for companies be nobody's: they are the companies', the others are erased.

    With these go their items in the feeds."""
    with unit_of_work(actor, request_id=cause) as work:
        own = select(Post.id).where(Post.author_user_id == user_id, Post.company_id.is_(None))
        work.execute(update(Voice).where(Voice.post_id.in_(own)).values(at=None, post_id=None).execution_options(
            synchronize_session=False))
        work.execute(delete(FeedItem).where(FeedItem.post_id.in_(own)).execution_options(synchronize_session=False))
        for behind in (Like, Comment, PostTally):  # whoever could take the id of such a post anew would have them
            work.execute(delete(behind).where(behind.post_id.in_(own)).execution_options(synchronize_session=False))
        work.execute(update(Post).where(Post.author_user_id == user_id, Post.company_id.is_not(None)).values(
            author_user_id=NOBODY, owner=NOBODY).execution_options(synchronize_session=False))
        work.invalidate(version_key(Post), version_key(Like), version_key(Comment))
        work.commit()


def withdraw_posts(actor: Actor, user_id: str, cause: str | None) -> None:
    """Delete the personal posts of somebody who does not come back, some in a transaction."""
    def some(work: UnitOfWork, size: int) -> int:
        posts = work.all(select(Post).where(
            Post.author_user_id == user_id, Post.company_id.is_(None), Post.is_active.is_(True))
            .order_by(Post.id).limit(size), lock=True)
        hide_items(work, [work.archive(post).id for post in posts])
        return len(posts)
    repeat(actor, some, size=_AT_ONCE, cause=cause)


def withdraw_comments(actor: Actor, user_id: str, cause: str | None) -> None:
    """Delete the comments of such a person in the same way, and take them from the tallies."""
    _take_out(actor, Comment, Comment.author_user_id == user_id, cause, "comments", _archive)


def withdraw_likes(actor: Actor, user_id: str, cause: str | None) -> None:
    """Delete the likes of such a person in the same way."""
    _take_out(actor, Like, Like.user_id == user_id, cause, "likes", _archive)


def forget_comments(actor: Actor, user_id: str, cause: str | None) -> None:
    """Erase the comments of somebody whose account is purged: no event says their words once more."""
    _take_out(actor, Comment, Comment.author_user_id == user_id, cause, "comments", _erase)


def forget_likes(actor: Actor, user_id: str, cause: str | None) -> None:
    """Erase the likes of such a person in the same way."""
    _take_out(actor, Like, Like.user_id == user_id, cause, "likes", _erase)


def _take_out(actor: Actor, model: type[Said], is_theirs: ColumnElement[bool], cause: str | None, counted_as: str,
              end: Callable[[UnitOfWork, Sequence[Said]], None]) -> None:
    def some(work: UnitOfWork, size: int) -> int:
        rows = work.all(select(model).where(is_theirs, model.is_active.is_(True)).order_by(model.id).limit(size),
                        lock=True)
        counted = Counter(row.post_id for row in rows if is_counted(row))
        end(work, rows)
        for post_id, number in sorted(counted.items()):
            count(work, post_id, **{counted_as: -number})
        work.invalidate(version_key(model))
        return len(rows)
    repeat(actor, some, size=_AT_ONCE, cause=cause)


def _archive(work: UnitOfWork, rows: Sequence[Said]) -> None:
    for row in rows:
        work.archive(row)


def _erase(work: UnitOfWork, rows: Sequence[Said]) -> None:
    for model in {type(row) for row in rows}:
        work.execute(delete(model).where(model.id.in_([row.id for row in rows])).execution_options(
            synchronize_session=False))
