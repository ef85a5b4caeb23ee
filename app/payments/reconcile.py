"""The jobs that finish what a crash, an outage or a lost webhook left open; each row says when it must be looked at.

Claims are taken under locks, so any number of workers may run them."""
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from app.actor import system_actor
from app.backoff import Backoff
from app.clock import now
from app.data.reads import fetch
from app.data.retries import OwedWork
from app.jobs.schedule import kernel_periodic
from app.payments.attempts import OPEN_ATTEMPTS, claim, postpone, read
from app.payments.checkout import checkout_named, checkouts
from app.payments.gateway.circuit_breaker import NOT_ASKED
from app.payments.gateway.port import GatewayUnavailable, PaymentGateError
from app.payments.pay import SETTLE_JOB, Said, settle
from app.payments.refunds import OPEN_REFUNDS, claim_refund, postpone_refund, send_refund
from app.payments.webhooks import catch_up

log = logging.getLogger("guildhall.payments")

AT_A_TIME = 200
SILENT_GATEWAY = Backoff(timedelta(seconds=15), timedelta(minutes=30))
EVENTS_OF = timedelta(days=3)


@kernel_periodic(SETTLE_JOB, seconds=15)
def settle_due() -> dict[str, int]:
    """Settle the payments and refunds whose time has come."""
    return settle_open(only_due=True)


@kernel_periodic("reconcile-payments", hours=24)
def reconcile() -> dict[str, int]:
    """Look every open payment and refund up, and book the gateway's events that never arrived (decision 15)."""
    looked_at = settle_open(only_due=False)
    since = now() - EVENTS_OF
    return looked_at | {"events": sum(catch_up(checkout, since) for checkout in checkouts())}


def settle_open(*, only_due: bool) -> dict[str, int]:
    """Settle what is due, or everything that is open and not being worked on; returns how many of each."""
    looked_at = {"payments": 0, "refunds": 0}
    for row in _open(OPEN_ATTEMPTS, only_due):
        said = _guarded(_settle_attempt, row, only_due)
        looked_at["payments"] += 1
        if isinstance(said, PaymentGateError) and said.code in NOT_ASKED:
            return looked_at
    for row in _open(OPEN_REFUNDS, only_due):
        _guarded(_settle_refund, row, only_due)
        looked_at["refunds"] += 1
    return looked_at


def _open(kind: OwedWork, only_due: bool) -> Sequence[Row[Any]]:
    model, which = kind.model, kind.is_due() if only_due else kind.is_owed
    return fetch(select(model.id, model.order_id, model.checkout, model.checks).where(which)
                 .order_by(model.check_at, model.id).limit(AT_A_TIME if only_due else None))


def _guarded(settle_row: Callable[[Row[Any], bool], Said], row: Row[Any], only_due: bool) -> Said:
    """Settle one row: what goes wrong with it keeps no other waiting, and is tried again when its lease is over."""
    try:
        return settle_row(row, only_due)
    except Exception:
        log.exception("%s of order %s could not be settled", row.id, row.order_id)
        return None


def _settle_attempt(row: Row[Any], only_due: bool) -> Said:
    checkout = checkout_named(row.checkout)
    if checkout is None:
        return None
    actor = system_actor(checkout.realm)
    if not claim(checkout, actor, row.id, row.order_id, only_due=only_due):
        return None
    said = settle(checkout, actor, read(row.id))
    if isinstance(said, GatewayUnavailable):
        postpone(actor, row.id, SILENT_GATEWAY.wait(row.checks + 1))
    return said


def _settle_refund(row: Row[Any], only_due: bool) -> Said:
    checkout = checkout_named(row.checkout)
    if checkout is None:
        return None
    actor = system_actor(checkout.realm)
    if not claim_refund(actor, row.id, only_due=only_due):
        return None
    trouble = send_refund(checkout, actor, row.id, again=True)
    if isinstance(trouble, GatewayUnavailable):
        postpone_refund(actor, row.id, SILENT_GATEWAY.wait(row.checks + 1))
    return trouble
