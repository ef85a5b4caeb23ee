"""The tally of each post: kept with whatever it counts (decision 35, NET-19), proved by the doctor (checks.py)."""
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from app.data.connections import reading
from app.data.reads.prepared import fetch_prepared_among, is_among
from app.data.serialization import Wire
from app.data.upserts import upsert
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
