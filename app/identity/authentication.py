"""From an access token to its actor: signature, realm, session; or an API client's to the person it acts for. A token
that is no good is nobody's, never an error.

Verified tokens are remembered; cache versions of user and keys make a logout or role change count at once."""
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.actor import Actor
from app.clock import now
from app.data.list_cache import CacheVersions
from app.identity.client_secrets import TOKEN_PREFIX
from app.identity.login_throttle import LoginThrottle
from app.identity.one_time_codes import OneTimeCodes
from app.identity.sessions import LiveSession, SessionStore, UserDirectory, note_seen, seen_step, user_version_key
from app.identity.signing_keys import KeyRing, signing_keys_of
from app.runtime import Runtime, runtime

if TYPE_CHECKING:  # it loads the library of tokens
    from app.identity.access_tokens import TokenClaims

_MEMORY_SECONDS = 10.0
_MEMORY_TOKENS = 20_000


@dataclass(frozen=True, slots=True)
class _Verified:
    session: LiveSession | None
    actor: Actor
    version_keys: tuple[str, str]
    versions: tuple[int, ...]
    expires_at: datetime
    remembered_until: float
    claims: "TokenClaims | None"
    """What the token says, whose signature was good; None of a program."""


@dataclass(frozen=True, slots=True)
class StandingLogin:
    """Who is logged in by a token: true until `ends_at`, and as long as the cache versions of `version_keys` are these.

    `ends_at` may move: the session is used elsewhere."""

    actor: Actor
    version_keys: tuple[str, str]
    versions: tuple[int, ...]
    ends_at: datetime


class Authenticator:
    """Turns access tokens into actors with their live sessions, if they have one, remembering the recent ones."""

    def __init__(self, sessions: SessionStore, versions: CacheVersions, directory: UserDirectory) -> None:
        self._sessions = sessions
        self._directory = directory
        self._versions = versions
        self._memory: dict[tuple[str, str], _Verified] = {}

    def check(self, realm: str, token: str) -> tuple[Actor, LiveSession | None] | None:
        """Return who holds the token of this realm, or None when it is no good (any more).

        Programs have no session."""
        known = self._memory.get((realm, token))
        if known is None or not self._still_true(known):
            known = (self._verify_client(realm, token) if token.startswith(TOKEN_PREFIX)
                     else self._verify(realm, token, known))
            if known is None:
                self._memory.pop((realm, token), None)
                return None
            self._remember(realm, token, known)
        return known.actor, known.session

    def look_again(self, realm: str, token: str) -> StandingLogin | None:
        """Return who holds the token, read anew, or None when it is no good (any more): for who stays connected.

        That does not count as a use of the session: who only listens is idle. Programs do not stay connected."""
        found = self._verify(realm, token, None, is_use=False)
        if found is None or found.session is None or found.claims is None:
            return None
        idle_at = found.session.last_seen_at + runtime().settings.session_idle_seconds
        ends_at = min(found.claims.expires_at, datetime.fromtimestamp(min(found.session.expires_at, idle_at), UTC))
        return StandingLogin(found.actor, found.version_keys, found.versions, ends_at)

    def _still_true(self, known: _Verified) -> bool:
        return (time.monotonic() < known.remembered_until and now() < known.expires_at
                and self._versions.read(*known.version_keys) == known.versions)

    def _verify(self, realm: str, token: str, known: _Verified | None, *, is_use: bool = True) -> _Verified | None:
        """Return who holds the token by what the database says now.

        The signature of one that is `known` is good as long as the realm's keys are the same."""
        from app.identity.access_tokens import TokenRefused, read_access_token

        versions = () if known is None else self._versions.read(*known.version_keys)
        if known is not None and known.claims is not None and versions[1:] == known.versions[1:] and (
                now() < known.claims.expires_at):
            claims, version_keys = known.claims, known.version_keys
        else:
            try:
                claims = read_access_token(realm, token)
            except TokenRefused:
                return None
            version_keys = (user_version_key(claims.user_id), f"keys:{realm}")
            versions = self._versions.read(*version_keys)
        session = self._sessions.live(realm, claims.session_id, claims.user_id)
        if session is None:
            return None
        session = note_seen(session) if is_use else session
        actor = Actor(realm, session.user_id, session.id, session.role, session.email, session.fullname,
                      owed_factor=session.owed_factor)
        look_again = datetime.fromtimestamp(session.last_seen_at + seen_step(), UTC)
        return _Verified(session, actor, version_keys, versions, min(claims.expires_at, look_again),
                         time.monotonic() + _MEMORY_SECONDS, claims)

    def _verify_client(self, realm: str, token: str) -> _Verified | None:
        from app.identity.api_clients import holder_of, owner_of

        owner = owner_of(realm, token)
        if owner is None:
            return None
        version_keys = (user_version_key(owner), f"keys:{realm}")
        versions = self._versions.read(*version_keys)
        holder = holder_of(self._directory, realm, token)
        if holder is None:
            return None
        return _Verified(None, holder.actor, version_keys, versions, holder.expires_at,
                         time.monotonic() + _MEMORY_SECONDS, None)

    def _remember(self, realm: str, token: str, verified: _Verified) -> None:
        if len(self._memory) >= _MEMORY_TOKENS:
            self._memory.clear()
        self._memory[realm, token] = verified


@dataclass(frozen=True, slots=True)
class Identity:
    """The parts of app.identity that hold state, one set per app."""

    keys: KeyRing
    sessions: SessionStore
    authenticator: Authenticator
    throttle: LoginThrottle
    codes: OneTimeCodes


def install_identity(held: Runtime, directory: UserDirectory) -> Identity:
    """Build the identity parts of a runtime; `directory` finds active users (the auth service's query)."""
    settings, redis, versions = held.settings, held.redis, held.cache_versions
    sessions = SessionStore(directory)
    parts = Identity(
        keys=signing_keys_of(held), sessions=sessions, authenticator=Authenticator(sessions, versions, directory),
        throttle=LoginThrottle(redis, enabled=settings.ratelimit_enabled),
        codes=OneTimeCodes(redis, settings.secret_key, settings.verification_max_tries,
                       settings.verification_resend_seconds))
    held.keep(parts)
    return parts


def identity() -> Identity:
    """Return the identity parts of the current app."""
    return runtime().part(Identity)
