"""Logging in, again, and out: a session row is the login, the token only points to it (rules-platform §3.3, §3.4)."""
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.actor import Actor, anonymous
from app.clock import now
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, LoginRequired
from app.identity.access_tokens import issue_access_token
from app.identity.authentication import identity
from app.identity.login_throttle import Limit
from app.identity.passwords import hash_password, needs_rehash, password_matches
from app.identity.sessions import LiveSession, LoginSession, end_session, open_session, user_version_key
from app.identity.signing_keys import SigningKeyPair
from app.runtime import runtime
from blueprints.platform.auth.models import Account, account_model
from blueprints.platform.auth.queries import find_account
from blueprints.platform.auth.rules import is_restorable, normal_email
from blueprints.platform.auth.topics import standing_topic

LOGIN_FAILURES = Limit("Login", most=10, window=900)


@dataclass(frozen=True, slots=True)
class Login:
    """A session just opened, and the token that points to it."""

    session: LiveSession
    access_token: str


def log_in(realm: str, username: str, password: str, address: str) -> Login:
    """Open a session for whoever knows the password; an archived account comes back to life by it.

    Raises LoginRequired (401, the same for an unknown user), Forbidden EmailVerificationNeeded or AccountLocked,
    TooManyRequests after ten failures of one account from one address within 15 minutes."""
    email = normal_email(username) or username.strip().lower()
    throttle = identity().throttle
    throttle.take(LOGIN_FAILURES, realm, email, address)
    row = find_account(realm, email)
    if not password_matches(row.password if row else None, password) or not _may_return(row):
        raise _refused()
    throttle.forget(LOGIN_FAILURES, realm, email, address)
    fresh_hash = hash_password(password) if needs_rehash(row.password) else row.password
    pair = identity().keys.current(realm)
    with unit_of_work(anonymous(realm)) as work:
        account = _welcomed(work, row)
        work.change(account, password=fresh_hash)
        session = open_session(work, realm, account.id, runtime().settings.access_token_ttl)
        work.commit()
    return _login(pair, session)


def log_in_again(actor: Actor) -> Login:
    """Replace the actor's session by a fresh one; raises LoginRequired when it has ended meanwhile."""
    pair = identity().keys.current(actor.realm)
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), str(actor.user_id))
        if work.first(select(LoginSession).where(LoginSession.id == actor.session_id)) is None:
            raise _refused()
        end_session(work, actor.realm, str(actor.session_id), account.id)
        session = open_session(work, actor.realm, account.id, runtime().settings.access_token_ttl)
        work.commit()
    return _login(pair, session)


def log_out(actor: Actor) -> None:
    """End the actor's session; a visitor has nothing to end."""
    if actor.session_id is None or actor.user_id is None:
        return
    with unit_of_work(actor) as work:
        end_session(work, actor.realm, actor.session_id, actor.user_id)
        work.commit()


def _welcomed(work: UnitOfWork, row: Any) -> Account:
    """Return the locked account as it is now: its password unchanged, verified, not locked out, awake."""
    model = account_model(work.actor.realm)
    account = work.find(model, model.id == row.id, model.password == row.password, lock=True)
    if account is None or not _may_return(account):
        raise _refused()
    _require_fit(account)
    if not account.is_active:
        work.change(account, is_active=True, archived_at=None)
        work.emit(standing_topic(work.actor.realm, "restored"), account.id, {"id": account.id})
        work.invalidate(user_version_key(account.id))
    return account


def _require_fit(account: Account) -> None:
    if runtime().settings.email_verification_required and not account.email_verified:
        raise Forbidden("errMsg_EmailVerificationNeeded", "EmailVerificationNeeded")
    if account.locked_until is not None and account.locked_until > now():
        raise Forbidden("errMsg_AccountLocked", "AccountLocked")


def _may_return(account: Any) -> bool:
    return account is not None and (
        account.is_active or is_restorable(account.archived_at, now(), runtime().settings.archive_days))


def _login(pair: SigningKeyPair, row: LoginSession) -> Login:
    session = identity().sessions.live(row.realm, row.id, row.user_id)
    if session is None:
        raise _refused()
    token = issue_access_token(pair, user_id=row.user_id, session_id=row.id, logged_in_at=row.logged_in_at,
                               expires_at=row.expires_at)
    return Login(session, token)


def _refused() -> LoginRequired:
    return LoginRequired("errMsg_InvalidUsernameOrPassword", "InvalidCredentials")
