"""The relay: order within a resource, retries with back-off, one owner at a time; the stream fails on command."""
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import moved_clock
from blueprints.organization.adapters.courier import Courier
from blueprints.organization.adapters.sql.catalog import SqlCarried
from blueprints.organization.application.backoff import LONGEST_SECONDS, Backoff
from blueprints.organization.application.relay import LEASE_SECONDS, Relay
from blueprints.organization.application.upkeep import lag
from blueprints.organization.domain.events import Event
from blueprints.organization.domain.refusals import Unavailable
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import StreamDown, Tenant
from tests.organization.world import ACME, Caller, World

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FlakyStream:
    """A stream that is down, or refuses events, as often as it is told to."""

    is_stream = True

    def __init__(self) -> None:
        self.down = 0
        self.refusals: list[bool] = []
        self.calls: list[list[Event]] = []
        self.received: list[Event] = []

    def publish(self, tenant: Tenant, kind: ResourceType, events: Sequence[Event]) -> set[str]:
        """Take what is not to be refused."""
        self.calls.append(list(events))
        if self.down:
            self.down -= 1
            raise StreamDown("no route")
        refused = {event.id for event in events if self.refusals and self.refusals.pop(0)}
        self.received += [event for event in events if event.id not in refused]
        return refused


def order_kept(events: Sequence[Event]) -> bool:
    versions: dict[str, int] = {}
    for event in events:
        if event.version != versions.get(event.partition_key, 0) + 1:
            return False
        versions[event.partition_key] = event.version
    return True


@pytest.fixture
def stream() -> FlakyStream:
    return FlakyStream()


@pytest.fixture
def relay(world: World, stream: FlakyStream) -> Relay:
    return Relay(replace(world.ports, publisher=stream), "relay-1")


def write(caller: Caller, resources: int = 3, changes: int = 3) -> None:
    ids = [caller.post(ACME, Prefer="respond-async").get_json()["resourceId"] for _ in range(resources)]
    for change in range(changes):
        for resource_id in ids:
            caller.patch(resource_id, {"alternateName": f"{change}"}, Prefer="respond-async")


def test_events_of_one_resource_never_share_a_call_and_keep_their_order(world: World, relay: Relay,
                                                                        stream: FlakyStream) -> None:
    caller = world.caller()
    write(caller)
    assert relay.drain(caller.tenant_id)
    assert len(stream.received) == 12
    assert order_kept(stream.received)
    for call in stream.calls:
        assert len({event.partition_key for event in call}) == len(call)


def test_what_was_delivered_is_not_delivered_again(world: World, relay: Relay, stream: FlakyStream) -> None:
    caller = world.caller()
    write(caller)
    relay.drain(caller.tenant_id)
    assert relay.drain(caller.tenant_id)
    assert len(stream.received) == 12


@pytest.fixture(scope="module")
def writer(shared_world: World) -> Caller:
    """A caller of a tenant whose outbox no other test fills."""
    return shared_world.caller()


@settings(max_examples=20)
@given(refusals=st.lists(st.booleans(), max_size=30))
def test_refused_events_are_tried_again_and_never_overtaken(shared_world: World, writer: Caller,
                                                            refusals: list[bool]) -> None:
    write(writer)
    stream = FlakyStream()
    stream.refusals = refusals
    relay = Relay(replace(shared_world.ports, publisher=stream), "relay-1")
    while not relay.drain(writer.tenant_id):
        assert relay.backoff.failures
    assert order_kept(stream.received)
    assert len(stream.received) == 12


def test_a_refusal_stops_the_drain_and_the_rest_follows_in_order(world: World, relay: Relay,
                                                                 stream: FlakyStream) -> None:
    caller = world.caller()
    write(caller)
    stream.refusals = [False, True, False]
    assert relay.drain(caller.tenant_id) is False
    assert len(stream.received) == 2
    assert relay.backoff.failures == 1
    assert relay.drain(caller.tenant_id)
    assert order_kept(stream.received)
    assert len(stream.received) == 12


def test_while_the_stream_is_down_writes_succeed_and_wait(world: World, relay: Relay, stream: FlakyStream) -> None:
    caller = world.caller()
    stream.down = 2
    write(caller)
    for failures in (1, 2):
        with pytest.raises(StreamDown):
            relay.drain(caller.tenant_id)
        assert relay.backoff.failures == failures
    write(caller)
    assert relay.drain(caller.tenant_id)
    assert relay.backoff.failures == 0
    assert order_kept(stream.received)
    assert len(stream.received) == 24


def test_the_last_error_is_shown_by_lag(world: World, relay: Relay, stream: FlakyStream) -> None:
    caller, stream.down = world.caller(), 1
    write(caller)
    with pytest.raises(StreamDown):
        relay.drain(caller.tenant_id)
    tenant = world.ports.tenants.find(caller.tenant_id)
    assert tenant is not None
    assert world.ports.outbox.lag(tenant, world.kind, world.ports.now()).last_error == "no route"
    relay.drain(caller.tenant_id)
    assert world.ports.outbox.lag(tenant, world.kind, world.ports.now()).last_error is None


def test_only_the_owner_of_the_lease_delivers(shared_world: World, fresh: Caller, stream: FlakyStream) -> None:
    write(fresh)
    tenant, now = shared_world.ports.tenants.find(fresh.tenant_id), shared_world.ports.now()
    assert tenant is not None
    outbox, until = shared_world.ports.outbox, now + timedelta(seconds=LEASE_SECONDS)
    assert outbox.claim(tenant, shared_world.kind, "another", now, until)
    mine = Relay(replace(shared_world.ports, publisher=stream), "relay-1")
    assert mine.drain(fresh.tenant_id) is False
    assert stream.received == []
    outbox.release(tenant, shared_world.kind, "another", None)
    assert mine.drain(fresh.tenant_id)
    assert len(stream.received) == 12


def test_the_lease_of_a_relay_that_died_runs_out(shared_world: World, fresh: Caller, stream: FlakyStream) -> None:
    write(fresh)
    tenant, now = shared_world.ports.tenants.find(fresh.tenant_id), shared_world.ports.now()
    assert tenant is not None
    shared_world.ports.outbox.claim(tenant, shared_world.kind, "dead", now, now + timedelta(seconds=LEASE_SECONDS))
    with moved_clock(seconds=LEASE_SECONDS + 1):
        assert Relay(replace(shared_world.ports, publisher=stream), "relay-1").drain(fresh.tenant_id)
    assert len(stream.received) == 12


def lose_database(world: World, tenant_id: str) -> None:
    tenant = world.ports.tenants.find(tenant_id)
    assert tenant is not None
    world.ports.databases.drop(tenant)
    world.organization.engines.close()


def test_sweep_and_lag_find_every_tenant_and_survive_one_without_a_database(world: World, relay: Relay,
                                                                            stream: FlakyStream) -> None:
    callers = [world.caller() for _ in range(3)]
    for caller in callers:
        write(caller, resources=1, changes=0)
    broken = callers[1].tenant_id
    lose_database(world, broken)
    assert [(row.tenant_id, row.undelivered) for row in lag(world.ports) if row.is_known] == sorted(
        (caller.tenant_id, 1) for caller in (callers[0], callers[2]))
    assert [(row.tenant_id, row.is_behind) for row in lag(world.ports) if not row.is_known] == [(broken, True)]
    assert relay.sweep() == [broken]
    assert {event.identity.tenant_id for event in stream.received} == {callers[0].tenant_id, callers[2].tenant_id}


def test_a_tenant_whose_outbox_fails_in_whatever_way_does_not_hold_up_the_others(
        world: World, relay: Relay, stream: FlakyStream, monkeypatch: pytest.MonkeyPatch) -> None:
    callers = [world.caller() for _ in range(3)]
    for caller in callers:
        write(caller, resources=1, changes=0)
    broken, drain = callers[1].tenant_id, Relay.drain

    def fail_one(self: Relay, tenant_id: str) -> bool:
        if tenant_id == broken:
            raise RuntimeError("damaged")
        return drain(self, tenant_id)

    with monkeypatch.context() as damaged:
        damaged.setattr(Relay, "drain", fail_one)
        assert relay.sweep() == [broken]
    assert len(stream.received) == 2
    with moved_clock(seconds=-LONGEST_SECONDS):  # however long this test takes, the wait is not over
        assert relay.drained(broken) is False, "it is left alone for a while"
    with moved_clock(seconds=LONGEST_SECONDS):
        assert relay.sweep() == []
    assert len(stream.received) == 3


def test_the_courier_pauses_when_the_catalog_cannot_be_reached(world: World, relay: Relay) -> None:
    tries, stop = [], threading.Event()

    def unreachable() -> bool:
        tries.append(1)
        if len(tries) == 3:
            stop.set()
        raise Unavailable("the catalog is away")

    carried = SqlCarried(world.organization._catalog, lambda: "me", world.ports.now)
    Courier(lambda: relay, lambda: None, lambda: None, unreachable, carried, sweep_seconds=60).run(stop)
    assert relay.backoff.failures == 3


def test_the_pause_doubles_up_to_a_quarter_of_a_minute() -> None:
    backoff = Backoff()
    pauses = []
    for _ in range(12):
        backoff.failed(NOON)
        pauses.append(backoff.wait(NOON))
    assert pauses[:4] == [0.2, 0.4, 0.8, 1.6]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_SECONDS
    backoff.succeeded()
    assert backoff.wait(NOON) == 0


def test_a_tenant_with_no_end_of_events_lets_others_have_their_turn(world: World, relay: Relay,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    caller = world.caller()
    write(caller)
    monkeypatch.setattr("blueprints.organization.application.relay.BATCH", 1)
    monkeypatch.setattr("blueprints.organization.application.relay.MOST_BATCHES", 5)
    assert [relay.drain(caller.tenant_id) for _ in range(3)] == [False, False, True]
