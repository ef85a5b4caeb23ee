"""The writes of likes: one of a person and post, from then until it is taken back (NET-19)."""
from app.actor import Actor
from app.clock import now
from app.data.unit_of_work import unit_of_work
from app.identity.access import require_self
from blueprints.network.content.counting import count
from blueprints.network.content.models import Like
from blueprints.network.content.posts import share_post


def like_post(actor: Actor, *, post_id: str, id: str | None = None) -> Like:
    """Like a post that one sees, one's own too.

    Raises NotFound, Forbidden (private, AccountInactive), DuplicateRecord (AlreadyLiked)."""
    with unit_of_work(actor) as work:
        share_post(work, post_id)
        like = work.insert(Like(id=id, post_id=post_id, user_id=str(actor.user_id), liked_at=now()))
        count(work, post_id, likes=1)
        work.commit()
    return like


def unlike_post(actor: Actor, like_id: str) -> Like:
    """Take a like of one's own back; raises NotFound, Forbidden (another's)."""
    with unit_of_work(actor) as work:
        like = work.lock(Like, like_id)
        require_self(actor, like.user_id)
        work.archive(like)
        count(work, like.post_id, likes=-1)
        work.commit()
    return like
