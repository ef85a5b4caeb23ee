"""Login sessions: rows of the database, so that losing Redis logs nobody out.

What a process remembers of them for seconds is in authentication.py; a change invalidates the user's version key."""
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, Select, String, bindparam, delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from app.actor import system_actor
from app.clock import now
from app.data.batches import purge
from app.data.columns import boolean, instant, iso
from app.data.connections import reading
from app.data.entity import Base
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.reads.prepared import fetch_typed
from app.identity.bucket_tokens import bucket_tokens
from app.identity.security_events import record_security
from app.runtime import runtime

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

log = logging.getLogger("guildhall.sessions")

_SEEN_SECONDS = 300.0


class LoginSession(Base):
    """One login of one user; a token without its row here is worth nothing."""

    __tablename__ = "login_session"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[str] = mapped_column(String(36))
    logged_in_at: Mapped[datetime] = instant(required=True)
    expires_at: Mapped[datetime] = instant(required=True)
    needs_email_2fa: Mapped[bool] = boolean(default=False)
    needs_mobile_2fa: Mapped[bool] = boolean(default=False)
    last_seen_at: Mapped[datetime] = instant(required=True)
    address: Mapped[str | None] = mapped_column(String(64))
    device: Mapped[str | None] = mapped_column(String(255))


Index("ix_login_session_user", LoginSession.realm, LoginSession.user_id)
Index("ix_login_session_last_seen_at", LoginSession.last_seen_at)
Index("ix_login_session_expires_at", LoginSession.expires_at)

# Built once: whoever calls is looked up again every few seconds.
_BY_ID = select(
    LoginSession.id, LoginSession.realm, LoginSession.user_id, LoginSession.logged_in_at, LoginSession.expires_at,
    LoginSession.last_seen_at, LoginSession.needs_email_2fa, LoginSession.needs_mobile_2fa).where(
    LoginSession.id == bindparam("session"), LoginSession.realm == bindparam("of_realm"))


@dataclass(frozen=True, slots=True)
class UserFacts:
    """What a request needs to know of its user; `profile` is what else the session object shows, in wire names."""

    role: str
    email: str
    fullname: str
    profile: dict[str, Any]


# Finds an active user of a realm by id; the auth service fills this port.
UserDirectory = Callable[[str, str], UserFacts | None]


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that is not ended, idle or expired, with its active user; times are epoch seconds."""

    id: str
    realm: str
    user_id: str
    logged_in_at: float
    expires_at: float
    last_seen_at: float
    needs_email_2fa: bool
    needs_mobile_2fa: bool
    role: str
    email: str
    fullname: str
    profile: dict[str, Any]

    @property
    def owed_factor(self) -> str | None:
        """The second factor that is still to be proved, `Email` or `Mobile`, or None (decision 53)."""
        return "Email" if self.needs_email_2fa else "Mobile" if self.needs_mobile_2fa else None


class SessionStore:
    """Reads sessions; the functions below write them inside a command's unit of work."""

    def __init__(self, directory: UserDirectory) -> None:
        self._directory = directory

    def live(self, realm: str, session_id: str, user_id: str) -> LiveSession | None:
        """Return the user's session if it lives."""
        session = self._stored(realm, session_id, user_id)
        if session is None or session.user_id != user_id or now().timestamp() >= min(
                session.expires_at, session.last_seen_at + runtime().settings.session_idle_seconds):
            return None
        return session

    def _stored(self, realm: str, session_id: str, user_id: str) -> LiveSession | None:
        with reading() as connection:
            rows = fetch_typed(connection, _BY_ID, {"session": session_id, "of_realm": realm})
        facts = self._directory(realm, user_id) if rows else None
        if facts is None:
            return None
        id_, of_realm, of_user, logged_in_at, expires_at, last_seen_at, needs_email_2fa, needs_mobile_2fa = rows[0]
        return LiveSession(id_, of_realm, of_user, logged_in_at.timestamp(), expires_at.timestamp(),
                           last_seen_at.timestamp(), needs_email_2fa, needs_mobile_2fa, facts.role, facts.email,
                           facts.fullname, facts.profile)


def user_version_key(user_id: str) -> str:
    """Return the version key that everything known of a user's sessions and role stands under."""
    return f"user:{user_id}"


def open_session(work: "UnitOfWork", realm: str, user_id: str, lifetime: int, *,
                 owes: Collection[str] = ()) -> LoginSession:
    """Add a session of `lifetime` seconds to the unit of work; `owes` are its factors to prove: `email`, `mobile`."""
    moment, actor = now(), work.actor
    return work.insert(LoginSession(
        id=uuid7(), realm=realm, user_id=user_id, logged_in_at=moment, expires_at=moment + timedelta(seconds=lifetime),
        needs_email_2fa="email" in owes, needs_mobile_2fa="mobile" in owes, last_seen_at=moment,
        address=actor.address or None, device=actor.device or None))


def seen_step() -> float:
    """Return how many seconds a session may be in use before that is written down again."""
    return min(_SEEN_SECONDS, runtime().settings.session_idle_seconds / 12)


def note_seen(session: LiveSession) -> LiveSession:
    """Write down that the session is in use, when that was last done a while ago; returns it as it is then.

    A read must not fail for it: where the database takes no write, it stays unwritten."""
    from app.data.unit_of_work import unit_of_work

    moment = now()
    if moment.timestamp() - session.last_seen_at < seen_step():
        return session
    try:
        with unit_of_work(system_actor(session.realm)) as work:
            work.execute(update(LoginSession).where(LoginSession.id == session.id).values(last_seen_at=moment))
            work.commit()
    except DBAPIError:
        log.warning("that session %s is in use could not be written down", session.id)
        return session
    return replace(session, last_seen_at=moment.timestamp())


def sessions_of(realm: str, user_id: str) -> Select[Any]:
    """Return the query of a user's sessions that are not over."""
    moment, settings = now(), runtime().settings
    idle = moment - timedelta(seconds=settings.session_idle_seconds)
    return select(LoginSession).where(
        LoginSession.realm == realm, LoginSession.user_id == user_id, LoginSession.expires_at > moment,
        LoginSession.last_seen_at > idle)


def end_session(work: "UnitOfWork", realm: str, session_id: str, user_id: str) -> bool:
    """End one session of the user; it is refused everywhere as soon as the unit of work has committed.

    Tell whether there was one."""
    ended = work.execute(delete(LoginSession).where(
        LoginSession.id == session_id, LoginSession.realm == realm, LoginSession.user_id == user_id))
    work.invalidate(user_version_key(user_id))
    return bool(ended.rowcount)


def end_sessions_of(work: "UnitOfWork", realm: str, user_id: str, *, keep: str | None = None) -> int:
    """End every session of the user, except `keep` (the one that changed its password); return how many there were."""
    query = delete(LoginSession).where(LoginSession.realm == realm, LoginSession.user_id == user_id)
    ended = work.execute(query.where(LoginSession.id != keep) if keep else query)
    work.invalidate(user_version_key(user_id))
    return int(ended.rowcount)


def settle_second_factor(work: "UnitOfWork", realm: str, session_id: str, user_id: str, factor: str) -> None:
    """Record that the session has proved its second factor, `email` or `mobile`."""
    work.execute(update(LoginSession).where(LoginSession.id == session_id, LoginSession.realm == realm)
                 .values({f"needs_{factor}_2fa": False}))
    work.invalidate(user_version_key(user_id))


def sweep_expired_sessions(realm: str) -> int:
    """Delete the realm's expired and idle sessions and return how many there were (periodic job)."""
    idle = now() - timedelta(seconds=runtime().settings.session_idle_seconds)
    return sum(_sweep(realm, column, bound, why) for column, bound, why in (
        (LoginSession.expires_at, now(), "expired"), (LoginSession.last_seen_at, idle, "idle")))


def _sweep(realm: str, column: Any, bound: datetime, why: str) -> int:
    over = select(LoginSession.id, LoginSession.user_id).where(LoginSession.realm == realm, column <= bound)

    def remove(work: "UnitOfWork", rows: Sequence[Any]) -> None:
        work.execute(delete(LoginSession).where(LoginSession.id.in_([row.id for row in rows])))
        for row in rows:
            record_security(work, "session", row.user_id, ended=why, session=row.id)

    return purge(system_actor(realm), lambda size: fetch(over.order_by(column).limit(size)), remove)


# What OpenAPI documents say of it.
SESSION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["status", "sessionId", "userId", "email", "fullname", "roleId", "accessToken", "userBucketToken"],
    "properties": {
        "status": {"type": "string", "const": "OK"}, "sessionId": {"type": "string", "format": "uuid"},
        "userId": {"type": "string", "format": "uuid"}, "email": {"type": "string"}, "fullname": {"type": "string"},
        "roleId": {"type": "string", "enum": ["superAdmin", "admin", "user"]}, "avatar": {"type": ["string", "null"]},
        "emailVerified": {"type": "boolean"}, "phone": {"type": ["string", "null"]},
        "loginDate": {"type": "string", "format": "date-time"}, "sessionNeedsEmail2FA": {"type": "boolean"},
        "sessionNeedsMobile2FA": {"type": "boolean"}, "accessToken": {"type": "string"},
        "userBucketToken": {"type": "string", "description": "writes the user's two buckets, reads the private one"},
        "applicationBucketToken": {"type": "string", "description": "staff only: writes the common bucket"}},
    "example": {
        "status": "OK", "sessionId": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e",
        "userId": "018f4c1d-0c52-7d11-8f3a-5b1e2a9c7d60", "email": "anna@example.com", "fullname": "Anna Ant",
        "roleId": "user", "avatar": None, "emailVerified": True, "loginDate": "2026-01-31T12:00:00.000Z",
        "sessionNeedsEmail2FA": False, "sessionNeedsMobile2FA": False, "accessToken": "eyJhbGciOiJSUzI1NiJ9.e30.sig",
        "userBucketToken": "eyJhbGciOiJIUzI1NiJ9.e30.sig"}}


def session_body(session: LiveSession, access_token: str) -> dict[str, Any]:
    """Return the session object: no `id`, no password, bucket tokens fresh."""
    return {
        "status": "OK", "sessionId": session.id, "userId": session.user_id, "email": session.email,
        "fullname": session.fullname, "roleId": session.role, **session.profile,
        "loginDate": iso(datetime.fromtimestamp(session.logged_in_at, UTC)),
        "sessionNeedsEmail2FA": session.needs_email_2fa, "sessionNeedsMobile2FA": session.needs_mobile_2fa,
        "accessToken": access_token, **bucket_tokens(runtime().settings.secret_key, session),
    }
