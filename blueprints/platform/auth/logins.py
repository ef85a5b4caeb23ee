"""Logging in, again, and out: a session row is the login, the token only points to it (rules-platform §3.3, §3.4)."""
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, LoginRequired
from app.identity.access_tokens import issue_access_token
from app.identity.appeal_tokens import issue
from app.identity.authentication import identity
from app.identity.devices import device_token, known_device
from app.identity.login_throttle import Bound, Delay, Limit
from app.identity.passwords import password_matches, renewed_hash
from app.identity.security_events import record_refusal, record_security, recorded_throttle
from app.identity.sessions import LiveSession, LoginSession, end_session, open_session
from app.identity.signing_keys import SigningKeyPair
from app.mail_addresses import typed_address
from app.notify.mailbox import sends_sms
from app.runtime import runtime
from blueprints.platform.auth.commands import reopen_account
from blueprints.platform.auth.models import Account, account_model
from blueprints.platform.auth.queries import find_account, role_factors
from blueprints.platform.auth.rules import FOREVER, holds, is_restorable, owed_factors
from blueprints.platform.auth.suspensions import suspensions

# Guesses at one account from one address, at all accounts from one address, at one account from all addresses. The last
# is a delay (decision 54): nobody is kept out of his account by strangers, and of a known device not even delayed.
FAILURES = Limit("Login", most=10, window=900)
FAILURES_OF_ADDRESS = Limit("LoginAddress", most=50, window=900)
ALL_FAILURES = Delay("LoginAccount", free=20, first=1, longest=30, window=3600)

_Counted = list[tuple[Bound, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Login:
    """A session just opened, the token that points to it, and what makes its device known after a login."""

    session: LiveSession
    access_token: str
    device_token: str = ""


def log_in(actor: Actor, username: str, password: str, device: str) -> Login:
    """Open a session for whoever knows the password; an archived account comes back to life by it.

    `device` is the token a former login left on the client, "" without one. Raises LoginRequired (401, the same for an
    unknown user), Forbidden AccountSuspended, AccountLocked or EmailVerificationNeeded (in this order, moderation.md
    M-11), Throttled after too many failures."""
    realm, email = actor.realm, typed_address(username)
    row = find_account(realm, email)
    user_id, counted = row.id if row else None, _counted(actor, row, email, device)
    with recorded_throttle(actor, "login", user_id):
        identity().throttle.take_all(*counted)
    if not password_matches(row.password if row else None, password) or not _may_return(row):
        record_refusal(actor, "login", user_id, reason="InvalidCredentials")
        raise _refused()
    bound, subject = counted[0]
    identity().throttle.forget(bound, *subject)
    identity().throttle.give_back(*counted[1:])
    fresh_hash = renewed_hash(row.password, password)
    pair = identity().keys.current(realm)
    try:
        with unit_of_work(actor) as work:
            account = _welcomed(work, row, password)
            if account.password == row.password:
                work.change(account, password=fresh_hash)
            session = open_session(work, realm, account.id, runtime().settings.access_token_ttl, owes=_owed(account))
            record_security(work, "login", account.id, session=session.id)
            work.commit()
    except Forbidden as refused:
        record_refusal(actor, "login", user_id, reason=refused.err_code)
        raise
    return _login(pair, session, device_token(runtime().settings.secret_key, realm, row.id, account.password))


def log_in_again(actor: Actor) -> Login:
    """Replace the actor's session by a fresh one; raises LoginRequired when it has ended meanwhile.

    Where a login has to prove a second factor, the fresh one ends when the former would have: renewed for ever, a
    session from before the factor was switched on would never prove it."""
    pair = identity().keys.current(actor.realm)
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), str(actor.user_id))
        former = work.first(select(LoginSession).where(LoginSession.id == actor.session_id))
        if former is None:
            raise _refused()
        lifetime = runtime().settings.access_token_ttl
        if _owed(account):
            lifetime = min(lifetime, int((former.expires_at - now()).total_seconds()))
        end_session(work, actor.realm, str(actor.session_id), account.id)
        session = open_session(work, actor.realm, account.id, lifetime)
        record_security(work, "login", account.id, session=session.id, replaces=actor.session_id)
        work.commit()
    return _login(pair, session)


def log_out(actor: Actor) -> None:
    """End the actor's session; a visitor has nothing to end."""
    if actor.session_id is None or actor.user_id is None:
        return
    with unit_of_work(actor) as work:
        end_session(work, actor.realm, actor.session_id, actor.user_id)
        record_security(work, "logout", actor.user_id, session=actor.session_id)
        work.commit()


def _counted(actor: Actor, row: Any, email: str, device: str) -> _Counted:
    """Return what a failure counts for, the account at the address first.

    A known device counts for itself alone: strangers, also behind the same address, do not close its way in."""
    realm, address = actor.realm, actor.address or ""
    known = known_device(runtime().settings.secret_key, realm, row.id, row.password, device) if row else None
    if known is not None:
        return [(FAILURES, (realm, email, address, known)), (ALL_FAILURES, (realm, email, known))]
    return [(FAILURES, (realm, email, address)), (FAILURES_OF_ADDRESS, (realm, address)),
            (ALL_FAILURES, (realm, email))]


def _welcomed(work: UnitOfWork, row: Any, password: str) -> Account:
    """Return the locked account as it is now: of the same password, verified, not locked out, awake.

    Another login at the same moment may have renewed its hash."""
    model = account_model(work.actor.realm)
    account = work.find(model, model.id == row.id, lock=True)
    is_same = account is not None and (account.password == row.password or password_matches(account.password, password))
    if account is None or not is_same or not _may_return(account):
        raise _refused()
    _require_fit(account)
    if not account.is_active:
        reopen_account(work, account)
    return account


def _owed(account: Account) -> frozenset[str]:
    wanted = {"email": account.needs_email_2fa, "mobile": account.needs_mobile_2fa}
    by_person = frozenset(channel for channel, is_on in wanted.items() if is_on)
    return owed_factors(by_person | role_factors(account.realm_of_row, account.role_id),
                        sends_sms() and getattr(account, "mobile_verified", False))


def _require_fit(account: Account) -> None:
    if holds(account.suspended_until, now()):
        raise Forbidden("errMsg_AccountSuspended", "AccountSuspended", _suspension_of(account))
    if holds(account.locked_until, now()):
        raise Forbidden("errMsg_AccountLocked", "AccountLocked")
    if runtime().settings.email_verification_required and not account.email_verified:
        raise Forbidden("errMsg_EmailVerificationNeeded", "EmailVerificationNeeded")


def _suspension_of(account: Account) -> dict[str, Any]:
    """Return until when (None: for good) and why, and what appeals without a login while there is time (M-10)."""
    realm, act_id = account.realm_of_row, str(account.suspended_by)
    facts = suspensions().facts(realm, act_id)
    token = None
    if facts is not None and holds(facts.appeal_until, now()):
        token = issue(runtime().settings.secret_key, realm, act_id, account.id, facts.appeal_until)
    until = None if account.suspended_until == FOREVER else iso(account.suspended_until)
    return {"until": until, "reason": facts.reason if facts else None, "appealToken": token}


def _may_return(account: Any) -> bool:
    return account is not None and (
        account.is_active or is_restorable(account.archived_at, now(), runtime().settings.archive_days))


def _login(pair: SigningKeyPair, row: LoginSession, device: str = "") -> Login:
    session = identity().sessions.live(row.realm, row.id, row.user_id)
    if session is None:
        raise _refused()
    token = issue_access_token(pair, user_id=row.user_id, session_id=row.id, logged_in_at=row.logged_in_at,
                               expires_at=row.expires_at)
    return Login(session, token, device)


def _refused() -> LoginRequired:
    return LoginRequired("errMsg_InvalidUsernameOrPassword", "InvalidCredentials")
