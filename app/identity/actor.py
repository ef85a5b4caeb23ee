"""Who acts: a session's user, an anonymous visitor, the CLI operator or the system itself.

Every command takes the actor first; nothing below the routes knows where it came from."""
from dataclasses import dataclass

STAFF_ROLES = frozenset({"superAdmin", "admin", "system"})


@dataclass(frozen=True, slots=True)
class Actor:
    """One acting party within one realm; `user_id` is None for visitors, operators and the system."""

    realm: str
    user_id: str | None = None
    session_id: str | None = None
    role: str = "anonymous"
    email: str | None = None
    fullname: str | None = None
    operator: str | None = None

    @property
    def is_anonymous(self) -> bool:
        """True for a visitor without a valid session."""
        return self.role == "anonymous"

    @property
    def is_staff(self) -> bool:
        """True for ADMIN of the rules files: admin, superAdmin, and the system (decision 7)."""
        return self.role in STAFF_ROLES

    @property
    def is_super_admin(self) -> bool:
        """True for whoever passes every access check (decision 7)."""
        return self.role in ("superAdmin", "system")

    def is_user(self, user_id: str | None) -> bool:
        """True when the actor is that very user."""
        return user_id is not None and self.user_id == user_id


def anonymous(realm: str) -> Actor:
    """Return the visitor without a session."""
    return Actor(realm)


def system_actor(realm: str, operator: str | None = None) -> Actor:
    """Return the actor of jobs, subscribers and (with the operator's name) of the CLI."""
    return Actor(realm, role="system", operator=operator)
