"""The signing keys of each realm: one current RSA pair in the database, its retired forerunners for verification only.

All workers share them; a unique index on the current key decides who creates or rotates when several try at once."""
import logging
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from sqlalchemy import Index, String, Text, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.actor import system_actor
from app.clock import now
from app.data.columns import instant, iso
from app.data.connections import reading
from app.data.entity import Base
from app.data.list_cache import CacheVersions
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.identity.encryption import DecryptionFailed, seal, unseal
from app.runtime import Runtime

log = logging.getLogger(__name__)

_PURPOSE = "signing-key"
_KEY_ID = re.compile(r"[0-9a-f]{32}")


class SigningKey(Base):
    """One key pair; the private half is sealed with the application secret and forgotten at retirement."""

    __tablename__ = "signing_key"
    __table_args__ = (Index("uq_signing_key_current", "realm", unique=True, sqlite_where=text("retired_at IS NULL"),
                            postgresql_where=text("retired_at IS NULL")),)

    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    private_pem: Mapped[str | None] = mapped_column(Text)
    public_pem: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = instant(required=True)
    retired_at: Mapped[datetime | None] = instant()


@dataclass(frozen=True, slots=True)
class SigningKeyPair:
    """The current pair of a realm, ready to sign."""

    realm: str
    key_id: str
    private_key: RSAPrivateKey


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key as `/publickey` serves it."""

    key_id: str
    pem: str


class KeyRing:
    """Finds, creates, rotates and forgets keys; never call it inside a unit of work, it writes by itself."""

    def __init__(self, app_secret: str, versions: CacheVersions, *, rotation_days: int, token_ttl: int) -> None:
        self._app_secret = app_secret
        self._versions = versions
        self._rotation = timedelta(days=rotation_days)
        # Twice the life of the last token they signed: clients cache public keys too.
        self._retention = timedelta(seconds=2 * token_ttl)
        self._current: dict[str, tuple[object, SigningKeyPair]] = {}
        self._public: dict[tuple[str, str], tuple[object, RSAPublicKey]] = {}

    def current(self, realm: str) -> SigningKeyPair:
        """Return the pair that signs today, creating the realm's first one."""
        version = self._version(realm)
        known = self._current.get(realm)
        if known is None or known[0] != version:
            known = self._current[realm] = (version, self._load_current(realm))
        return known[1]

    def public_key(self, realm: str, key_id: str) -> RSAPublicKey | None:
        """Return the key that verifies tokens signed under `key_id`, or None."""
        version = self._version(realm)
        known = self._public.get((realm, key_id))
        if known is None or known[0] != version:
            found = self.public_pem(realm, key_id)
            if found is None:
                return None
            known = self._public[realm, key_id] = (version, _public_key(found.pem))
        return known[1]

    def public_pem(self, realm: str, key_id: str | None = None) -> PublicKey | None:
        """Return the named public key, or the current one; None when it is unknown or forgotten."""
        key_id = key_id or self.current(realm).key_id
        if not _KEY_ID.fullmatch(key_id):  # what an unverified token says, NUL included, must not reach SQL
            return None
        query = select(SigningKey.key_id, SigningKey.public_pem).where(
            SigningKey.realm == realm, SigningKey.key_id == key_id)
        with reading() as connection:
            row = connection.execute(query).first()
        return PublicKey(row.key_id, row.public_pem) if row else None

    def rotate(self, realm: str, *, revoke_old: bool = False) -> str:
        """Put a new pair in force and return its key id; the old ones verify until retention ends, or no longer."""
        pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        try:
            return self._replace_current(realm, pair, revoke_old=revoke_old)
        except IntegrityError:
            log.info("another worker rotated the signing key of %s: rotating after it", realm)
            return self.rotate(realm, revoke_old=revoke_old)

    def rotate_when_due(self, realm: str) -> str | None:
        """Rotate a key older than the rotation period; return the new key id, or None when it is not due."""
        query = select(SigningKey.created_at).where(SigningKey.realm == realm, SigningKey.retired_at.is_(None))
        with reading() as connection:
            created_at = connection.execute(query).scalar()
        if created_at is None or created_at + self._rotation > now():
            return None
        return self.rotate(realm)

    def report(self, realm: str) -> list[dict[str, str | None]]:
        """Return the realm's keys, the one that signs first: since when, and until when a retired one verifies."""
        query = select(SigningKey.key_id, SigningKey.created_at, SigningKey.retired_at).where(
            SigningKey.realm == realm).order_by(SigningKey.created_at.desc(), SigningKey.key_id)
        with reading() as connection:
            rows = connection.execute(query).all()
        return [{"realm": realm, "keyId": row.key_id, "state": "verifies" if row.retired_at else "signs",
                 "createdAt": iso(row.created_at), "retiredAt": iso(row.retired_at),
                 "until": iso(row.retired_at + self._retention if row.retired_at else row.created_at + self._rotation)}
                for row in rows]

    def _version(self, realm: str) -> object:
        return self._versions.read(f"keys:{realm}")

    def _load_current(self, realm: str) -> SigningKeyPair:
        query = select(SigningKey.key_id, SigningKey.private_pem).where(
            SigningKey.realm == realm, SigningKey.retired_at.is_(None))
        with reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            self._create_first(realm)
            return self._load_current(realm)
        try:
            pem = unseal(self._app_secret, f"{_PURPOSE}/{realm}", row.private_pem)
        except DecryptionFailed:
            log.error("signing key %s of %s was sealed with another SECRET_KEY: rotating", row.key_id, realm)
            self.rotate(realm)
            return self._load_current(realm)
        return SigningKeyPair(realm, row.key_id, _private_key(pem))

    def _create_first(self, realm: str) -> None:
        pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        try:
            with unit_of_work(system_actor(realm)) as work:
                self._insert(work, realm, pair)
                work.commit()
        except IntegrityError:
            log.info("another worker created the first signing key of %s", realm)

    def _replace_current(self, realm: str, pair: RSAPrivateKey, *, revoke_old: bool) -> str:
        with unit_of_work(system_actor(realm)) as work:
            work.execute(update(SigningKey).where(SigningKey.realm == realm, SigningKey.retired_at.is_(None))
                         .values(retired_at=now(), private_pem=None))
            key_id = self._insert(work, realm, pair)
            _forget(work, realm, retired_until=now() if revoke_old else now() - self._retention)
            work.invalidate(f"keys:{realm}")
            work.commit()
        return key_id

    def _insert(self, work: UnitOfWork, realm: str, pair: RSAPrivateKey) -> str:
        key_id = uuid.uuid4().hex
        private_pem = pair.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()).decode()
        public_pem = pair.public_key().public_bytes(serialization.Encoding.PEM,
                                                    serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        work.execute(insert(SigningKey).values(
            realm=realm, key_id=key_id, private_pem=seal(self._app_secret, f"{_PURPOSE}/{realm}", private_pem),
            public_pem=public_pem, created_at=now()))
        return key_id


def signing_keys_of(held: Runtime) -> KeyRing:
    """Return what keeps the keys of an application, as its settings want it."""
    settings = held.settings
    return KeyRing(settings.secret_key, held.cache_versions, rotation_days=settings.key_rotation_days,
                   token_ttl=settings.access_token_ttl)


def _forget(work: UnitOfWork, realm: str, *, retired_until: datetime) -> None:
    work.execute(delete(SigningKey).where(SigningKey.realm == realm, SigningKey.retired_at <= retired_until))


def _private_key(pem: str) -> RSAPrivateKey:
    # The seal has proved that the key is the one we made; to prove its primes again costs 50 ms at each start.
    key = serialization.load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("signing keys are RSA keys")
    return key


def _public_key(pem: str) -> RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise TypeError("signing keys are RSA keys")
    return key
