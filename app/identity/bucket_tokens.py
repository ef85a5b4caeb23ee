"""Bucket tokens: what a client shows to upload, and to read its own private files.

They are signed with a key of their own, so that neither token opens the other's door; they name the buckets of their
holder, and hang on the session they were handed out with."""
from dataclasses import dataclass
from typing import Any, Protocol

from app.clock import now
from app.identity.encryption import purpose_key
from app.identity.roles import STAFF
from app.settings import REALM_CODENAMES


class TokenSession(Protocol):
    """What a bucket token says of the session it hangs on; `expires_at` in epoch seconds."""

    @property
    def id(self) -> str: ...
    @property
    def realm(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def expires_at(self) -> float: ...


class BucketTokenRefused(Exception):
    """Malformed, forged, expired, or made for another realm or another purpose."""


@dataclass(frozen=True, slots=True)
class BucketGrant:
    """Who may write into which buckets, and read in which: all of those that are not public to read."""

    session_id: str
    user_id: str
    bucket_ids: tuple[str, ...]


def user_bucket(user_id: str) -> str:
    """Return the id of a user's public bucket."""
    return f"{user_id}-public-user-bucket"


def private_bucket(user_id: str) -> str:
    """Return the id of a user's private bucket, of which nothing is read without a token."""
    return f"{user_id}-private-user-bucket"


def application_bucket(realm: str) -> str:
    """Return the id of the realm's common bucket, which staff may write."""
    return f"{REALM_CODENAMES[realm]}-public-common-bucket"


def bucket_tokens(app_secret: str, session: TokenSession) -> dict[str, str]:
    """Return the tokens the session object carries: `userBucketToken`, and for staff `applicationBucketToken`.

    The first names both buckets of the user; it also reads the private one, which is for nobody else."""
    own = [_bucket(user_bucket(session.user_id), is_public=True),
           _bucket(private_bucket(session.user_id), is_public=False)]
    tokens = {"userBucketToken": _issue(app_secret, session, own)}
    if session.role in STAFF:
        common = _bucket(application_bucket(session.realm), is_public=True)
        tokens["applicationBucketToken"] = _issue(app_secret, session, [common])
    return tokens


def read_bucket_token(app_secret: str, realm: str, token: str) -> BucketGrant:
    """Return what the token grants in this realm; raises BucketTokenRefused."""
    import jwt
    from jwt.exceptions import PyJWTError

    try:
        # The expiry is compared below with app.clock, which tests can move.
        claims = jwt.decode(token, _key(app_secret, realm), algorithms=["HS256"],
                            options={"verify_exp": False, "verify_iat": False})
    except (PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise BucketTokenRefused(str(error)) from error
    if claims["tokenMark"] != _token_kind(realm) or claims["exp"] <= now().timestamp():
        raise BucketTokenRefused("expired")
    return BucketGrant(claims["sessionId"], claims["userId"], tuple(bucket["bucketId"] for bucket in claims["buckets"]))


def _bucket(bucket_id: str, *, is_public: bool) -> dict[str, Any]:
    return {"bucketId": bucket_id, "action": ["write"] if is_public else ["write", "read"], "isPublic": is_public}


def _issue(app_secret: str, session: TokenSession, buckets: list[dict[str, Any]]) -> str:
    import jwt

    claims = {
        "tokenMark": _token_kind(session.realm), "sessionId": session.id,
        "userId": session.user_id, "sub": session.user_id,
        "iat": int(now().timestamp()), "exp": int(session.expires_at),
        "buckets": buckets,
    }
    return jwt.encode(claims, _key(app_secret, session.realm), algorithm="HS256")


def _token_kind(realm: str) -> str:
    return f"{REALM_CODENAMES[realm]}-bucket-token"


def _key(app_secret: str, realm: str) -> bytes:
    return purpose_key(app_secret, f"bucket-token/{realm}")
