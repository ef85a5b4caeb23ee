"""What staff do to posts and comments: judge one, hide or remove it, show it again (moderation.md M-1)."""
from collections.abc import Collection

from sqlalchemy import select

from app.actor import Actor
from app.data.moderated_kinds import Decide, Subject
from app.data.object_commands import hold_object, restore_object
from app.data.reads import find_any_row
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, NotFound
from blueprints.network.content.counting import count, is_counted, lock_tallies
from blueprints.network.content.feed_items import keep_item, lock_voices
from blueprints.network.content.models import Comment, Post
from blueprints.network.content.queries import find_post
from blueprints.platform.people.commands import refuse_gone


def post_subject(actor: Actor, post_id: str) -> Subject | None:
    """Return a post as staff judge it; it concerns its author. None where there is none.

    Who may not see it is no party to it, and does not report it."""
    row = find_any_row(Post, post_id)
    return None if row is None else Subject(
        f"post of {row['createdAt']}", row["authorUserId"], row, words=row["content"], parties=_parties(actor, post_id),
        held=row["held"], is_active=row["isActive"])


def lock_posts(work: UnitOfWork, post_ids: Collection[str]) -> None:
    """Lock posts, deleted too, in order of their ids, and then their voices; raises NotFound."""
    for post_id in sorted(post_ids):
        work.lock(Post, post_id, archived_too=True)
    lock_voices(work, post_ids)


def hold_post(work: UnitOfWork, post_id: str, decide: Decide) -> list[str]:
    """Hold a post, or let it go: its comments and likes are seen with it. Raises NotFound."""
    told = hold_object(work, Post, post_id, decide)
    keep_item(work, work.lock(Post, post_id, archived_too=True))
    return told


def restore_post(actor: Actor, post_id: str) -> bool:
    """Bring a deleted post back; returns whether it was gone.

    Raises NotFound, RuleViolated (PersonGone: its author, unless it is a company's)."""
    with unit_of_work(actor) as work:
        refuse_gone(work, select(Post.author_user_id).where(Post.id == post_id, Post.company_id.is_(None),
                                                            Post.is_active.is_(False)))
        was_gone = restore_object(actor, Post, post_id)
        keep_item(work, work.lock(Post, post_id, archived_too=True))
        work.commit()
    return was_gone


def comment_subject(actor: Actor, comment_id: str) -> Subject | None:
    """Return a comment as staff judge it; it concerns its author, and who sees its post reports it."""
    row = find_any_row(Comment, comment_id)
    return None if row is None else Subject(
        f"comment of {row['createdAt']}", row["authorUserId"], row, words=row["content"],
        parties=_parties(actor, row["postId"]), held=row["held"], is_active=row["isActive"])


def lock_comments(work: UnitOfWork, comment_ids: Collection[str]) -> None:
    """Lock comments, deleted too, in order of their ids, and then the tallies of their posts; raises NotFound."""
    lock_tallies(work, {work.lock(Comment, comment_id, archived_too=True).post_id
                        for comment_id in sorted(comment_ids)})


def hold_comment(work: UnitOfWork, comment_id: str, decide: Decide) -> list[str]:
    """Hold a comment, or let it go, and count it no more or again; its replies stay. Raises NotFound."""
    comment = work.lock(Comment, comment_id, archived_too=True)
    was_counted = is_counted(comment)
    told = hold_object(work, Comment, comment_id, decide)
    count(work, comment.post_id, comments=is_counted(comment) - was_counted)
    return told


def restore_comment(actor: Actor, comment_id: str) -> bool:
    """Bring a deleted comment back, and count it; returns whether it was gone.

    Raises NotFound, RuleViolated (PersonGone: its author)."""
    with unit_of_work(actor) as work:
        refuse_gone(work, select(Comment.author_user_id).where(Comment.id == comment_id, Comment.is_active.is_(False)))
        was_gone = restore_object(actor, Comment, comment_id)
        if was_gone:
            count(work, work.lock(Comment, comment_id).post_id, comments=1)
        work.commit()
    return was_gone


def _parties(actor: Actor, post_id: str) -> frozenset[str] | None:
    try:
        find_post(actor, post_id)
    except (Forbidden, NotFound):
        return frozenset()
    return None
