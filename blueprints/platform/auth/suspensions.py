"""Suspensions as accounts carry them: moderation decides and has the columns written here.

What auth must know of them to refuse a login or a registration, moderation hands down: it stands on a higher floor."""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.clock import now
from app.data.columns import iso
from app.data.unit_of_work import UnitOfWork
from app.data.version_keys import version_key
from app.errors import RuleViolated
from app.identity.encryption import fingerprint
from app.identity.roles import outranks
from app.identity.security_events import record_security
from app.identity.sessions import end_sessions_of, user_version_key
from app.runtime import runtime
from blueprints.platform.auth.models import Account, account_model
from blueprints.platform.auth.rules import FOREVER, Ends, holds
from blueprints.platform.auth.topics import standing_topic

SUSPENSION_ENDS = "suspension-ends"


@dataclass(frozen=True)
class SuspensionFacts:
    """What a suspended person is told when he logs in: why, and how long he may appeal."""

    reason: str
    appeal_until: datetime


@dataclass(frozen=True)
class Suspensions:
    """`facts` of the act with that id in a realm, None where there is none; `is_banned_address` of a realm (M-12)."""

    facts: Callable[[str, str], SuspensionFacts | None]
    is_banned_address: Callable[[str, str], bool]


def suspensions() -> Suspensions:
    """Return who knows why somebody is suspended, and which addresses are banned."""
    return runtime().part(Suspensions)


def lock_to_suspend(work: UnitOfWork, user_id: str) -> Ends:
    """Lock the account, also an archived one, whoever shares it waiting or done; returns its suspensions.

    Raises NotFound, RuleViolated AHigherUserCantBeSuspended."""
    account = _locked(work, user_id)
    if not outranks(work.actor.role, account.role_id):
        raise RuleViolated("AHigherUserCantBeSuspended", "AHigherUserCantBeSuspended")
    return _ends_of(account)


def lock_to_reinstate(work: UnitOfWork, user_id: str) -> Ends:
    """The same for what takes a suspension back, which needs no rank; raises NotFound."""
    return _ends_of(_locked(work, user_id))


def write_ends(work: UnitOfWork, user_id: str, ends: Ends) -> None:
    """Let the locked account be suspended until then; its sessions end at once, and one security event says so.

    Lists follow at query time (M-3); who keeps copies of its listings hears `user-suspended` or `user-reinstated`."""
    account, realm, moment = _locked(work, user_id), work.actor.realm, now()
    work.change(account, **ends._asdict())
    said = {name: iso(until) for name, until in ends._asdict().items() if isinstance(until, datetime)}
    record_security(work, "suspension", user_id, **said)
    if holds(ends.suspended_until, moment):
        end_sessions_of(work, realm, user_id)
    dates = [until for until in ends if isinstance(until, datetime) and until > moment]
    coming = [until for until in dates if until != FOREVER]
    work.schedule(SUSPENSION_ENDS, user_id, min(coming, default=None))
    work.emit(standing_topic(realm, "suspended" if dates else "reinstated"), user_id, {"id": user_id})
    # Lists that were kept while it held are out of date, also when no column changes.
    work.invalidate(user_version_key(user_id), version_key(account_model(realm)))


def address_digest(work: UnitOfWork, user_id: str) -> str:
    """Return the keyed hash of the locked account's address, which outlives the account (M-12)."""
    return digest_of(work.actor.realm, _locked(work, user_id).email)


def digest_of(realm: str, email: str) -> str:
    """Return the keyed hash of an address in its one form."""
    return fingerprint(runtime().settings.secret_key, f"banned-address/{realm}", email)


def _locked(work: UnitOfWork, user_id: str) -> Account:
    return work.lock(account_model(work.actor.realm), user_id, archived_too=True)


def _ends_of(account: Account) -> Ends:
    return Ends(*(getattr(account, name) for name in Ends._fields))
