"""What `flask doctor` proves of tallies, and their mend. Apart from counting.py: who reads posts mends nothing."""
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Row, func, literal_column, or_, select, union_all, update

from app.data.held import is_free
from app.data.reads import fetch
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.network.content.counting import count
from blueprints.network.content.models import Comment, Like, PostTally

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork


def differences(limit: int) -> list[str]:
    """Return where tallies and a recount differ, one sentence each, at most `limit`.

    One statement, so that what is written meanwhile is on neither side."""
    return [f"post {row[0]}: {row[1]} likes and {row[2]} comments more than its tally says"
            for row in _miscounted(limit)]


def mend_tallies(operator: str) -> int:
    """Count likes and comments anew of the posts whose tallies differ; returns how many."""
    return mend_each("network", operator, "tally of a post", [row[0] for row in _miscounted(MOST_MENDED)], _count_anew)


def _count_anew(work: "UnitOfWork", post_id: str) -> None:
    count(work, post_id)  # locks the tally: who counts for the post waits
    likes = select(func.count()).select_from(Like).where(Like.post_id == post_id, Like.is_active.is_(True))
    comments = select(func.count()).select_from(Comment).where(
        Comment.post_id == post_id, Comment.is_active.is_(True), is_free(Comment))
    work.execute(update(PostTally).where(PostTally.post_id == post_id).values(
        likes=likes.scalar_subquery(), comments=comments.scalar_subquery())
        .execution_options(synchronize_session=False))


def _miscounted(limit: int) -> Sequence[Row[Any]]:
    none = literal_column("0", Integer)
    likes = select(Like.post_id, func.count().label("likes"), none.label("comments")).where(
        Like.is_active.is_(True)).group_by(Like.post_id)
    comments = select(Comment.post_id, none, func.count()).where(
        Comment.is_active.is_(True), is_free(Comment)).group_by(Comment.post_id)
    kept = select(PostTally.post_id, -PostTally.likes, -PostTally.comments)
    both = union_all(likes, comments, kept).subquery()
    sums = [func.sum(both.c.likes), func.sum(both.c.comments)]
    return fetch(select(both.c.post_id, *sums).group_by(both.c.post_id).having(
        or_(*(one != 0 for one in sums))).order_by(both.c.post_id).limit(limit))


def check_tallies() -> tuple[str, str]:
    """Return what `flask doctor` says of the tallies: ok or fail, and a sentence."""
    return agreement(differences(MOST_NAMED + 1), "each counts the likes and comments of its post")
