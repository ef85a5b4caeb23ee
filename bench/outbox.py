"""The processes of the outbox figure, inside a Guildhall's environment, with a subscriber that does nothing.

`python -m bench.outbox clear | relay | worker | feed COUNT RATE`; RATE 0 puts all events into the outbox at once."""

import json
import statistics
import sys
import time

from sqlalchemy import delete, func, select

from app.actor import system_actor
from app.clock import now
from app.data.changes import OutboxRecord
from app.data.reads import fetch, fetch_one
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.events.event_delivery import DONE, Event, EventDelivery
from app.events.relay import run_relay
from app.events.subscriptions import Subscription, Subscriptions
from app.factory import create_app
from app.jobs.worker import run_worker
from app.runtime import runtime
from cli.jobs import stop_on_signal

TOPIC = "bench-outbox-event"
NAME = "bench.nothing"
PATIENCE_SECONDS = 60
PAYLOAD = {"id": "0192f000-0000-7000-8000-000000000000", "title": "Model railway coach", "price": 39.99}


def do_nothing(work: UnitOfWork, event: Event) -> None:
    """Cost nothing, so that what is measured is the way there."""


def clear() -> None:
    """Forget the events that other figures left behind."""
    with unit_of_work(system_actor("marketplace")) as work:
        work.execute(delete(EventDelivery))
        work.execute(delete(OutboxRecord))
        work.commit()


def feed(count: int, rate: float) -> dict[str, float]:
    """Emit `count` events at `rate` a second, wait until each is done, return events/s and the p99 of their age.

    Events/s counts from the commit of the last event, so it means something for a backlog only."""
    first = fetch_one(select(func.max(OutboxRecord.id)))[0] or 0
    if rate:
        _emit_steadily(count, rate)
    else:
        _emit(count)
    committed = now()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _done(first) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    rows = fetch(
        select(OutboxRecord.occurred_at, EventDelivery.done_at)
        .join(EventDelivery, EventDelivery.record_id == OutboxRecord.id)
        .where(OutboxRecord.id > first, OutboxRecord.topic == TOPIC, EventDelivery.status == DONE)
    )
    ages = [(row.done_at - row.occurred_at).total_seconds() for row in rows]
    if not rows:
        raise RuntimeError(f"none of {count} events was done after {PATIENCE_SECONDS} seconds")
    last = max(row.done_at for row in rows)
    return {
        "done": len(rows),
        "per_second": len(rows) / max(0.001, (last - committed).total_seconds()),
        "p99_age": statistics.quantiles(ages, n=100)[98],
    }


def _emit_steadily(count: int, rate: float) -> None:
    begun = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        _emit(1)


def _emit(count: int) -> None:
    with unit_of_work(system_actor("marketplace")) as work:
        for _ in range(count):
            work.emit(TOPIC, "bench", PAYLOAD)
        work.commit()


def _done(first: int) -> int:
    mine = (EventDelivery.record_id > first, EventDelivery.subscriber == NAME, EventDelivery.status == DONE)
    return fetch_one(select(func.count()).select_from(EventDelivery).where(*mine))[0]


if __name__ == "__main__":
    with create_app().app_context():
        runtime().part(Subscriptions).add(Subscription(NAME, frozenset({TOPIC}), handler=do_nothing))
        match sys.argv[1:]:
            case ["clear"]:
                clear()
            case ["relay"]:
                run_relay(stop_on_signal())
            case ["worker"]:
                run_worker()
            case ["feed", count, rate]:
                print(json.dumps(feed(int(count), float(rate))))
