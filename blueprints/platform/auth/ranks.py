"""Who may act on whose account, and which roles are given."""
from app.actor import Actor
from app.errors import InvalidInput, RuleViolated
from app.identity.roles import ASSIGNABLE, outranks
from blueprints.platform.auth.models import Account


def require_assignable(role_id: str) -> None:
    """Raise InvalidInput for a role that nobody is given."""
    if role_id not in ASSIGNABLE:
        raise InvalidInput("errMsg_roleIdisNotValid", detail={"roleId": f"expected one of {', '.join(ASSIGNABLE)}"})


def require_outranked(actor: Actor, account: Account, key: str) -> None:
    """Raise RuleViolated with this key unless the actor's role is above the account's."""
    if not outranks(actor.role, account.role_id):
        raise refused(key)


def refused(key: str) -> RuleViolated:
    """Return the refusal whose code and message are one key, as the contract has them for accounts."""
    return RuleViolated(key, key)
