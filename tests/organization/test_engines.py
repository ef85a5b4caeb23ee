"""Connections: one bound for all tenants, idle ones make room, and a tenant that comes again gets a new database."""
import json
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import Pool

from blueprints.organization.adapters.json_schema import SchemaFilesWrong
from blueprints.organization.adapters.sql.engines import TenantEngines
from blueprints.organization.application.tenants import drop_tenant
from blueprints.organization.domain.refusals import Unavailable
from blueprints.organization.ports import Tenant
from tests.components import wait_until
from tests.organization.world import ACME, World

own_file = pytest.mark.once("opens SQLite files of its own in either pass")

def tenant(name: str, incarnation: str = "1") -> Tenant:
    return Tenant(name, "active", incarnation, "")


class Files:
    """A host whose databases are files of a folder; it notes what is opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def tenant_engine(self, pool: Pool) -> Engine:
        """Share one engine."""
        return create_engine("sqlite://", pool=pool)

    def connect_to(self, _dialect: object, wanted: Tenant) -> sqlite3.Connection:
        """Open one."""
        self.names.append(wanted.tenant_id)
        return sqlite3.connect(self.folder / f"{wanted.tenant_id}.db", check_same_thread=False)


@pytest.fixture
def opened(tmp_path: Path) -> Files:
    return Files(tmp_path)


def use(engines: TenantEngines, name: str, incarnation: str = "1") -> None:
    with engines.connect(tenant(name, incarnation)) as connection:
        connection.execute(text("SELECT 1"))


@own_file
def test_a_hundred_tenants_stay_under_the_bound(opened: Files) -> None:
    engines = TenantEngines(opened, most_connections=5, idle_seconds=60)
    for number in range(100):
        use(engines, f"t{number}")
        assert engines.opened <= 5
    engines.close()


@own_file
def test_the_connection_idle_longest_makes_room(opened: Files) -> None:
    engines = TenantEngines(opened, most_connections=2, idle_seconds=60)
    for name in ("a", "b", "a", "c", "a", "b"):
        use(engines, name)
    assert opened.names == ["a", "b", "c", "b"]
    engines.close()


@own_file
def test_when_all_are_busy_the_call_is_told_to_try_later(opened: Files) -> None:
    engines = TenantEngines(opened, most_connections=1, idle_seconds=60, wait_seconds=0.05)
    with engines.connect(tenant("a")), pytest.raises(Unavailable):
        use(engines, "b")
    use(engines, "b")
    engines.close()


@own_file
def test_a_call_waits_for_a_connection_that_comes_free(opened: Files) -> None:
    engines = TenantEngines(opened, most_connections=1, idle_seconds=60, wait_seconds=10)
    with engines.connect(tenant("a")):
        waiting = threading.Thread(target=use, args=(engines, "b"))
        waiting.start()
    waiting.join(timeout=60)
    assert not waiting.is_alive()
    assert opened.names == ["a", "b"]
    engines.close()


@own_file
def test_idle_connections_are_closed_in_time(opened: Files) -> None:
    engines = TenantEngines(opened, most_connections=5, idle_seconds=0)
    use(engines, "a")
    with engines.connect(tenant("b")):
        engines.close_old()
        assert engines.opened == 1
    engines.close()


@own_file
def test_a_tenant_that_was_dropped_and_added_again_gets_a_new_connection(opened: Files) -> None:
    engines = TenantEngines(opened, most_connections=5, idle_seconds=60)
    use(engines, "a", "1")
    use(engines, "a", "2")
    assert opened.names == ["a", "a"]
    engines.close()


@own_file
def test_a_server_that_is_full_takes_a_connection_in_exchange_for_an_idle_one(
        opened: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    engines = TenantEngines(opened, most_connections=5, idle_seconds=60)
    use(engines, "a")
    use(engines, "b")
    connect, full = opened.connect_to, ["c"]

    def once_full(dialect: object, wanted: Tenant) -> sqlite3.Connection:
        if wanted.tenant_id in full:
            full.clear()
            raise sqlite3.OperationalError("sorry, too many clients already")
        return connect(dialect, wanted)

    monkeypatch.setattr(opened, "connect_to", once_full)
    use(engines, "c")
    assert engines.opened == 2
    with engines.connect(tenant("b")):
        pass
    assert opened.names == ["a", "b", "c"]
    engines.close()


def test_forked_workers_have_names_of_their_own_in_leases(world: World) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, world.organization.owner.encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 200).decode() != world.organization.owner
    os.close(reader)
    os.close(writer)


def test_a_tenant_added_again_is_empty(shared_world: World) -> None:
    """Another process, whose connections to the old database are still open, sees the new one."""
    caller = shared_world.caller()
    caller.add()
    token, tenant_id = caller.token, caller.tenant_id
    other = World(shared_world.organization.settings.home, shared_world.organization.settings.database)
    found = other.ports.tenants.find(tenant_id)
    assert found is not None
    with other.ports.store.reading(found, other.kind) as look:
        look.extension()
    drop_tenant(shared_world.ports, tenant_id)
    caller.app = other.app
    assert caller.search().status_code == 403
    caller = shared_world.caller(tenant_id)
    assert caller.token != token
    caller.app = other.app
    assert caller.search().status_code == 204
    assert caller.post(ACME).status_code == 201
    caller.app = shared_world.app
    assert caller.names() == ["Acme Ltd"]
    other.organization.close()


@pytest.mark.postgresql
def test_connections_to_postgresql_stay_under_the_bound(make_world: Callable[..., World],
                                                        postgresql_server: str) -> None:
    world = make_world(most_connections=3)
    callers = [world.caller() for _ in range(6)]
    names = [caller.tenant_id for caller in callers]
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        def open_connections() -> int:
            [count] = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = ANY(%s)",
                                         (names,)).fetchone()
            return count

        for caller in callers * 2:
            caller.add()
            # The server's end of a connection that was closed goes a moment later.
            wait_until(lambda: open_connections() <= 3, "no more than three connections are open")


@pytest.mark.postgresql
def test_a_server_that_went_away_is_503_and_then_comes_back(world: World, postgresql_server: str) -> None:
    caller = world.caller()
    resource_id = caller.add()
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                           (caller.tenant_id,))
        time.sleep(1.1)  # connections that rested this long are tried before use
        assert caller.get(resource_id).status_code == 200
        connection.execute(f'ALTER DATABASE "{caller.tenant_id}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                           (caller.tenant_id,))
        response = caller.get(resource_id)
        connection.execute(f'ALTER DATABASE "{caller.tenant_id}" ALLOW_CONNECTIONS true')
    assert (response.status_code, response.mimetype) == (503, "application/problem+json")
    assert caller.get(resource_id).status_code == 200


@own_file
def test_sqlite_refuses_the_start_with_more_resources_than_it_can_attach(tmp_path: Path) -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:test:kind:v1", "type": "object",
              "additionalProperties": False, "properties": {"name": {"type": "string", "maxLength": 50}}}
    for number in range(10):
        (tmp_path / f"kind{number}").mkdir()
        (tmp_path / f"kind{number}" / "v1.json").write_text(json.dumps(schema))
    with pytest.raises(SchemaFilesWrong, match="at most 10"):
        World(tmp_path, schema_folders=(tmp_path,))
    shutil.rmtree(tmp_path / "kind0")
    world = World(tmp_path, schema_folders=(tmp_path,))
    assert world.caller().search().status_code == 204
    world.close()
