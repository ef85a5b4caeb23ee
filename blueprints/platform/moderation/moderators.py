"""Who may act as a moderator, and who else could: read from the accounts, not from what a session once knew."""
from app.actor import Actor
from app.errors import Forbidden, RuleViolated
from app.identity.access import require
from app.identity.roles import STAFF, SUPER_ADMIN_ID
from blueprints.platform.auth.queries import staff_of, user_facts
from blueprints.platform.moderation.rules import NOBODY
from blueprints.platform.people.queries import inactive_among

ONLY_STAFF = "errMsg_OnlyStaffModerates"


def require_moderator(actor: Actor) -> None:
    """Refuse who is not an active member of staff at this moment: one may be suspended, or lose the role, meanwhile.

    The system passes: machines act, too. Raises Forbidden (M-13)."""
    require(actor.is_staff, ONLY_STAFF)
    if actor.user_id is None:
        return
    facts = user_facts(actor.realm, actor.user_id)
    if facts is None:
        raise Forbidden("errMsg_AccountInactive", "AccountInactive")
    require(facts.role in STAFF, ONLY_STAFF)


def is_moderator(realm: str, user_id: str | None) -> bool:
    """Return whether this account could act as a moderator now; NOBODY stands for machines and operators, who can."""
    if user_id in (None, NOBODY):
        return True
    facts = user_facts(realm, str(user_id))
    return facts is not None and facts.role in STAFF


def refuse_own(actor: Actor, person_id: str | None) -> None:
    """Refuse who would judge what concerns themselves; a superAdmin may. Raises RuleViolated OwnCase (M-14)."""
    if actor.is_user(person_id) and not actor.is_super_admin:
        raise RuleViolated("OwnCase", "Nobody judges what concerns themselves")


def other_moderators(realm: str, *without: str | None) -> frozenset[str]:
    """Return the members of staff who could decide instead of these: active, neither locked nor suspended (M-14).

    The built-in superAdmin does not count: nobody need sit behind that account."""
    ids = set(staff_of(realm)) - {SUPER_ADMIN_ID, NOBODY, *without}
    return frozenset(ids) - inactive_among(realm, ids)
