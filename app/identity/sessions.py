"""Login sessions: rows of the database, so that losing Redis logs nobody out.

What a process remembers of them for seconds is in authentication.py; a change invalidates the user's version key."""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.actor import system_actor
from app.clock import now
from app.data.batches import purge
from app.data.columns import boolean, instant, iso
from app.data.connections import reading
from app.data.entity import Base
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.identity.bucket_tokens import bucket_tokens
from app.runtime import runtime


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


Index("ix_login_session_user", LoginSession.realm, LoginSession.user_id)
Index("ix_login_session_expires_at", LoginSession.expires_at)


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
    """A session that is not ended or expired, with its active user; times are epoch seconds."""

    id: str
    realm: str
    user_id: str
    logged_in_at: float
    expires_at: float
    needs_email_2fa: bool
    needs_mobile_2fa: bool
    role: str
    email: str
    fullname: str
    profile: dict[str, Any]


class SessionStore:
    """Reads sessions; the functions below write them inside a command's unit of work."""

    def __init__(self, directory: UserDirectory) -> None:
        self._directory = directory

    def live(self, realm: str, session_id: str, user_id: str) -> LiveSession | None:
        """Return the user's session if it lives."""
        session = self._stored(realm, session_id, user_id)
        if session is None or session.user_id != user_id or session.expires_at <= now().timestamp():
            return None
        return session

    def _stored(self, realm: str, session_id: str, user_id: str) -> LiveSession | None:
        query = select(LoginSession).where(LoginSession.id == session_id, LoginSession.realm == realm)
        with reading() as connection:
            row = connection.execute(query).first()
        facts = self._directory(realm, user_id) if row else None
        if row is None or facts is None:
            return None
        return LiveSession(row.id, row.realm, row.user_id, row.logged_in_at.timestamp(), row.expires_at.timestamp(),
                           row.needs_email_2fa, row.needs_mobile_2fa, facts.role, facts.email, facts.fullname,
                           facts.profile)


def user_version_key(user_id: str) -> str:
    """Return the version key that everything known of a user's sessions and role stands under."""
    return f"user:{user_id}"


def open_session(work: UnitOfWork, realm: str, user_id: str, lifetime: int) -> LoginSession:
    """Add a session of `lifetime` seconds to the unit of work."""
    moment = now()
    return work.insert(LoginSession(id=uuid7(), realm=realm, user_id=user_id, logged_in_at=moment,
                                    expires_at=moment + timedelta(seconds=lifetime)))


def end_session(work: UnitOfWork, realm: str, session_id: str, user_id: str) -> None:
    """End one session; it is refused everywhere as soon as the unit of work has committed."""
    work.execute(delete(LoginSession).where(LoginSession.id == session_id, LoginSession.realm == realm))
    work.invalidate(user_version_key(user_id))


def end_sessions_of(work: UnitOfWork, realm: str, user_id: str, *, keep: str | None = None) -> None:
    """End every session of the user, except `keep` (the one that changed its password)."""
    query = delete(LoginSession).where(LoginSession.realm == realm, LoginSession.user_id == user_id)
    work.execute(query.where(LoginSession.id != keep) if keep else query)
    work.invalidate(user_version_key(user_id))


def settle_second_factor(work: UnitOfWork, realm: str, session_id: str, user_id: str, factor: str) -> None:
    """Record that the session has proved its second factor, `email` or `mobile`."""
    work.execute(update(LoginSession).where(LoginSession.id == session_id, LoginSession.realm == realm)
                 .values({f"needs_{factor}_2fa": False}))
    work.invalidate(user_version_key(user_id))


def sweep_expired_sessions(realm: str) -> int:
    """Delete the realm's expired sessions and return how many there were (periodic job)."""
    expired = select(LoginSession.id).where(LoginSession.realm == realm, LoginSession.expires_at <= now())
    return purge(
        system_actor(realm),
        lambda size: [row.id for row in fetch(expired.order_by(LoginSession.expires_at).limit(size))],
        lambda work, ids: work.execute(delete(LoginSession).where(LoginSession.id.in_(ids))))


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
        "userBucketToken": {"type": "string", "description": "writes the user's own bucket"},
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
