"""The tally of each post: kept with whatever it counts, proved by the doctor (decision 35, NET-19)."""
from sqlalchemy import Integer, func, literal_column, or_, select, union_all

from app.data.reads import fetch
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork
from app.data.upserts import upsert
from app.ops.checks import MOST_NAMED, agreement
from blueprints.network.content.models import Comment, Like, PostTally


def count(work: UnitOfWork, post_id: str, *, likes: int = 0, comments: int = 0) -> None:
    """Add to the tally of a post, as the last thing of a command: who counts for one post waits here."""
    work.flush()  # the unique index has spoken before the tally is locked
    insert = upsert(PostTally).values(post_id=post_id, likes=likes, comments=comments)
    work.execute(insert.on_conflict_do_update(index_elements=(PostTally.post_id,), set_={
        "likes": PostTally.likes + insert.excluded.likes,
        "comments": PostTally.comments + insert.excluded.comments}))


def add_counts(rows: list[Wire]) -> None:
    """Add to posts how many like them and how many comments they have, in one statement."""
    found = {row.post_id: row for row in fetch(select(PostTally.post_id, PostTally.likes, PostTally.comments).where(
        PostTally.post_id.in_([row["id"] for row in rows])))}
    for row in rows:
        tally = found.get(row["id"])
        row["likeCount"], row["commentCount"] = (tally.likes, tally.comments) if tally else (0, 0)


def differences(limit: int) -> list[str]:
    """Return where tallies and a recount differ, one sentence each, at most `limit`.

    One statement, so that what is written meanwhile is on neither side."""
    none = literal_column("0", Integer)
    likes = select(Like.post_id, func.count().label("likes"), none.label("comments")).where(
        Like.is_active.is_(True)).group_by(Like.post_id)
    comments = select(Comment.post_id, none, func.count()).where(
        Comment.is_active.is_(True)).group_by(Comment.post_id)
    kept = select(PostTally.post_id, -PostTally.likes, -PostTally.comments)
    both = union_all(likes, comments, kept).subquery()
    sums = [func.sum(both.c.likes), func.sum(both.c.comments)]
    rows = fetch(select(both.c.post_id, *sums).group_by(both.c.post_id).having(
        or_(*(one != 0 for one in sums))).order_by(both.c.post_id).limit(limit))
    return [f"post {row[0]}: {row[1]} likes and {row[2]} comments more than its tally says" for row in rows]


def check_tallies() -> tuple[str, str]:
    """Return what `flask doctor` says of the tallies: ok or fail, and a sentence."""
    return agreement(differences(MOST_NAMED + 1), "each counts the likes and comments of its post")
