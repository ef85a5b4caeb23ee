"""The writes of posts: a person's are the person's, a company's its current admins' (NET-12, NET-13, NET-17)."""
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.data.list_values import merged_list
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.identity.access import acting_user, require, require_self
from blueprints.network.company.commands import require_admin_of_each
from blueprints.network.content.feed_items import keep_item
from blueprints.network.content.models import Post
from blueprints.network.content.queries import find_post
from blueprints.network.content.rules import MOST_ATTACHMENTS, OWNER, PUBLIC
from blueprints.network.content.visibility import readers_among
from blueprints.platform.auth.lending import share_accounts
from blueprints.platform.people.commands import require_person
from blueprints.platform.people.queries import refuse_inactive


def publish_post(actor: Actor, *, content: str, company_id: str | None = None, author_user_id: str | None = None,
                 visibility: str = PUBLIC, audience: str = OWNER, attachment_urls: Sequence[str] = (),
                 mentions: Sequence[str] = (), id: str | None = None) -> Post:
    """Publish a post, with `company_id` in the name of that company, as its admin; it mentions who sees it.

    Raises NotFound (no such company), Forbidden (no admin, another's name, AccountInactive)."""
    author = acting_user(actor, author_user_id)
    with unit_of_work(actor) as work:
        require_person(work, author)
        require_admin_of_each(work, {company_id} if company_id else ())
        post = Post(id=id, content=content, company_id=company_id, author_user_id=author, visibility=visibility,
                    audience=audience, attachment_urls=list(attachment_urls), comments_closed=False)
        post.mentions = readers_among(actor.realm, post, mentions)
        keep_item(work, work.insert(post))
        work.commit()
    return post


def change_post(actor: Actor, post_id: str, **values: Any) -> Post:
    """Change a post; whoever gives it to a company administers that, too (K-7).

    Attachments: whole, `_append`, `_remove`. Raises NotFound, Forbidden, RuleViolated (TooManyValues)."""
    with unit_of_work(actor) as work:
        post = _lock_own(work, post_id, values.get("company_id"))
        mentions = values.pop("mentions", None)
        work.change(post, **merged_list(values, "attachment_urls", post.attachment_urls, most=MOST_ATTACHMENTS))
        if mentions is not None:
            work.change(post, mentions=readers_among(actor.realm, post, mentions))
        keep_item(work, post)
        work.commit()
    return post


def delete_post(actor: Actor, post_id: str) -> Post:
    """Soft-delete a post: what stands behind it is no longer seen, and stays (K-10). Raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        post = work.archive(_lock_own(work, post_id))
        keep_item(work, post)
        work.commit()
    return post


def share_post(work: UnitOfWork, post_id: str) -> Post:
    """Return a post that the actor sees and who may act, which stays as it is until the end.

    A block is before or after it, too. Raises NotFound, Forbidden (private, AccountInactive)."""
    _share_people(work, post_id)
    found = work.share(select(Post).where(Post.id == post_id))
    find_post(work.actor, post_id)
    return found[0]


def lock_post(work: UnitOfWork, post_id: str) -> Post:
    """Return the same, locked: for what is decided between its comments (NET-18)."""
    _share_people(work, post_id)
    post = work.lock(Post, post_id)
    find_post(work.actor, post_id)
    return post


def require_own(work: UnitOfWork, post_id: str) -> None:
    """Refuse whoever the post is not: a person's own is his, a company's its current admins'.

    Before the post is locked. Raises NotFound, Forbidden."""
    post = find_post(work.actor, post_id)
    if post["companyId"]:
        require_admin_of_each(work, {post["companyId"]})
    else:
        require_self(work.actor, post["authorUserId"])


def _lock_own(work: UnitOfWork, post_id: str, into: str | None = None) -> Post:
    """Return a post that is the actor's to change, locked; `into`: a company it shall become the post of."""
    company_id = find_post(work.actor, post_id)["companyId"]
    require_admin_of_each(work, {one for one in (company_id, into) if one})
    post = work.lock(Post, post_id)
    require(post.company_id == company_id)  # else somebody has given it away since
    if company_id is None:
        require_self(work.actor, post.author_user_id)
    return post


def _share_people(work: UnitOfWork, post_id: str) -> None:
    author = work.get(Post, post_id).author_user_id  # never changes
    share_accounts(work, {author, str(work.actor.user_id)})
    refuse_inactive(work.actor)
