"""What a sender does with the database: claim messages, make what they say, settle what came of them (FD-18, FD-19).

All of it is short and apart from the network: sender.py sends in between, holding nothing."""
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, exists, or_, select, update

from app.actor import kernel_actor
from app.clock import now
from app.data.columns import iso
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.events.log import LoggedEvent, events_at
from app.events.outward import OutwardEvent, Receiver, outward
from app.identity.encryption import DecryptionFailed
from app.outward.retry_after import requested_wait
from blueprints.platform.webhooks.commands import CHANGED
from blueprints.platform.webhooks.holders import holders_of
from blueprints.platform.webhooks.lanes import lane_of, lock_endpoints, promote
from blueprints.platform.webhooks.models import (
    ACTIVE,
    DELIVERED,
    DISABLED,
    IS_PENDING,
    MESSAGES,
    PARKED,
    WITHHELD,
    WebhookEndpoint,
    WebhookMessage,
)
from blueprints.platform.webhooks.owing import selection_of
from blueprints.platform.webhooks.queries import body_for
from blueprints.platform.webhooks.rules import GONE_STATUS, TEST_TOPIC, text_of, wait_after
from blueprints.platform.webhooks.secrets import live_secrets

LEASE = timedelta(seconds=30)
"""How long a message is one sender's own; an attempt takes 15 s at most."""
AT_ONCE, AT_ONCE_FAILING = 4, 1
"""How many messages are under way to one endpoint, and to one whose last attempt failed."""
ENDPOINTS_A_ROUND = 64
_LONGEST_ERROR = 500
# What one endpoint is owed now, the longest due first: built once, asked for every endpoint of every round.
_DUE = (select(*(getattr(WebhookMessage, column.key) for column in WebhookMessage.__table__.columns))
        .where(WebhookMessage.endpoint_id == bindparam("endpoint"), MESSAGES.is_owed,
               WebhookMessage.due_at <= bindparam("now"),
               or_(WebhookMessage.leased_until.is_(None), WebhookMessage.leased_until <= bindparam("now")))
        .order_by(WebhookMessage.due_at, WebhookMessage.place).limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True))
_KEPT_TRIES = 16


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed message with what it says: `text` is signed by each of `secrets` and sent to `url`."""

    id: str
    endpoint_id: str
    message_id: str
    url: str
    text: str
    secrets: tuple[str, ...]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a parcel: the status, or an error where there was no answer; `took` is in seconds.

    `outcome` is set where no attempt was made: PARKED or WITHHELD."""

    id: str
    endpoint_id: str
    at: datetime
    took: float
    status: int | None = None
    error: str | None = None
    retry_after: str | None = None
    outcome: str | None = None

    @property
    def is_success(self) -> bool:
        """True for 2xx; a redirect is a failure (FD-18)."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim found: to be sent, only to be settled, and the endpoint that had the last turn."""

    parcels: list[Parcel]
    settled: list[Attempt]
    after: str


def claim(under_way: Mapping[str, int], after: str, room: int) -> Claimed:
    """Claim the next messages: of each endpoint whose turn it is as many as it may have under way, `room` in all.

    `under_way` is how many this sender has there, `after` the endpoint that had the last turn."""
    endpoints = _next_endpoints(under_way, after) if room > 0 else []
    if not endpoints:
        return Claimed([], [], after)
    claimed = list[tuple[Any, list[Any]]]()
    with unit_of_work(kernel_actor()) as work:
        for endpoint in endpoints:
            free = min(_places(endpoint) - under_way.get(endpoint.id, 0), room)
            if free > 0 and (rows := work.rows(_DUE, {"endpoint": endpoint.id, "now": now(), "most": free})):
                claimed.append((endpoint, rows))
                room -= len(rows)
            after = endpoint.id
            if room <= 0:
                break
        ids = [row.id for _, rows in claimed for row in rows]
        if ids:
            work.execute(update(WebhookMessage).where(WebhookMessage.id.in_(ids)).values(MESSAGES.until(LEASE))
                         .execution_options(synchronize_session=False))
        work.commit()
    parcels, settled = _packed(claimed)
    return Claimed(parcels, settled, after)


def settle(attempts: Sequence[Attempt]) -> None:
    """Write down what came of attempts, in one transaction: the messages, their lanes, their endpoints."""
    if not attempts:
        return
    with unit_of_work(kernel_actor()) as work:
        endpoints = lock_endpoints(work, {one.endpoint_id for one in attempts})
        rows = {row.id: row for row in work.all(
            select(WebhookMessage).where(WebhookMessage.id.in_(sorted(one.id for one in attempts)), IS_PENDING)
            .order_by(WebhookMessage.id), lock=True)}
        ended = []
        for one in attempts:
            if (row := rows.get(one.id)) is not None:
                ended += [lane_of(row)] if _settle_message(work, row, one) else []
            if (endpoint := endpoints.get(one.endpoint_id)) is not None and one.outcome is None:
                _settle_endpoint(work, endpoint, one)
        work.flush()
        promote(work, ended)
        work.commit()


def _next_endpoints(under_way: Mapping[str, int], after: str) -> list[Any]:
    """Return the active endpoints that are owed something now and have a place, round robin."""
    full = [key for key, number in under_way.items() if number >= AT_ONCE]
    is_owed = exists().where(WebhookMessage.endpoint_id == WebhookEndpoint.id, MESSAGES.is_due())
    return list(fetch(
        select(*WebhookEndpoint.__table__.columns)
        .where(WebhookEndpoint.state == ACTIVE, WebhookEndpoint.id.not_in(full), is_owed)
        .order_by(WebhookEndpoint.id <= after, WebhookEndpoint.id).limit(ENDPOINTS_A_ROUND)))


def _places(endpoint: Any) -> int:
    return AT_ONCE if endpoint.failing_since is None else AT_ONCE_FAILING


def _packed(claimed: Sequence[tuple[Any, Sequence[Any]]]) -> tuple[list[Parcel], list[Attempt]]:
    """Return parcels of what their persons may see now, and what is withheld or has gone from the log."""
    holders = holders_of(endpoint for endpoint, _ in claimed)
    events, told = _seen_now(claimed, holders)
    parcels, settled = list[Parcel](), list[Attempt]()
    for endpoint, rows in claimed:
        try:
            secrets, trouble = live_secrets(endpoint), ""
        except DecryptionFailed:
            secrets, trouble = (), "the secret cannot be opened: SECRET_KEY is another one; rotate the secret"
        for row in rows:
            if row.topic == TEST_TOPIC:
                body = {"type": TEST_TOPIC, "timestamp": iso(row.occurred_at), "data": {"webhook": endpoint.id}}
            elif (one := told.get((endpoint.id, row.position))) is not None:
                body = body_for(endpoint.payload_version, one)
            else:
                is_there = row.position in events
                settled.append(_unsent(row, WITHHELD if is_there else PARKED, "the person may not see it any more"
                                       if is_there else "it is not in the log any more"))
                continue
            if trouble:
                settled.append(Attempt(row.id, endpoint.id, now(), 0.0, error=trouble))
                continue
            parcels.append(Parcel(row.id, endpoint.id, row.message_id, endpoint.url, text_of(body), secrets,
                                  row.occurred_at))
    return parcels, settled


def _unsent(row: Any, outcome: str, error: str) -> Attempt:
    return Attempt(row.id, row.endpoint_id, now(), 0.0, error=error, outcome=outcome)


def _seen_now(claimed: Sequence[tuple[Any, Sequence[Any]]],
              holders: Mapping[str, Any]) -> tuple[dict[int, LoggedEvent], dict[tuple[str, int], OutwardEvent]]:
    """Return the logged events by position, and what each endpoint is told of each of them now."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for endpoint, rows in claimed:
        wanted[endpoint.realm] |= {row.position for row in rows if row.position is not None}
    found: dict[int, LoggedEvent] = {}
    told: dict[tuple[str, int], OutwardEvent] = {}
    for realm, positions in wanted.items():
        events = events_at(realm, positions)
        found |= {event.position: event for event in events}
        asking = [(endpoint.id, Receiver(holder, selection)) for endpoint, _ in claimed
                  if endpoint.realm == realm and (holder := holders[endpoint.id]) is not None
                  and (selection := selection_of(endpoint)) is not None]
        if events and asking:
            for (endpoint_id, _), some in zip(asking, outward(events, [one for _, one in asking]), strict=True):
                told |= {(endpoint_id, one.position): one for one in some}
    return found, told


def _settle_message(work: UnitOfWork, row: WebhookMessage, one: Attempt) -> bool:
    """Write down one attempt; returns whether the message waits for nothing any more."""
    error = None if one.is_success else (one.error or f"answered {one.status}")[:_LONGEST_ERROR]
    values: dict[str, Any] = {"last_status": one.status, "last_error": error, "leased_until": None}
    number = row.attempts + 1
    if one.outcome is None:
        tried = {"at": iso(one.at), "status": one.status, "error": error, "ms": round(one.took * 1000)}
        values |= {"attempts": number, "tries": [*row.tries, tried][-_KEPT_TRIES:]}
    state = one.outcome or (DELIVERED if one.is_success else None)
    wait = None
    if state is None:
        asked = requested_wait(one.retry_after, now())
        wait = None if one.status == GONE_STATUS else wait_after(number, random.random(), asked)
        state = PARKED if wait is None else None
    if state is not None:
        values |= {"state": state, "due_at": None, "ended_at": now()}
    elif wait is not None:
        values["due_at"] = now() + wait
    work.change(row, **values)
    return state is not None


def _settle_endpoint(work: UnitOfWork, endpoint: WebhookEndpoint, one: Attempt) -> None:
    if one.is_success:
        work.change(endpoint, succeeded_at=one.at, failing_since=None, warned_at=None)
    elif one.status == GONE_STATUS:
        work.change(endpoint, state=DISABLED, state_reason="the receiver answered 410 Gone")
        work.invalidate(CHANGED)
    elif endpoint.failing_since is None:
        work.change(endpoint, failing_since=one.at)
