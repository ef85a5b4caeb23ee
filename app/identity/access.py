"""The small named predicates that policies.py files are built from, and the row checks of commands.

A policy says whether a role may call the API at all, before parameters are read; ownership comes after the fetch."""
from collections.abc import Callable
from dataclasses import replace

from app.actor import Actor, anonymous
from app.errors import Forbidden, LoginRequired
from app.runtime import runtime

Predicate = Callable[[Actor], bool]

SCOPES = {"webhooks": "register webhooks and read what they send",
          "notices": "read and mark the person's notices; of staff also send"}
"""What an API client may be let do, with its meaning (decision 46)."""


def public(actor: Actor) -> bool:
    """Anyone, with or without a login: "no login" written down."""
    return True


def anyone(actor: Actor) -> bool:
    """The same, and also whoever still owes a second factor: for what a login itself is made of (decision 53)."""
    return True


def needs_no_login(policy: Predicate) -> bool:
    """Tell whether the policy lets visitors pass whatever the settings."""
    return policy in (public, anyone)


def require_proved(owed_factor: str | None) -> None:
    """Raise Forbidden EmailTwoFactorNeeded or MobileTwoFactorNeeded while a second factor is owed."""
    if owed_factor is not None:
        raise Forbidden(f"errMsg_{owed_factor}TwoFactorNeeded", f"{owed_factor}TwoFactorNeeded")


def logged_in(actor: Actor) -> bool:
    """Any user with a live session."""
    return not actor.is_anonymous


def staff(actor: Actor) -> bool:
    """ADMIN of the rules files: admin or superAdmin."""
    return actor.is_staff


def super_admin(actor: Actor) -> bool:
    """The superAdmin only."""
    return actor.is_super_admin


class ClientPolicy:
    """A policy that also lets API clients with one scope pass, each as the person it acts for."""

    def __init__(self, scope: str, person: Predicate) -> None:
        self.scope, self._person = scope, person
        said = (person.__doc__ or person.__name__).strip().split("\n")[0].removesuffix(".")
        self.__doc__ = f"{said}; also an API client with the scope {scope}."
        self.__name__ = f"{person.__name__} or client with {scope}"

    def __call__(self, actor: Actor) -> bool:
        """Tell whether the person may, and where a program asks for it, whether it was given the scope."""
        return self._person(actor) and (not actor.is_program or self.scope in actor.scopes)


def client_with(scope: str, person: Predicate = logged_in) -> Predicate:
    """Return the policy that lets pass whom `person` does, and API clients of theirs that have the scope (of SCOPES).

    Every other policy refuses all programs. Raises KeyError for a scope that there is not."""
    SCOPES[scope]
    return ClientPolicy(scope, person)


def permits(policy: Predicate, actor: Actor) -> bool:
    """Tell whether the policy lets the actor pass; a program only where its scope is granted (decision 46)."""
    return (not actor.is_program or isinstance(policy, ClientPolicy)) and policy(actor)


def enforce(policy: Predicate, actor: Actor, api_name: str) -> Actor:
    """Return the actor who passes or raise LoginRequired (401) / Forbidden (403), in that order (decision 3).

    It is the actor himself; a program that is granted nothing here is a visitor where visitors pass."""
    if policy is not anyone:
        require_proved(actor.owed_factor)
    if permits(policy, actor):
        return actor
    if actor.is_program and not isinstance(policy, ClientPolicy) and policy(visitor := _nameless(actor)):
        return visitor
    if actor.is_anonymous:
        raise LoginRequired(f"errMsg_{api_name}RequiresLogin")
    raise Forbidden(f"errMsg_{api_name}RoleNotAllowed")


def _nameless(actor: Actor) -> Actor:
    """Return a visitor from where the actor is."""
    return replace(anonymous(actor.realm), address=actor.address, device=actor.device)


def require(allowed: bool, message: str = "errMsg_ForbiddenAccess") -> None:
    """Raise Forbidden unless the row check of a command holds."""
    if not allowed:
        raise Forbidden(message)


def require_self_or_staff(actor: Actor, *user_ids: str | None, message: str = "errMsg_ForbiddenAccess") -> None:
    """Raise Forbidden unless the actor is one of the named users or staff."""
    require(actor.is_staff or any(actor.is_user(user_id) for user_id in user_ids), message)


def require_self(actor: Actor, user_id: str) -> None:
    """Raise Forbidden unless the actor is that very user; superAdmin passes, admin does not (decision 7)."""
    require(actor.is_super_admin or actor.is_user(user_id))


def acting_user(actor: Actor, named: str | None) -> str:
    """Return the id of whose act this is: the actor's own, and a body that names another is refused (NET-13).

    superAdmin may act for others (rules-network G1). Raises Forbidden."""
    require(named is None or actor.is_user(named) or actor.is_super_admin, "errMsg_ActsForOthers")
    return named or str(actor.user_id)


def public_read(actor: Actor) -> bool:
    """A read the documents call public: a login is needed unless MARKETPLACE_PUBLIC_READS opens it (decision 6)."""
    return not actor.is_anonymous or runtime().settings.marketplace_public_reads
