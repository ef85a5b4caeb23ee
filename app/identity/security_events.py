"""The table of security events (decision 54): who did or tried what to an account, from where, and how it ended.

One function writes it, in the transaction of what it records, and a line of the log after the commit; `flask security
log` reads the table."""
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, String, and_, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.actor import Actor, kernel_actor
from app.clock import now
from app.data.batches import purge
from app.data.columns import constant, instant, iso, json_object
from app.data.entity import Base
from app.data.ids import uuid7
from app.data.reads import fetch
from app.errors import Forbidden, RuleViolated

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

log = logging.getLogger("guildhall.security")

DONE, REFUSED, THROTTLED = "done", "refused", "throttled"


class SecurityEvent(Base):
    """One event; `user_id` is whose account it is about (None: of nobody known), `actor_id` who acted.

    Of a program (kind `client`) `detail` names the id, whether there is such a client or not."""

    __tablename__ = "security_event"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    occurred_at: Mapped[datetime] = instant(required=True)
    realm: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str | None] = mapped_column(String(36))
    actor_id: Mapped[str | None] = mapped_column(String(36))
    operator: Mapped[str | None] = mapped_column(String(255))
    address: Mapped[str | None] = mapped_column(String(64))
    device: Mapped[str | None] = mapped_column(String(255))
    request_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any] | None] = json_object()


Index("ix_security_event_user", SecurityEvent.realm, SecurityEvent.user_id, SecurityEvent.id)
Index("ix_security_event_actor", SecurityEvent.realm, SecurityEvent.actor_id)
Index("ix_security_event_occurred_at", SecurityEvent.occurred_at)
Index("ix_security_event_kind", SecurityEvent.realm, SecurityEvent.kind, SecurityEvent.id)
# The same condition in the indexes and in the queries that stand on them.
WAS_LOGIN = and_(SecurityEvent.kind == constant("login"), SecurityEvent.outcome == constant("done"))
Index("ix_security_event_login_address", SecurityEvent.realm, SecurityEvent.address, SecurityEvent.id,
      sqlite_where=WAS_LOGIN, postgresql_where=WAS_LOGIN)
Index("ix_security_event_login_device", SecurityEvent.realm, SecurityEvent.device, SecurityEvent.id,
      sqlite_where=WAS_LOGIN, postgresql_where=WAS_LOGIN)


def record_security(work: "UnitOfWork", kind: str, user_id: str | None, *, outcome: str = DONE, **detail: Any) -> None:
    """Add an event about the account to the transaction; who acted, and from where, is the unit of work's actor."""
    actor = work.actor
    if actor.is_program:
        detail = {"client": actor.client_id} | detail
    is_nobody = actor.operator is not None and not actor.is_staff  # as at the terminal of the equipment registry
    event = {
        "id": uuid7(), "occurred_at": now(), "realm": actor.realm, "kind": kind, "outcome": outcome, "user_id": user_id,
        "actor_id": None if is_nobody else actor.user_id, "operator": actor.operator,
        "address": (actor.address or "")[:64] or None, "device": actor.device or None, "request_id": work.request_id,
        "detail": detail or None}
    work.insert(SecurityEvent(**event))
    work.after_commit(partial(_tell, event))


def _tell(event: dict[str, Any]) -> None:
    """Write the event as one line of the log, for collectors that watch logs and not tables (app/ops/logs.py)."""
    log.info("security event", extra={"fields": event | {"occurred_at": iso(event["occurred_at"])}})


def record_refusal(actor: Actor, kind: str, user_id: str | None, *, outcome: str = REFUSED, **detail: Any) -> None:
    """Record what was refused, in a transaction of its own: a refusal leaves none. Not inside a unit of work."""
    record_apart(actor, kind, user_id, outcome=outcome, **detail)


def record_apart(actor: Actor, kind: str, user_id: str | None, *, outcome: str = DONE, **detail: Any) -> None:
    """Record what has no transaction here, in one of its own: it was refused, or done in another database. Not inside
    a unit of work."""
    from app.data.unit_of_work import unit_of_work

    with unit_of_work(actor) as work:
        record_security(work, kind, user_id, outcome=outcome, **detail)
        work.commit()


@contextmanager
def recorded_refusals(actor: Actor, kind: str, user_id: str | None) -> Iterator[None]:
    """Record when a rule or a rank refuses what the block does to the account; the refusal goes on. Not in a unit of
    work. For what staff alone may call: strangers could fill the table."""
    try:
        yield
    except (Forbidden, RuleViolated) as refused:
        record_refusal(actor, kind, user_id, reason=refused.err_code)
        raise


@contextmanager
def recorded_throttle(actor: Actor, kind: str, user_id: str | None, **detail: Any) -> Iterator[None]:
    """Record the first refusal of a throttle that closes inside the block; Throttled goes on. Not in a unit of work."""
    from app.identity.login_throttle import Throttled  # it asks Redis, which readers of the log do not

    try:
        yield
    except Throttled as throttled:
        if throttled.is_first:
            record_refusal(actor, kind, user_id, outcome=THROTTLED, throttle=throttled.throttle, **detail)
        raise


def security_log(realm: str, *, user_id: str | None, kind: str | None, limit: int) -> Sequence[Any]:
    """Return the newest events of the realm, newest first, of one account or kind where it is named."""
    query = select(*SecurityEvent.__table__.columns).where(SecurityEvent.realm == realm)
    if user_id is not None:
        query = query.where(SecurityEvent.user_id == user_id)
    if kind is not None:
        query = query.where(SecurityEvent.kind == kind)
    return fetch(query.order_by(SecurityEvent.id.desc()).limit(limit))


def purge_security_events(days: int) -> int:
    """Delete the events older than `days`; returns how many. Their ids are made in the order of time."""
    old = select(SecurityEvent.id).where(SecurityEvent.occurred_at < now() - timedelta(days=days))
    return purge(
        kernel_actor(),
        lambda size: [row.id for row in fetch(old.order_by(SecurityEvent.occurred_at).limit(size))],
        lambda work, ids: work.execute(delete(SecurityEvent).where(SecurityEvent.id.in_(ids))))
