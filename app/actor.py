"""Who acts: a session's user, a program for a user, an anonymous visitor, the CLI operator, the system, or the kernel.

Every command takes the actor first; nothing below the routes knows where it came from."""
from dataclasses import dataclass

_STAFF_ROLES = frozenset({"superAdmin", "admin", "system"})


class NoRealm(RuntimeError):
    """The kernel's own work asked for a realm: a programming error, as a realm is never a default (decision 37)."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One acting party within one realm; `user_id` is None for visitors, operators and the system.

    `realm_or_none` is None for the kernel's own work only; everybody else reads `realm`. A request also says where it
    came from: `address` is the client network it is counted as, `device` what its client calls itself."""

    realm_or_none: str | None
    user_id: str | None = None
    session_id: str | None = None
    role: str = "anonymous"
    email: str | None = None
    fullname: str | None = None
    operator: str | None = None
    address: str | None = None
    device: str | None = None
    owed_factor: str | None = None
    """The second factor the session still owes, `Email` or `Mobile`: until then almost everything is refused."""
    client_id: str | None = None
    """The API client that acts, for the user of `user_id`; None when nobody but the user himself does."""
    scopes: frozenset[str] = frozenset()
    """What that client's token was given: it opens only what a policy grants to one of them (decision 46)."""

    @property
    def realm(self) -> str:
        """The realm this actor acts in; raises NoRealm for the kernel's own work."""
        if self.realm_or_none is None:
            raise NoRealm("the kernel's own work belongs to no realm: name the realm, or act for what belongs to one")
        return self.realm_or_none

    @property
    def is_anonymous(self) -> bool:
        """True for a visitor without a valid session."""
        return self.role == "anonymous"

    @property
    def is_program(self) -> bool:
        """True for an API client: its user to every rule of visibility, to policies a program."""
        return self.client_id is not None

    @property
    def is_staff(self) -> bool:
        """True for ADMIN of the rules files: admin, superAdmin, and the system (decision 7)."""
        return self.role in _STAFF_ROLES

    @property
    def is_person_of_staff(self) -> bool:
        """True for staff with an account and for operators; False for jobs and subscribers, which nobody leads."""
        return self.is_staff and (self.user_id is not None or self.operator is not None)

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
    """Return the actor of a realm's jobs and subscribers and (with the operator's name) of the CLI."""
    return Actor(realm, role="system", operator=operator)


def kernel_actor() -> Actor:
    """Return the actor of work that is no realm's: settling deliveries, claiming jobs, removing what is old."""
    return Actor(None, role="system")
