"""Whom people see of each other, as parts of the rules of all services (decision 41, NET-7, NET-8)."""
from app.data.version_keys import version_key
from app.data.visibility import (
    Expression,
    IdSet,
    Visibility,
    all_of,
    any_of,
    ids_known,
    ids_of_caller,
    me,
    member,
    no_one,
    not_,
)
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.visibility import users_of
from blueprints.platform.people.blocking import hides_blocked
from blueprints.platform.people.models import Block
from blueprints.platform.people.queries import blocked_with, people_at_rest
from blueprints.platform.people.rules import ACTING, SELLING


def people_resting(side: str) -> IdSet:
    """Return the set of the people who are not there now, as what they are: small, and remembered."""
    return ids_known(f"people at rest, {side}", lambda actor: people_at_rest(actor.realm, side),
                     depends_on=("rows:user",))


RESTING, RESTING_SELLERS = people_resting(ACTING), people_resting(SELLING)
BLOCKED = ids_of_caller(
    "people whom a block hides from the caller", lambda actor: blocked_with(actor.realm, actor.user_id),
    depends_on=(version_key(Block),), unless=lambda actor: actor.is_super_admin or not hides_blocked(actor.realm))
_HIDDEN_AT_REST = ids_known("people at rest, who are hidden from all but the superAdmin", lambda actor: (
    frozenset() if actor.is_super_admin else people_at_rest(actor.realm)), depends_on=("rows:user",))


def is_not_at_rest(field: str) -> Expression:
    """Return the rule that the person in this field is not at rest."""
    return not_(member(field, RESTING))


def is_not_hidden(field: str) -> Expression:
    """Return the rule that rows of the person in this field are shown: neither at rest nor blocked with the caller, or
    his own; to superAdmin all (NET-7, NET-8). `not_hidden` of queries.py says the same where one hides a person."""
    return any_of(me(field), all_of(not_(member(field, _HIDDEN_AT_REST)), not_(member(field, BLOCKED))))


BLOCKS = Visibility(Block, me("blockerId"), sees_all=no_one)
USERS = {realm: users_of(realm, is_not_hidden("id")) for realm in REALM_CODENAMES}
"""Realm → who sees its accounts: everybody who is logged in, but nothing of who rests or is hidden by a block."""
