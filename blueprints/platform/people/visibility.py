"""Whom people see of each other, as parts of the rules of all services (decision 41, NET-7, NET-8)."""
from app.data.changes import version_key
from app.data.visibility import Expression, IdSet, all_of, any_of, ids_known, ids_of_caller, me, member, not_
from blueprints.platform.people.models import Block
from blueprints.platform.people.queries import blocked_with, people_at_rest
from blueprints.platform.people.rules import ACTING, SELLING


def people_resting(side: str) -> IdSet:
    """Return the set of the people who are not there now, as what they are: small, and remembered."""
    return ids_known(f"people at rest, {side}", lambda actor: people_at_rest(actor.realm, side),
                     depends_on=("rows:user",))


RESTING, RESTING_SELLERS = people_resting(ACTING), people_resting(SELLING)
BLOCKED = ids_of_caller("people blocked with the caller", lambda actor: blocked_with(actor.realm, actor.user_id),
                        depends_on=(version_key(Block),))


def is_there(field: str) -> Expression:
    """Return the rule that the person in this field is not at rest."""
    return not_(member(field, RESTING))


def is_not_hidden(field: str) -> Expression:
    """Return the rule that rows of the person in this field are shown: neither at rest nor blocked with the caller, or
    his own (NET-7, NET-8); `not_hidden` of queries.py says the same."""
    return any_of(me(field), all_of(is_there(field), not_(member(field, BLOCKED))))
