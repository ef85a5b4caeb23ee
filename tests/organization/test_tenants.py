"""The life of a tenant: names that are refused, attempts that were cut off, what is left after it is gone."""
import pytest
from sqlalchemy import inspect, make_url, text

from blueprints.organization.application.tenants import (
    add_client,
    add_tenant,
    drop_tenant,
    known_tenant,
    resume_tenant,
    suspend_tenant,
)
from blueprints.organization.application.upkeep import lag
from blueprints.organization.domain.refusals import IdTaken, MalformedTenantId, NeverExisted
from blueprints.organization.ports import Tenant
from tests.components import unique_name
from tests.organization.world import ACME, SCOPES, World


class CutOff(Exception):
    """The operator pressed Ctrl-C."""


def cut_off(*_args: object) -> None:
    raise CutOff


@pytest.mark.parametrize("tenant_id", ["Acme", "a", "../x", "a b", "a\0"])
def test_a_name_that_is_no_tenant_id_is_refused(shared_world: World, tenant_id: str) -> None:
    with pytest.raises(MalformedTenantId):
        add_tenant(shared_world.ports, tenant_id)


@pytest.mark.parametrize("tenant_id", ["postgres", "template0", "template1", "oauth"])
def test_names_that_belong_to_something_else_are_refused(shared_world: World, tenant_id: str) -> None:
    with pytest.raises(IdTaken):
        add_tenant(shared_world.ports, tenant_id)


@pytest.mark.postgresql
def test_the_database_of_the_catalog_cannot_become_a_tenant(world: World) -> None:
    with pytest.raises(IdTaken):
        add_tenant(world.ports, make_url(world.organization.settings.database).database or "")
    assert world.ports.tenants.all() == []


def test_a_tenant_is_a_database_a_resource_a_schema_and_a_version_the_head_of_each_name(world: World) -> None:
    tenant = world.tenant()
    with world.organization.engines.connect(tenant) as connection:
        if world.is_sqlite:
            folder = world.organization.settings.home / "tenants"
            assert {file.name for file in folder.glob("*.db")} == {
                f"{tenant.tenant_id}.db", f"{tenant.tenant_id}.organization.db"}
        else:
            assert connection.scalar(text("SELECT current_database()")) == tenant.tenant_id
        tables = set(inspect(connection).get_table_names("organization"))
    assert {"v1-organization", "v1-organization-event"} <= tables
    assert {table.startswith("v1-organization") for table in tables} == {True}


def test_a_tenant_is_added_once(shared_world: World) -> None:
    tenant = shared_world.tenant()
    with pytest.raises(IdTaken):
        add_tenant(shared_world.ports, tenant.tenant_id)
    suspend_tenant(shared_world.ports, tenant.tenant_id)
    with pytest.raises(IdTaken):
        add_tenant(shared_world.ports, tenant.tenant_id)


@pytest.mark.parametrize("step", ["create", "prepare"])
def test_an_addition_that_was_cut_off_serves_nobody_and_is_finished_by_the_next(
        shared_world: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    name, databases = unique_name("t"), type(shared_world.ports.databases)
    with monkeypatch.context() as interrupted, pytest.raises(CutOff):
        interrupted.setattr(databases, step, cut_off)
        add_tenant(shared_world.ports, name)
    assert known_tenant(shared_world.ports, name).status == "creating"
    assert [row for row in lag(shared_world.ports) if row.tenant_id == name] == []
    caller = shared_world.caller(name)
    assert caller.search().status_code == 403
    with pytest.raises(IdTaken):
        suspend_tenant(shared_world.ports, name)
    assert add_tenant(shared_world.ports, name).is_active
    assert caller.post(ACME).status_code == 201


@pytest.mark.parametrize("step", ["drop", "remove"])
def test_a_drop_that_was_cut_off_serves_nobody_and_is_finished_by_the_next(
        shared_world: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    caller = shared_world.caller()
    part = {"drop": shared_world.ports.databases, "remove": shared_world.ports.tenants}[step]
    with monkeypatch.context() as interrupted, pytest.raises(CutOff):
        interrupted.setattr(type(part), step, cut_off)
        drop_tenant(shared_world.ports, caller.tenant_id)
    assert caller.search().status_code == 403
    assert [row for row in lag(shared_world.ports) if row.tenant_id == caller.tenant_id] == []
    with pytest.raises(IdTaken):
        resume_tenant(shared_world.ports, caller.tenant_id)
    drop_tenant(shared_world.ports, caller.tenant_id)
    with pytest.raises(NeverExisted):
        known_tenant(shared_world.ports, caller.tenant_id)
    assert not shared_world.ports.databases.occupied(caller.tenant_id)


def test_a_dropped_tenant_takes_its_clients_along(shared_world: World) -> None:
    tenant = shared_world.tenant()
    client, _ = add_client(shared_world.ports, tenant.tenant_id, SCOPES, "")
    drop_tenant(shared_world.ports, tenant.tenant_id)
    assert shared_world.ports.tenants.client(client.client_id) is None


def test_of_two_operators_who_add_the_same_tenant_one_is_told(shared_world: World) -> None:
    tenant = shared_world.tenant()
    twin = Tenant(tenant.tenant_id, "creating", "another", "")
    assert shared_world.ports.tenants.insert(twin) is False
