"""API clients: programs that act for one person of a realm by a secret, and the tokens they get for it (decision 46).

Of secrets and tokens only digests are stored. Whoever a token belongs to is looked up at each request
(app/identity/authentication.py), so that a client that is revoked and a person who is not active open nothing more."""
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.actor import Actor, system_actor
from app.clock import now
from app.data.batches import purge
from app.data.columns import identifier, instant
from app.data.entity import Base
from app.data.reads import fetch, fetch_one
from app.data.unit_of_work import UnitOfWork
from app.identity.access import SCOPES
from app.identity.client_secrets import TOKEN_PREFIX, digest, new_secret
from app.identity.security_events import record_security
from app.identity.sessions import UserDirectory, user_version_key

TOKEN_SECONDS = 3600


class ApiClient(Base):
    """One program of one person; it is removed when it is revoked, and security events tell of it."""

    __tablename__ = "api_client"
    __lock_rank__ = 896

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[str] = identifier(required=True)
    name: Mapped[str] = mapped_column(String(100))
    scopes: Mapped[str] = mapped_column(String(255))
    secret_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = instant(required=True)
    rotated_at: Mapped[datetime | None] = instant()
    last_token_at: Mapped[datetime | None] = instant()


class ApiClientToken(Base):
    """A token that a client got; it opens what its scopes are granted until it expires."""

    __tablename__ = "api_client_token"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    client_id: Mapped[str] = mapped_column(String(36))
    user_id: Mapped[str] = mapped_column(String(36))
    scopes: Mapped[str] = mapped_column(String(255))
    expires_at: Mapped[datetime] = instant(required=True)


Index("ix_api_client_user", ApiClient.realm, ApiClient.user_id, ApiClient.id)
Index("ix_api_client_realm", ApiClient.realm, ApiClient.id)
Index("ix_api_client_token_client", ApiClientToken.client_id)
Index("ix_api_client_token_user", ApiClientToken.realm, ApiClientToken.user_id)
Index("ix_api_client_token_expires_at", ApiClientToken.expires_at)

# A token is good for what its client has now: both are read, in one statement.
_OF_TOKEN = select(ApiClientToken.client_id, ApiClientToken.user_id, ApiClientToken.scopes, ApiClientToken.expires_at,
                   ApiClient.scopes.label("of_client")).join(
    ApiClient, ApiClient.id == ApiClientToken.client_id).where(
    ApiClientToken.token_hash == bindparam("hash"), ApiClientToken.realm == bindparam("of_realm"))


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom a client's token stands for, until when."""

    actor: Actor
    expires_at: datetime


def read_scopes(text: str) -> frozenset[str]:
    """Return the scopes of a column, those that are known today."""
    return frozenset(text.split()) & frozenset(SCOPES)


def owner_of(realm: str, token: str) -> str | None:
    """Return whose token of a client this is, a person's id, whether it still opens anything or not."""
    row = fetch_one(select(ApiClientToken.user_id).where(
        ApiClientToken.token_hash == digest(token), ApiClientToken.realm == realm))
    return row and str(row.user_id)


def holder_of(directory: UserDirectory, realm: str, token: str) -> TokenHolder | None:
    """Return whom a client's token stands for: its person, while that is active; None when it opens nothing."""
    row = next(iter(fetch(_OF_TOKEN, {"hash": digest(token), "of_realm": realm})), None)
    facts = directory(realm, row.user_id) if row is not None and row.expires_at > now() else None
    if row is None or facts is None:
        return None
    scopes = read_scopes(row.scopes) & read_scopes(row.of_client)
    return TokenHolder(Actor(realm, row.user_id, role=facts.role, email=facts.email, fullname=facts.fullname,
                             client_id=row.client_id, scopes=scopes), row.expires_at)


def clients_with(scope: str, ids: Collection[str]) -> set[str]:
    """Return those of these clients that are there and have the scope, in one statement."""
    rows = fetch(select(ApiClient.id, ApiClient.scopes).where(ApiClient.id.in_(sorted(ids)))) if ids else ()
    return {row.id for row in rows if scope in read_scopes(row.scopes)}


def give_token(work: UnitOfWork, client: ApiClient, scopes: str) -> str:
    """Add a token of the locked client with these of its scopes to the unit of work; return it, of which the digest is
    kept."""
    token, moment = TOKEN_PREFIX + new_secret(), now()
    work.insert(ApiClientToken(
        token_hash=digest(token), realm=client.realm, client_id=client.id, user_id=client.user_id, scopes=scopes,
        expires_at=moment + timedelta(seconds=TOKEN_SECONDS)))
    work.change(client, last_token_at=moment)
    return token


def end_tokens_of(work: UnitOfWork, client: ApiClient) -> None:
    """End every token of a client; they are refused as soon as the unit of work has committed."""
    work.execute(delete(ApiClientToken).where(ApiClientToken.client_id == client.id))
    work.invalidate(user_version_key(client.user_id))


def revoke_clients_of(work: UnitOfWork, realm: str, user_id: str) -> None:
    """Remove all clients of a person, whoever made them: for a command that throws everybody out of the account."""
    mine = select(ApiClient).where(ApiClient.realm == realm, ApiClient.user_id == user_id)
    for client in work.all(mine.order_by(ApiClient.id), lock=True):
        end_tokens_of(work, client)
        record_security(work, "client", user_id, client=client.id, revoked=True)
        work.delete(client)


def sweep_expired_tokens(realm: str) -> int:
    """Delete the realm's expired tokens of clients and return how many there were (periodic job)."""
    over = select(ApiClientToken.token_hash).where(ApiClientToken.realm == realm, ApiClientToken.expires_at <= now())
    return purge(
        system_actor(realm),
        lambda size: [row.token_hash for row in fetch(over.order_by(ApiClientToken.expires_at).limit(size))],
        lambda work, hashes: work.execute(delete(ApiClientToken).where(ApiClientToken.token_hash.in_(hashes))))
