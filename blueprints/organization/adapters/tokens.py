"""Bearer tokens: ours, signed with keys of the catalog, and those of a configured issuer, checked against its JWKS."""
import json
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any, Protocol

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet

from blueprints.organization.adapters.sql.catalog import SqlSigningKeys
from blueprints.organization.application.instants import instant_text
from blueprints.organization.domain.refusals import NotAuthenticated, Unavailable
from blueprints.organization.ports import Claims

ISSUER = "urn:guildhall:organization"
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
CURVE = "P-256"
LARGEST_JWKS = 1_000_000
KEEP_SECONDS = 600.0
RETRY_SECONDS = 15.0
LEEWAY_SECONDS = 30
LONGEST_SUBJECT = 255


class Seal(Protocol):
    """Makes a private key unreadable at rest, and readable again."""

    def close(self, plain: str) -> str:
        """Return the sealed text."""

    def open(self, sealed: str) -> str:
        """Return what was sealed; raises ValueError when that was with another secret."""


@dataclass
class SigningKeys:
    """Our private keys; the first is made when it is first needed, all of them verify, the newest signs.

    Those sealed before the secret was changed are passed over: their tokens are out, and a new key is made."""

    rows: SqlSigningKeys
    seal: Seal
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    _known: dict[str, Key] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def newest(self) -> tuple[str, Key]:
        """Return the key that signs, with its id."""
        with self._lock:
            if not self._known and not self._reload():
                key = ECKey.generate_key(CURVE)
                sealed = self.seal.close(json.dumps(key.as_dict(private=True)))
                self.rows.insert(self.new_id(), sealed, instant_text(self.now()))
                self._reload()
            return next(iter(self._known.items()))

    def find(self, key_id: str) -> Key | None:
        """Return a key by id, looking once more for one that another process has made."""
        with self._lock:
            if key_id not in self._known and len(key_id) == 36:
                self._reload()
            return self._known.get(key_id)

    def _reload(self) -> bool:
        self._known = {}
        for key_id, sealed in self.rows.all():
            with suppress(ValueError):
                self._known[key_id] = ECKey.import_key(json.loads(self.seal.open(sealed)))
        return bool(self._known)


@dataclass
class IssuerKeys:
    """The public keys of the configured issuer, kept ten minutes and fetched again when an unknown key id appears."""

    url: str
    _keys: KeySet | None = None
    _fetched_at: float = -KEEP_SECONDS
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key_id: str | None) -> Key:
        """Return the key; raises NotAuthenticated, or Unavailable when the issuer has never answered."""
        with self._lock:
            age = time.monotonic() - self._fetched_at
            if age >= KEEP_SECONDS or (self._lookup(key_id) is None and age >= RETRY_SECONDS):
                self._fetch()
            key = self._lookup(key_id)
            if key is None and self._keys is None:
                raise Unavailable("The issuer's keys cannot be fetched now; try again.")
        if key is None:
            raise NotAuthenticated("The token is signed with an unknown key.")
        return key

    def _lookup(self, key_id: str | None) -> Key | None:
        try:
            return self._keys.get_by_kid(key_id) if self._keys else None
        except (JoseError, ValueError):
            return None

    def _fetch(self) -> None:
        self._fetched_at = time.monotonic()
        try:
            with urllib.request.urlopen(self.url, timeout=5) as answer:
                self._keys = KeySet.import_key_set(json.loads(answer.read(LARGEST_JWKS)))
        except (OSError, HTTPException, ValueError, KeyError, TypeError, RecursionError, JoseError):
            return


@dataclass(frozen=True)
class IssuerTerms:
    """Whose keys sign foreign tokens, and what such a token must say besides being well signed."""

    keys: IssuerKeys
    issuer: str
    audience: str

    def __post_init__(self) -> None:
        """Raise ValueError where the tokens that the issuer gives for others would pass."""
        if not self.issuer or not self.audience:
            raise ValueError("an issuer's keys need ORGANIZATION_ISSUER and ORGANIZATION_AUDIENCE")


@dataclass(frozen=True)
class BearerTokens:
    """Mints our tokens and verifies both kinds."""

    signing_keys: SigningKeys
    foreign: IssuerTerms | None
    lifetime: timedelta
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def mint(self, client_id: str, tenant_id: str, scope: str) -> str:
        """Return a signed access token for a client."""
        key_id, key = self.signing_keys.newest()
        issued = int(self.now().timestamp())
        claims = {"iss": ISSUER, "aud": ISSUER, "sub": client_id, "tenantId": tenant_id, "scope": scope, "iat": issued,
                  "exp": issued + int(self.lifetime.total_seconds()), "jti": self.new_id()}
        return jwt.encode({"alg": "ES256", "kid": key_id}, claims, key)

    def claims(self, token: str) -> Claims:
        """Return what a good token says; raises NotAuthenticated, or Unavailable."""
        try:
            return self._verified(token)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise NotAuthenticated("The token is not valid.") from error

    def _verified(self, token: str) -> Claims:
        used: list[bool] = []

        def key_of(unverified: Any) -> Key:
            key_id = unverified.headers().get("kid")
            own = self.signing_keys.find(key_id) if isinstance(key_id, str) else None
            used.append(own is not None)
            return own or self._foreign_key(key_id)

        said = jwt.decode(token, key_of, algorithms=ALGORITHMS).claims
        is_local = used[-1]
        if is_local or self.foreign is None:
            self._registry(ISSUER, ISSUER).validate(said)
        else:
            self._registry(self.foreign.issuer, self.foreign.audience).validate(said)
        scopes, subject = said.get("scope", ""), str(said["sub"])
        if "\0" in subject or len(subject) > LONGEST_SUBJECT:
            raise NotAuthenticated("The token's subject cannot be kept.")
        return Claims(subject, str(said["tenantId"]),
                      frozenset(scopes if isinstance(scopes, list) else str(scopes).split()), is_local)

    def _foreign_key(self, key_id: object) -> Key:
        if self.foreign is None:
            raise NotAuthenticated("The token is signed with an unknown key.")
        return self.foreign.keys.find(key_id if isinstance(key_id, str) else None)

    def _registry(self, issuer: str, audience: str) -> jwt.JWTClaimsRegistry:
        wanted: dict[str, Any] = {
            "exp": {"essential": True}, "sub": {"essential": True}, "tenantId": {"essential": True},
            "iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": audience}}
        return jwt.JWTClaimsRegistry(now=int(self.now().timestamp()), leeway=LEEWAY_SECONDS, **wanted)
