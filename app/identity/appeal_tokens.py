"""Appeal tokens: what lets a suspended person appeal without a login, in the letter and in the refusal of his login.

Signed with a key of their own, for one act against one person, until the time to appeal is over (M-10)."""
from dataclasses import dataclass
from datetime import datetime

from app.clock import now
from app.identity.encryption import purpose_key


class AppealTokenRefused(Exception):
    """Malformed, forged, expired, or made for another realm or another purpose."""


@dataclass(frozen=True, slots=True)
class AppealGrant:
    """Who may appeal against which act."""

    act_id: str
    person_id: str


def issue(app_secret: str, realm: str, act_id: str, person_id: str, expires_at: datetime) -> str:
    """Return a token by which this person may appeal against this act until then."""
    import jwt

    claims = {"act": act_id, "sub": person_id, "exp": int(expires_at.timestamp())}
    return jwt.encode(claims, _key(app_secret, realm), algorithm="HS256")


def read(app_secret: str, realm: str, token: str) -> AppealGrant:
    """Return what the token grants in this realm; raises AppealTokenRefused."""
    import jwt
    from jwt.exceptions import PyJWTError

    try:
        # The expiry is compared below with app.clock, which tests can move.
        claims = jwt.decode(token, _key(app_secret, realm), algorithms=["HS256"],
                            options={"verify_exp": False, "verify_iat": False})
    except (PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise AppealTokenRefused(str(error)) from error
    if claims["exp"] <= now().timestamp():
        raise AppealTokenRefused("expired")
    return AppealGrant(claims["act"], claims["sub"])


def _key(app_secret: str, realm: str) -> bytes:
    return purpose_key(app_secret, f"appeal-token/{realm}")
