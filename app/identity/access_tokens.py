"""Access tokens: RS256, bound to one realm by key pair and tokenMark, pointing to a session and nothing more.

Flask-JWT-Extended signs and checks; what time it is, is decided here. http takes the token from a request."""
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError

from app.clock import now
from app.data.columns import iso
from app.identity.signing_keys import KeyRing, SigningKeyPair
from app.settings import REALM_CODENAMES

_REALM_OF_MARK = {f"{codename}-inapp-token": realm for realm, codename in REALM_CODENAMES.items()}
_MARK_OF_REALM = {realm: mark for mark, realm in _REALM_OF_MARK.items()}
_NAME_OF_REALM = {realm: f"{codename}-access-token" for realm, codename in REALM_CODENAMES.items()}

# Longer than any token of ours; what exceeds it is not worth decoding.
_MAX_TOKEN_LENGTH = 4096
# How far the clock of the machine that issued a token may be ahead of the one that reads it.
_CLOCK_SKEW_SECONDS = 60


class TokenRefused(Exception):
    """Malformed, forged, expired, foreign or signed with a key we no longer know."""


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a good token says."""

    session_id: str
    user_id: str
    key_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Signer:
    user_id: str
    private_key: RSAPrivateKey


def token_name(realm: str) -> str:
    """Return the name of the realm's token header and cookie: `{codename}-access-token`."""
    return _NAME_OF_REALM[realm]


def install_tokens(app: Flask, ring: KeyRing) -> None:
    """Set the token library up with the realms' key ring."""
    app.config.update(
        JWT_ALGORITHM="RS256", JWT_DECODE_ALGORITHMS=["RS256"], JWT_ENCODE_NBF=False, JWT_ACCESS_TOKEN_EXPIRES=False,
        JWT_COOKIE_CSRF_PROTECT=False, JWT_DECODE_LEEWAY=_CLOCK_SKEW_SECONDS)
    manager = JWTManager(app)
    manager.user_identity_loader(lambda signer: signer.user_id)
    manager.encode_key_loader(lambda signer: signer.private_key)

    @manager.decode_key_loader
    def public_key(header: dict[str, Any], claims: dict[str, Any]) -> RSAPublicKey:
        key = ring.public_key(_REALM_OF_MARK.get(str(claims.get("tokenMark")), ""), str(claims.get("keyId")))
        if key is None:
            raise TokenRefused("unknown key")
        return key


def issue_access_token(pair: SigningKeyPair, *, user_id: str, session_id: str, logged_in_at: datetime,
                       expires_at: datetime) -> str:
    """Return a token of the pair's realm that points to the session (rules-platform §3.3)."""
    claims = {
        "keyId": pair.key_id, "sessionId": session_id, "userId": user_id,
        "loginDate": iso(logged_in_at),
        "tokenMark": _MARK_OF_REALM[pair.realm], "tokenName": _NAME_OF_REALM[pair.realm],
        # The library refuses what was issued in the future of the machine's clock, which ours may run ahead of.
        "iat": int(min(now().timestamp(), time.time())), "exp": int(expires_at.timestamp()),
    }
    token: str = create_access_token(_Signer(user_id, pair.private_key), additional_claims=claims)
    return token


def read_access_token(realm: str, token: str) -> TokenClaims:
    """Return the claims of a token of this realm that is genuine and not expired; raises TokenRefused."""
    if len(token) > _MAX_TOKEN_LENGTH:
        raise TokenRefused("too long")
    try:
        claims = decode_token(token, allow_expired=True)  # it looks at the machine's clock; app.clock decides below
    except (PyJWTError, JWTExtendedException, ValueError, TypeError, RecursionError) as error:
        raise TokenRefused(str(error)) from error
    if claims["tokenMark"] != _MARK_OF_REALM[realm]:
        raise TokenRefused("a token of another realm")
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    if now() >= expires_at:
        raise TokenRefused("expired")
    return TokenClaims(claims["sessionId"], claims["userId"], claims["keyId"], expires_at)
