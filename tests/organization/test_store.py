"""What the databases guarantee: history stays, rivals never overwrite each other, query tables can be made anew."""
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from blueprints.organization.application import commands
from blueprints.organization.application.access import Caller as Admitted
from blueprints.organization.application.commands import Terms
from blueprints.organization.application.projector import project_events
from blueprints.organization.application.upkeep import lag, rebuild
from blueprints.organization.domain.aggregate import fold
from blueprints.organization.domain.events import Event
from blueprints.organization.domain.refusals import ConcurrentWrite, Unavailable
from blueprints.organization.ports import Tenant
from tests.organization.world import ACME, UNKNOWN_ID, Caller, World


def tenant_of(world: World, caller: Caller) -> Tenant:
    tenant = world.ports.tenants.find(caller.tenant_id)
    assert tenant is not None
    return tenant


def history(world: World, caller: Caller) -> list[Event]:
    return list(world.ports.store.history(tenant_of(world, caller), world.kind))


def rows(world: World, caller: Caller) -> list[tuple]:
    tenant = tenant_of(world, caller)
    with world.organization.engines.connect(tenant) as connection:
        return sorted(tuple(row) for row in connection.execute(text(
            'SELECT "resourceId", version, "isActive", "createdAt", "updatedAt", "eventId", "searchText" '
            'FROM "organization"."v1-organization"')))


# History

@pytest.mark.parametrize("statement", ["UPDATE {} SET version = 9", "DELETE FROM {}"])
def test_history_cannot_be_changed(shared_world: World, fresh: Caller, statement: str) -> None:
    fresh.add()
    table = '"organization"."v1-organization-event"'
    with (shared_world.organization.engines.connect(tenant_of(shared_world, fresh), writes=True) as connection,
          pytest.raises(DBAPIError, match="append-only")):
        connection.execute(text(statement.format(table)))


def test_each_write_is_one_event_with_the_record_before_and_after(shared_world: World, fresh: Caller) -> None:
    resource_id = fresh.add()
    first = fresh.get(resource_id).get_json()
    fresh.patch(resource_id, {"name": "Second"})
    second = fresh.get(resource_id).get_json()
    fresh.delete(resource_id)
    assert [(event.type, event.version, event.before, event.after) for event in history(shared_world, fresh)] == [
        ("organizationCreated", 1, None, first), ("organizationUpdated", 2, first, second),
        ("organizationDeleted", 3, second, None)]


def test_an_event_tells_who_made_it(shared_world: World, fresh: Caller) -> None:
    fresh.add()
    shared_world.caller(fresh.tenant_id).add()
    clients = [client.client_id for client in shared_world.ports.tenants.clients(fresh.tenant_id)]
    assert [event.actor for event in history(shared_world, fresh)] == clients


def test_a_refused_write_leaves_no_event(shared_world: World, fresh: Caller) -> None:
    resource_id = fresh.add()
    fresh.post({**ACME, "resourceId": resource_id})
    fresh.put(resource_id, {"bad": 1})
    fresh.patch(resource_id, {"name": "x"}, If_Match='"9"')
    fresh.delete(UNKNOWN_ID)
    assert len(history(shared_world, fresh)) == 1


def test_a_failing_statement_is_told_without_what_it_carried(shared_world: World, acme: Caller) -> None:
    catalog = shared_world.organization._catalog.connect()
    tenant = shared_world.organization.engines.connect(tenant_of(shared_world, acme))
    for opened in (catalog, tenant):
        with opened as connection, pytest.raises(DBAPIError) as refused:
            connection.execute(text("SELECT nothing FROM nowhere WHERE secret = :secret"), {"secret": "hush"})
        assert "hush" not in str(refused.value)


# Rivals

def test_the_second_of_two_writers_of_one_version_is_stopped_by_the_database(shared_world: World,
                                                                             fresh: Caller) -> None:
    resource_id = fresh.add()
    tenant, first = tenant_of(shared_world, fresh), history(shared_world, fresh)[0]
    rival = fold(first.identity, [first]).update({"name": "Rival"}, stamp := commands.Stamp(
        shared_world.ports.new_id(), first.time, "rival", first.dataschema))
    fresh.patch(resource_id, {"name": "Winner"})
    with shared_world.ports.store.writing(tenant, shared_world.kind) as work, pytest.raises(ConcurrentWrite):
        work.append(rival)
    assert stamp.event_id not in [event.id for event in history(shared_world, fresh)]


def together(count: int, act: Callable[[int], object]) -> list[object]:
    """Run `act` in threads that start at the same moment."""
    barrier = threading.Barrier(count)

    def started(number: int) -> object:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(started, range(count)))


def test_writers_without_a_condition_all_get_through_and_none_is_lost(shared_world: World, fresh: Caller) -> None:
    resource_id = fresh.add()
    statuses = together(8, lambda n: fresh.patch(resource_id, {"alternateName": f"writer {n}"}).status_code)
    events = history(shared_world, fresh)
    assert statuses == [200] * 8
    assert [event.version for event in events] == list(range(1, 10))
    assert {event.after["alternateName"] for event in events[1:] if event.after} == {f"writer {n}" for n in range(8)}
    assert fresh.get(resource_id).get_json() == events[-1].after


def test_of_writers_that_saw_the_same_version_one_wins_and_the_others_get_412(shared_world: World,
                                                                              fresh: Caller) -> None:
    resource_id = fresh.add()
    statuses = together(6, lambda n: fresh.patch(resource_id, {"name": f"w{n}"}, If_Match='"1"').status_code)
    assert Counter(statuses) == {200: 1, 412: 5}
    assert len(history(shared_world, fresh)) == 2


def test_of_simultaneous_creates_under_one_id_one_wins(shared_world: World, fresh: Caller) -> None:
    statuses = together(6, lambda n: fresh.post({"name": f"w{n}", "resourceId": UNKNOWN_ID}).status_code)
    assert Counter(statuses) == {201: 1, 409: 5}


def test_simultaneous_calls_with_one_idempotency_key_happen_once(shared_world: World, fresh: Caller) -> None:
    answers = together(6, lambda n: fresh.post(ACME, Idempotency_Key="same"))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 5}
    assert len({answer.get_json()["resourceId"] for answer in answers}) == 1
    assert len(history(shared_world, fresh)) == 1


def test_a_writer_that_always_loses_is_told_to_try_later(shared_world: World, fresh: Caller,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_args: object) -> None:
        raise ConcurrentWrite

    monkeypatch.setattr(commands, "_attempt", lose)
    caller = Admitted(tenant_of(shared_world, fresh), shared_world.kind, "someone")
    with pytest.raises(Unavailable):
        commands.create_resource(shared_world.ports, caller, ACME, Terms())


# Projection

def test_projecting_an_event_again_or_late_changes_nothing(shared_world: World, fresh: Caller) -> None:
    resource_id = fresh.add()
    fresh.patch(resource_id, {"name": "Second"})
    other = fresh.add()
    fresh.delete(other)
    before, events, tenant = rows(shared_world, fresh), history(shared_world, fresh), tenant_of(shared_world, fresh)
    assert project_events(shared_world.ports.store, tenant, shared_world.kind, [*reversed(events), *events]) == 0
    assert rows(shared_world, fresh) == before


def test_events_in_any_order_leave_the_last_state(shared_world: World, fresh: Caller) -> None:
    resource_id = fresh.add()
    for call in (lambda: fresh.patch(resource_id, {"name": "Second"}, Prefer="respond-async"),
                 lambda: fresh.delete(resource_id, Prefer="respond-async")):
        assert call().status_code == 202
    tenant = tenant_of(shared_world, fresh)
    project_events(shared_world.ports.store, tenant, shared_world.kind, list(reversed(history(shared_world, fresh))))
    assert fresh.get(resource_id).status_code == 204


def test_a_write_that_answers_now_overtakes_one_that_was_only_accepted(shared_world: World, fresh: Caller) -> None:
    resource_id = fresh.post(ACME, Prefer="respond-async").get_json()["resourceId"]
    assert fresh.patch(resource_id, {"name": "Now"}).status_code == 200
    assert fresh.get(resource_id).get_json()["version"] == 2
    assert shared_world.drain(fresh)
    assert fresh.get(resource_id).get_json()["name"] == "Now"


def test_rebuilding_gives_the_same_table(shared_world: World, fresh: Caller) -> None:
    kept, gone = fresh.add(), fresh.add()
    fresh.patch(kept, {"name": "Changed"})
    fresh.delete(gone)
    before = rows(shared_world, fresh)
    with shared_world.organization.engines.connect(tenant_of(shared_world, fresh), writes=True) as connection:
        connection.execute(text('DELETE FROM "organization"."v1-organization"'))
        connection.commit()
    assert fresh.get(kept).status_code == 204
    assert rebuild(shared_world.ports, fresh.tenant_id) == {"organization": 4}
    assert rows(shared_world, fresh) == before


def test_rebuilding_while_others_write_loses_nothing(shared_world: World, fresh: Caller) -> None:
    ids = [fresh.add(name=f"Company {number}") for number in range(4)]

    def act(number: int) -> None:
        if number == 4:
            rebuild(shared_world.ports, fresh.tenant_id)
            return
        for step in range(5):
            assert fresh.patch(ids[number], {"alternateName": f"step {step}"}).status_code == 200

    together(5, act)
    folded = {event.identity.resource_id: event.after for event in history(shared_world, fresh)}
    assert {resource_id: fresh.get(resource_id).get_json() for resource_id in ids} == folded


def test_lag_counts_what_waits_and_what_is_not_shown(shared_world: World, fresh: Caller) -> None:
    fresh.add()
    fresh.post(ACME, Prefer="respond-async")
    [behind] = lag(shared_world.ports, fresh.tenant_id)
    assert (behind.undelivered, behind.unprojected) == (1, 1)
    assert behind.oldest_seconds >= 0
    shared_world.drain(fresh)
    [caught_up] = lag(shared_world.ports, fresh.tenant_id)
    assert (caught_up.undelivered, caught_up.unprojected, caught_up.oldest_seconds) == (0, 0, 0)


def damage(world: World, caller: Caller) -> None:
    if not world.is_sqlite:
        with world.organization.engines.connect(tenant_of(world, caller), writes=True) as connection:
            connection.execute(text('DROP SCHEMA "organization" CASCADE'))
            connection.commit()
        return
    for registry in world.organization._registries:
        registry.close()
    (world.organization.settings.home / "tenants" / f"{caller.tenant_id}.organization.db").write_bytes(b"rust " * 999)


def test_a_damaged_database_is_503_for_its_tenant_and_hides_nobody_else(world: World) -> None:
    damaged, well = world.caller(), world.caller()
    for caller in (damaged, well):
        caller.post(ACME, Prefer="respond-async")
    damage(world, damaged)
    assert [call.status_code for call in (damaged.search(), damaged.get(UNKNOWN_ID), damaged.post(ACME))] == [503] * 3
    assert {(row.tenant_id, row.is_known, row.undelivered) for row in lag(world.ports)} == {
        (damaged.tenant_id, False, 0), (well.tenant_id, True, 1)}
    assert world.relay.sweep() == [damaged.tenant_id]
    assert well.names() == ["Acme Ltd"]
