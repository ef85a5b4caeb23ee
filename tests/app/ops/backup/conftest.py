"""A small system for each test, on the database of the pass; migrated once, then copied."""
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.data.entity import db
from app.factory import create_app
from cli.prepare import prepare_system
from tests.app.ops.backup.system import System, drop_databases
from tests.components import create_postgresql_database, drop_postgresql_database, unique_name
from tests.passes import DATABASE
from tests.testbed import Testbed, cheap_passwords


@pytest.fixture(scope="session")
def migrated(testbed: Testbed, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database to copy: the file of the testbed, or the name of a database."""
    if DATABASE == "sqlite":
        yield str(testbed.home / "template.db")
        return
    server, name = request.getfixturevalue("postgresql_server"), unique_name("guildhall_migrated")
    url = create_postgresql_database(server, name)
    with create_app(testbed.settings(DATABASE_URL=url)).app_context(), cheap_passwords():
        prepare_system()
        db.engine.dispose()
    yield name
    drop_postgresql_database(server, name)


@pytest.fixture
def make_system(testbed: Testbed, migrated: str, tmp_path: Path,
                request: pytest.FixtureRequest) -> Iterator[Callable[..., System]]:
    """Call it with settings for a system of its own, with nobody but the administrator in it."""
    with ExitStack() as stack:
        stack.enter_context(cheap_passwords())

        def make(name: str = "home", **changed: str) -> System:
            home, mark = tmp_path / name, unique_name("gb")
            home.mkdir()
            environment = {"GUILDHALL_HOME": str(home), "DATABASE_URL": "", "REDIS_URL": f"unix://{home}/no.sock"}
            server = ""
            if DATABASE == "sqlite":
                shutil.copyfile(migrated, home / "guildhall.db")
            else:
                server = request.getfixturevalue("postgresql_server")
                url = create_postgresql_database(server, f"{mark}_main", template=migrated)
                stack.callback(drop_databases, server, mark)
                environment |= {"DATABASE_URL": url, "DATABASE": url, "DATABASE_PREFIX": f"{mark}_"}
            return System(testbed.environment | environment | changed, tmp_path / f"backups of {name}", server)

        yield make


@pytest.fixture
def system(make_system: Callable[..., System]) -> System:
    """A small system with people, a tenant and a picture in it."""
    made = make_system()
    made.fill()
    return made


