"""Idempotency-Key (decision 22): the answer is stored in the transaction of the effect: a retry cannot redo it."""
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from flask import Response, request
from sqlalchemy import Integer, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.actor import Actor, kernel_actor
from app.clock import now
from app.data import retries
from app.data.batches import purge
from app.data.columns import Instant
from app.data.entity import Base
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import DuplicateRecord, InvalidInput, RequestInFlight
from app.http.envelope import json_response
from app.identity.encryption import fingerprint as fingerprint_of
from app.identity.encryption import seal, unseal
from app.runtime import runtime

_LEASE = timedelta(seconds=60)
_ANSWER = "idempotency answer"


class IdempotencyKey(Base):
    """One key of one actor on one route; `answer` is NULL while the first call is under way."""

    __tablename__ = "idempotency_key"
    __lock_rank__ = 910

    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)
    leased_until: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str | None] = mapped_column(Text)


# A call without an answer; it is "due" once the process that runs it has had its time.
_UNANSWERED = retries.OwedWork(IdempotencyKey, IdempotencyKey.status.is_(None), IdempotencyKey.leased_until)


@dataclass(frozen=True, slots=True)
class Claim:
    """A key this request owns until it stores an answer or releases it."""

    scope: str
    leased_until: datetime

    def store(self, work: UnitOfWork, status: int, answer: bytes) -> None:
        """Keep the answer, in the transaction of the effect; sealed, because a secret may stand in it.

        Raises RequestInFlight when a retry took the key over, because this call was slower than its lease: of the two
        effects only one may stay."""
        sealed = seal(runtime().settings.secret_key, _ANSWER, answer.decode())
        if not retries.settle(work, _UNANSWERED, IdempotencyKey.scope == self.scope, status=status, answer=sealed):
            raise RequestInFlight("errMsg_IdempotencyKeyInFlight", headers={"Retry-After": "1"})

    def release(self, actor: Actor) -> None:
        """Forget the key: nothing was done under it. A key that a retry took over meanwhile is the retry's."""
        with unit_of_work(actor) as work:
            work.execute(delete(IdempotencyKey).where(
                IdempotencyKey.scope == self.scope, _UNANSWERED.is_owed,
                IdempotencyKey.leased_until == self.leased_until))
            work.commit()


def claim_key(actor: Actor, route: str, body: bytes) -> Claim | Response | None:
    """Return a claim, the stored answer of the same call, or None when no key was sent.

    Raises InvalidInput for a key used with another body, RequestInFlight while the first call runs."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= 255:
        raise InvalidInput("errMsg_IdempotencyKeyIsNotValid",
                           detail={"Idempotency-Key": "expected 1 to 255 characters"})
    # A program has keys of its own: what its person, or another program, was answered may hold a secret.
    who = actor.client_id or actor.user_id or f"visitor {request.remote_addr}"
    scope = sha256("\n".join((actor.realm, who, route, request.path, key)).encode()).hexdigest()
    # Keyed, because the body may hold a password that a plain hash would let a thief of the database guess.
    fingerprint = fingerprint_of(runtime().settings.secret_key, "idempotency", body)
    try:
        return _take(actor, scope, fingerprint)
    except DuplicateRecord:
        raise RequestInFlight("errMsg_IdempotencyKeyInFlight") from None


def run_once(actor: Actor, route: str, body: bytes, run: Callable[[Claim | None], Response]) -> Response:
    """Run a write, or return the stored answer of the same call; `run` stores its answer with the claim it is given.

    A refused write frees its key. Raises what claim_key raises."""
    claim = claim_key(actor, route, body)
    if isinstance(claim, Response):
        return claim
    try:
        return run(claim)
    except BaseException:
        if claim is not None:
            claim.release(actor)
        raise


def answered_once(actor: Actor, route: str, body: bytes, answer: Callable[[], Response]) -> Response:
    """Make an answer, or return the stored one of the same call: for routes outside the pipeline of business APIs.

    It is kept after its effect, in a transaction of its own: a crash in between lets a retry repeat the effect."""
    def run(claim: Claim | None) -> Response:
        response = answer()
        if claim is not None:
            with suppress(RequestInFlight), unit_of_work(actor) as work:
                claim.store(work, response.status_code, response.get_data())
                work.commit()
        return response

    return run_once(actor, route, body, run)


def answered_with_effect(actor: Actor, route: str, body: bytes, answer: Callable[[], Response]) -> Response:
    """Make an answer and keep it in the transaction of its effect, or return the stored one of the same call.

    `answer` joins that transaction: a crash leaves neither, and a retry repeats nothing."""
    def run(claim: Claim | None) -> Response:
        with unit_of_work(actor) as work:
            response = answer()
            if claim is not None:
                claim.store(work, response.status_code, response.get_data())
            work.commit()
        return response

    return run_once(actor, route, body, run)


def _take(actor: Actor, scope: str, fingerprint: str) -> Claim | Response:
    with unit_of_work(actor) as work:
        stored = work.first(select(IdempotencyKey).where(IdempotencyKey.scope == scope), lock=True)
        if stored is not None and stored.fingerprint != fingerprint:
            raise InvalidInput("errMsg_IdempotencyKeyReused", "IdempotencyKeyReused",
                               {"Idempotency-Key": "was used with another body"})
        if stored is not None and stored.answer is not None:
            answer = unseal(runtime().settings.secret_key, _ANSWER, stored.answer)
            return json_response(answer.encode(), stored.status or 200, {"Idempotency-Replayed": "true"})
        begun = now()
        until = begun + _LEASE
        if stored is None:
            work.insert(IdempotencyKey(scope=scope, fingerprint=fingerprint, created_at=begun,
                                       leased_until=until))
        elif not retries.claim(work, _UNANSWERED, IdempotencyKey.scope == scope, lease=_LEASE,
                               created_at=begun, leased_until=until):
            raise RequestInFlight("errMsg_IdempotencyKeyInFlight", headers={"Retry-After": "1"})
        work.commit()
    return Claim(scope, until)


def purge_keys(hours: int) -> int:
    """Delete keys older than `hours`; returns how many."""
    old = select(IdempotencyKey.scope).where(IdempotencyKey.created_at < now() - timedelta(hours=hours))
    return purge(
        kernel_actor(),
        lambda size: [row.scope for row in fetch(old.order_by(IdempotencyKey.created_at).limit(size))],
        lambda work, scopes: work.execute(delete(IdempotencyKey).where(IdempotencyKey.scope.in_(scopes))))
