"""The tally of each post: kept with whatever it counts, proved by the doctor (decision 35, NET-19)."""
from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Row, Select, func, literal_column, or_, select, union_all, update

from app.data.connections import reading
from app.data.held import is_free
from app.data.reads import fetch
from app.data.reads.prepared import fetch_prepared_among, is_among
from app.data.serialization import Wire
from app.data.upserts import upsert
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.network.content.models import Comment, Like, PostTally

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork


def count(work: "UnitOfWork", post_id: str, *, likes: int = 0, comments: int = 0) -> None:
    """Add to the tally of a post, as the last thing of a command: who counts for one post waits here."""
    work.flush()  # the unique index has spoken before the tally is locked
    insert = upsert(PostTally).values(post_id=post_id, likes=likes, comments=comments)
    work.execute(insert.on_conflict_do_update(index_elements=(PostTally.post_id,), set_={
        "likes": PostTally.likes + insert.excluded.likes,
        "comments": PostTally.comments + insert.excluded.comments}))


def lock_tallies(work: "UnitOfWork", post_ids: Collection[str]) -> None:
    """Lock the tallies of posts in the order of their ids, for a transaction that counts one after the other."""
    for post_id in sorted(post_ids):
        count(work, post_id)


def is_counted(row: Comment | Like) -> bool:
    """Return whether the tally counts this comment or like: strangers see it, as long as its person is there."""
    return row.is_active and getattr(row, "held", None) is None


def add_counts(rows: list[Wire]) -> None:
    """Add to posts, at least one, how many like them and how many comments they have, in one statement."""
    with reading() as connection:
        found = {post_id: counts for post_id, *counts in fetch_prepared_among(
            connection, _tallies, [row["id"] for row in rows])}
    for row in rows:
        row["likeCount"], row["commentCount"] = found.get(row["id"], (0, 0))


@cache
def _tallies(count: int) -> Select[Any]:
    return select(PostTally.post_id, PostTally.likes, PostTally.comments).where(is_among(PostTally.post_id, count))


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
