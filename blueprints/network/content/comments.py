"""The writes of comments: a tree of any depth below a post (NET-18).

Who comments shares the post; who moves a comment locks it, so that a leaf is one until it has moved."""
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.data.held import is_free
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.identity.access import require_self
from blueprints.network.content.counting import count, is_counted
from blueprints.network.content.models import Comment, Post
from blueprints.network.content.posts import lock_post, require_own, share_post
from blueprints.network.content.queries import get_comment
from blueprints.platform.people.queries import not_hidden


def write_comment(actor: Actor, *, post_id: str, content: str, parent_comment_id: str | None = None,
                  id: str | None = None) -> Comment:
    """Comment on a post that one sees, or answer a comment on it.

    Raises NotFound, Forbidden (private, AccountInactive), RuleViolated (CommentsClosed, NoSuchParent)."""
    with unit_of_work(actor) as work:
        if share_post(work, post_id).comments_closed:
            raise RuleViolated("CommentsClosed", "Nobody comments on this post any more")
        if parent_comment_id is not None:
            _require_parent(work, post_id, parent_comment_id)
        comment = work.insert(Comment(id=id, post_id=post_id, author_user_id=str(actor.user_id), content=content,
                                      parent_comment_id=parent_comment_id))
        count(work, post_id, comments=1)
        work.commit()
    return comment


def change_comment(actor: Actor, comment_id: str, **values: Any) -> Comment:
    """Change one's own comment; one that nobody has answered yet may answer another one on the same post.

    Raises NotFound, Forbidden (another's), RuleViolated (NoSuchParent, CommentIsAnswered)."""
    with unit_of_work(actor) as work:
        known = get_comment(actor, comment_id)
        require_self(actor, known["authorUserId"])
        parent = values.get("parent_comment_id")
        moves = parent not in (None, known["parentCommentId"])
        (lock_post if moves else share_post)(work, known["postId"])
        comment = work.lock(Comment, comment_id)
        if moves:
            _require_leaf(work, comment_id)
            _require_parent(work, comment.post_id, parent, not_id=comment_id)
        work.change(comment, **values)
        work.commit()
    return comment


def delete_comment(actor: Actor, comment_id: str) -> Comment:
    """Soft-delete a comment, one's own or on a post of one's own; its replies stay. Raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        known = work.get(Comment, comment_id)
        post_id = known.post_id
        if not actor.is_user(known.author_user_id):
            require_own(work, post_id)
        work.get(Post, post_id)  # of a deleted post nothing is reached any more
        comment = work.lock(Comment, comment_id)
        was_counted = is_counted(comment)
        work.archive(comment)
        count(work, post_id, comments=-int(was_counted))
        work.commit()
    return comment


def _require_parent(work: UnitOfWork, post_id: str, parent_id: Any, not_id: str = "") -> None:
    """Refuse a parent that is no comment on the post which the actor sees, or the comment itself."""
    found = work.rows(select(Comment.id).where(
        Comment.id == parent_id, Comment.id != not_id, Comment.post_id == post_id, Comment.is_active.is_(True),
        is_free(Comment), not_hidden(Comment.author_user_id, work.actor)))
    if not found:
        raise RuleViolated("NoSuchParent", "The parent is not a comment on this post")


def _require_leaf(work: UnitOfWork, comment_id: str) -> None:
    """Refuse to move what was answered, also by what is deleted: below it something may stand that is not."""
    if work.rows(select(Comment.id).where(Comment.parent_comment_id == comment_id).limit(1)):
        raise RuleViolated("CommentIsAnswered", "A comment that was answered stays where it is")
