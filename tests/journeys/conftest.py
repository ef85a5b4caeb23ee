"""Demos of a test's own: files of their own, or databases of their own on the server of the pass; the test's Redis."""
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.app.ops.backup.system import System, drop_databases
from tests.app.payments.stand_in import SECRET_KEY, shared_localstripe
from tests.components import create_postgresql_database, unique_name
from tests.passes import DATABASE
from tests.testbed import Testbed

PASSWORD = "hardly-a-secret"


@pytest.fixture
def sqlite_demo(testbed: Testbed, tmp_path: Path) -> System:
    """The demo's settings on an empty folder; the prefix counts where a server has the tenants' databases."""
    testbed.restore()
    stripe, home = shared_localstripe(), tmp_path / "home"
    stripe.forget()
    home.mkdir()
    return System(testbed.environment | {
        "GUILDHALL_ENV": "demo", "GUILDHALL_HOME": str(home), "DATABASE_URL": "", "DATABASE": "",
        "DATABASE_PREFIX": f"{unique_name('tour')}_", "STRIPE_API_BASE": stripe.url, "STRIPE_SECRET_KEY": SECRET_KEY,
    }, tmp_path / "backups")


@pytest.fixture
def postgresql_demo(sqlite_demo: System, postgresql_server: str,
                    monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """The same on an empty database of a user who may create one for each tenant and nothing else (docs/moving.md)."""
    prefix = sqlite_demo.environment["DATABASE_PREFIX"]
    url = make_url(create_postgresql_database(postgresql_server, f"{prefix}main")).set(
        username=f"{prefix}owner", password=PASSWORD).render_as_string(hide_password=False)
    with psycopg.connect(postgresql_server, autocommit=True) as server:
        server.execute(f"CREATE ROLE {prefix}owner LOGIN CREATEDB PASSWORD '{PASSWORD}'")
        server.execute(f"ALTER DATABASE {prefix}main OWNER TO {prefix}owner")
        [programs] = server.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone() or [""]
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")  # where a superuser alone would find pg_dump
        yield System(sqlite_demo.environment | {"DATABASE_URL": url, "DATABASE": url}, sqlite_demo.folder,
                     postgresql_server)
        drop_databases(postgresql_server, prefix)
        server.execute(f"DROP ROLE {prefix}owner")


@pytest.fixture
def demo(testbed: Testbed, request: pytest.FixtureRequest) -> System:
    """The one of the database of the pass."""
    found: System = request.getfixturevalue(f"{DATABASE}_demo")
    return found
