"""What becomes of the words of people who are gone for good (decision 41)."""
from sqlalchemy import delete, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.actor import Actor
from app.data.batches import repeat
from app.data.changes import version_key
from app.data.person_rows import NOBODY
from app.data.unit_of_work import UnitOfWork, unit_of_work
from blueprints.network.content.counting import count
from blueprints.network.content.models import Comment, FeedItem, Like, Post, PostTally, Voice

_AT_ONCE = 200


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


def forget_comments(actor: Actor, user_id: str, cause: str | None) -> None:
    """Remove somebody's comments, some in a transaction, and take them from the tallies."""
    _forget(actor, Comment, Comment.author_user_id, user_id, cause, {"comments": -1})


def forget_likes(actor: Actor, user_id: str, cause: str | None) -> None:
    """Remove somebody's likes in the same way."""
    _forget(actor, Like, Like.user_id, user_id, cause, {"likes": -1})


def _forget(actor: Actor, model: type[Comment] | type[Like], column: InstrumentedAttribute[str], user_id: str,
            cause: str | None, step: dict[str, int]) -> None:
    def some(work: UnitOfWork, size: int) -> int:
        rows = work.rows(select(model.id).where(column == user_id, model.is_active.is_(True))
                         .order_by(model.post_id).limit(size))
        gone = work.execute(delete(model).where(model.id.in_([row.id for row in rows]), model.is_active.is_(True))
                            .returning(model.post_id)).all() if rows else []
        for post_id in sorted(row.post_id for row in gone):
            count(work, post_id, **step)
        work.invalidate(version_key(model))
        return len(rows)
    repeat(actor, some, size=_AT_ONCE, cause=cause)
