"""Who sees a post: one rule, as conditions that get, list and feed ask, and whatever stands behind a post (NET-14)."""
from collections.abc import Sequence

from sqlalchemy import ColumnElement, String, and_, bindparam, or_, select, true, union_all
from sqlalchemy.orm import aliased

from app.actor import Actor
from app.data.columns import constant
from app.data.id_sets import not_among_given
from app.data.reads import fetch
from app.data.visibility import (
    Expression,
    Visibility,
    all_of,
    any_of,
    expression_in_sql,
    is_,
    me,
    member,
    not_,
    super_admin,
    through,
)
from blueprints.network.company.queries import admins_of, company_facts, opened_among
from blueprints.network.company.rights import administered_by, page_is_open, page_is_shown
from blueprints.network.company.visibility import ADMINISTERED, OPEN_PAGES, SHOWN_PAGES
from blueprints.network.content.models import Comment, Like, Post
from blueprints.network.content.rules import CONNECTIONS, PRIVATE, PUBLIC
from blueprints.network.networking.queries import connected_people, is_connected_with
from blueprints.network.networking.visibility import CONNECTED
from blueprints.platform.people.queries import HIDES_PEOPLE, blocked_among, blocked_with, inactive_among
from blueprints.platform.people.visibility import BLOCKED, is_not_at_rest, is_not_hidden

WHO_SEES = ("rows:company", "rows:companyAdmin", "rows:companyFollower", "rows:connection", *HIDES_PEOPLE)
"""What `depends_on` of a remembered list names that asks who sees a post."""
_Id = str | ColumnElement[str]

# A post is the caller's, or of a company that he administers now (NET-12).
_IS_OWN = any_of(me("authorUserId"), member("companyId", ADMINISTERED))
PAGE_IS_SHOWN = member("companyId", SHOWN_PAGES)
# Its author neither rests nor is blocked with the caller, its company is neither gone nor held. A block is no part of
# it where a company speaks (NET-4, NET-7, NET-8).
_IS_NOT_HIDDEN = all_of(is_not_at_rest("authorUserId"), any_of(
    all_of(is_("companyId", None), not_(member("authorUserId", BLOCKED))), PAGE_IS_SHOWN))
# It is public, on a page that the caller sees, or for connections (NET-11, NET-15).
IS_READABLE = any_of(
    all_of(is_("visibility", PUBLIC), any_of(is_("companyId", None), member("companyId", OPEN_PAGES))),
    all_of(is_("companyId", None), is_("audience", CONNECTIONS), member("authorUserId", CONNECTED)))
POSTS = Visibility(Post, any_of(_IS_OWN, all_of(_IS_NOT_HIDDEN, IS_READABLE)), sees_all=super_admin)
COMMENTS, LIKES = (Visibility(model, is_not_hidden(who), sees_all=super_admin, there=through("postId", "post"))
                   for model, who in ((Comment, "authorUserId"), (Like, "userId")))
"""Comments and likes stand behind their post, for superAdmin, too."""


def is_there(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that a post is not hidden from the actor as if there was none (else 404: NET-4)."""
    return _to_all_but_super_admin(any_of(_IS_OWN, _IS_NOT_HIDDEN), actor)


def is_open(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that the actor may read a post that is there (else 403)."""
    return _to_all_but_super_admin(any_of(_IS_OWN, IS_READABLE), actor)


def _to_all_but_super_admin(rule: Expression, actor: Actor) -> ColumnElement[bool]:
    return true() if actor.is_super_admin else expression_in_sql(rule, Post, actor)


def is_visible_given() -> ColumnElement[bool]:
    """Return POSTS as the condition for a user who is no superAdmin, in statements that are built once and find few
    posts: its parameters are `me`, `realm` and, as a JSON array of ids, `at_rest`.

    It is written by hand, because the feed asks it most often: building it anew costs many times as much as running it
    (tests/contract/test_visibility_of_lists.py holds both to the same)."""
    author, me, realm = Post.author_user_id, bindparam("me", type_=String), bindparam("realm", type_=String)
    return and_(_is_there(me, realm, not_among_given(author, "at_rest")), _is_open(me, is_connected_with(me, author)))


def is_near(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the posts among which are all private ones that the actor sees, but for superAdmin.

    They are the actor's, his companies' or his connections', each found by an index; `is_open` alone would be asked of
    every private post there is."""
    near, me = aliased(Post), str(actor.user_id)
    return Post.id.in_(union_all(
        select(near.id).where(near.author_user_id == me),
        select(near.id).where(near.company_id.in_(administered_by(me))),
        select(near.id).where(near.author_user_id.in_(connected_people(me)), near.visibility == PRIVATE,
                              near.audience == CONNECTIONS)))


def readers_among(realm: str, post: Post, user_ids: Sequence[str]) -> list[str]:
    """Return which of these people see a post, by the same rule, in their order: whom it may mention (NET-17)."""
    wanted = set(user_ids) - inactive_among(realm, user_ids) if user_ids else set()
    if wanted:
        wanted &= _of_company(post.company_id, post.visibility, wanted) if post.company_id else _of_person(
            realm, post, wanted)
    return [user_id for user_id in user_ids if user_id in wanted]


def _of_person(realm: str, post: Post, wanted: set[str]) -> set[str]:
    author = post.author_user_id
    seen = wanted - blocked_among(realm, author, wanted)
    if post.visibility == PRIVATE:
        near = connected_people(author)
        seen &= {author} | ({row[0] for row in fetch(near.where(near.selected_columns[0].in_(seen)))}
                            if post.audience == CONNECTIONS else set())
    return seen


def _of_company(company_id: str, visibility: str, wanted: set[str]) -> set[str]:
    if visibility == PRIVATE:
        return wanted & set(admins_of(company_id))
    company = company_facts(company_id)
    return wanted if company and company.visibility == PUBLIC else opened_among(company_id, wanted)


def _is_there(me: _Id, realm: _Id, author_is_active: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(_is_own(me), and_(author_is_active, or_(
        and_(Post.company_id.is_(None), Post.author_user_id.not_in(blocked_with(realm, me))),
        page_is_shown(Post.company_id))))


def _is_open(me: _Id, author_is_near: ColumnElement[bool]) -> ColumnElement[bool]:
    is_personal = Post.company_id.is_(None)
    return or_(_is_own(me),
               and_(Post.visibility == constant(PUBLIC), or_(is_personal, page_is_open(Post.company_id, me))),
               and_(is_personal, Post.audience == constant(CONNECTIONS), author_is_near))


def _is_own(me: _Id) -> ColumnElement[bool]:
    """Return the condition that a post is this person's, or of a company that he administers now (NET-12)."""
    return or_(Post.author_user_id == me, Post.company_id.in_(administered_by(me)))
