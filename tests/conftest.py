"""What every test may ask for: the application on real parts, who calls it, the clock, and what was sent onward.

The application is imported by the fixtures that need it: tests of pure rules start without it."""
import gc
import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import passes
from tests.files_in_memory import keep_files_in_memory
from tests.passes import DATABASE

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from flask import Flask

    from app.events.event_delivery import Event
    from tests.clients import ApiClient, Callers
    from tests.live import LiveSystem
    from tests.testbed import Testbed


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_POSTGRESQL = pytest.StashKey[Callable[[], str]]()
_LEAVES = pytest.StashKey[bool]()
"""Whether the run leaves its PostgreSQL to the next: a run by hand on a server of its own."""

gc.disable()  # until all is imported and collected, of which nothing goes


@pytest.hookimpl(tryfirst=True)  # before pytest asks where temporary files are kept
def pytest_configure(config: pytest.Config) -> None:
    """Start the PostgreSQL server this run stands on, once; it is there before the xdist workers that share it."""
    is_worker, has_workers = hasattr(config, "workerinput"), bool(config.getoption("numprocesses", None))
    if has_workers and not is_worker:
        gc.enable()  # who hands tests out collects none
    if not is_worker:
        keep_files_in_memory(config)
    if DATABASE != "postgresql":
        return
    if is_worker:
        config.stash[_POSTGRESQL] = lambda: os.environ["GUILDHALL_TEST_POSTGRESQL"]
        return
    from tests.components import given_postgresql, starting_postgresql

    left = None if has_workers or given_postgresql() else _left(config, "postgresql")
    server = starting_postgresql(left)
    config.stash[_LEAVES] = left is not None
    config.stash[_POSTGRESQL] = server.__enter__()
    config.add_cleanup(lambda: server.__exit__(None, None, None))
    if has_workers:
        os.environ["GUILDHALL_TEST_POSTGRESQL"] = config.stash[_POSTGRESQL]()


def _left(config: pytest.Config, name: str) -> Path | None:
    """Return a folder where runs leave things to each other; None with `-p no:cacheprovider`."""
    cache = getattr(config, "cache", None)
    return cache.mkdir(name) if cache else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the other pass runs (tests/passes.py); start the slow ones first, in the random order they have.

    So none of the slow ones is left to run alone at the end."""
    left = set(passes.left_out(items, DATABASE))
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=list(left))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Take the deadline from properties before the first file that has some is imported: a loaded machine is no fault.

    Whether hypothesis believes to run in CI or not; what else its profile says stays as it is."""
    if not isinstance(collector, pytest.Module) or b"hypothesis" not in collector.path.read_bytes():
        return
    from hypothesis import settings

    if settings.get_current_profile_name() != passes.PROFILE:
        former = settings.get_profile(settings.get_current_profile_name())
        settings.register_profile(passes.PROFILE, former, deadline=None)
        settings.load_profile(passes.PROFILE)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the collector walk what the tests make, and never what is imported and collected."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Spare a run without properties hypothesis' summary, which imports all of hypothesis to find nothing to say.

    What is left is looked for once; pytest would do so five times, and Python once more."""
    gc.collect()
    gc.freeze()
    config = session.config
    if "hypothesis" not in sys.modules and not config.getoption("numprocesses", None):
        config.pluginmanager.unregister(name="hypothesispytest")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Fail a test that meets a database without having said so, in its fixtures."""
    with passes.no_database(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """The same, in the test itself."""
    with passes.no_database(item):
        return (yield)


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name made-up ids alike in every xdist worker, which must all collect the same tests."""
    return _UUID.sub("ID", val) if isinstance(val, str) and _UUID.search(val) else None


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def postgresql_server(pytestconfig: pytest.Config) -> str:
    """The URL of the real PostgreSQL server, which pytest_configure started."""
    return pytestconfig.stash[_POSTGRESQL]()


@pytest.fixture(scope="session")
def testbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Testbed]":
    """The real parts and the application, once per test process, on the database GUILDHALL_TEST_DATABASE names."""
    from tests.components import starting_valkey

    leaves = DATABASE == "sqlite" or request.config.stash.get(_LEAVES, False)
    migrated = _left(request.config, "migrated") if leaves else None
    gc.disable()  # until the code and the application are there
    with starting_valkey() as redis_url:  # while the code is imported
        from tests.testbed import running_testbed

        server_url = request.getfixturevalue("postgresql_server") if DATABASE == "postgresql" else ""
        with running_testbed(tmp_path_factory.mktemp("home"), redis_url, server_url, migrated) as bed:
            gc.freeze()
            gc.enable()
            yield bed


@pytest.fixture
def app(testbed: "Testbed") -> "Iterator[Flask]":
    """The application on a clean database, its context pushed so that commands can be called directly."""
    from tests.testbed import cheap_passwords

    testbed.restore()
    with cheap_passwords(), testbed.app.app_context():
        yield testbed.app


@pytest.fixture
def make_app(app: "Flask", testbed: "Testbed") -> "Callable[..., Flask]":
    """Call it with settings as the environment names them (RATELIMIT_ENABLED="1") for another application."""
    return testbed.another_app


@pytest.fixture
def within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let acts be counted in the middle of one minute: between two of them none begins (app/http/rate_limit.py)."""
    from time import time
    from types import SimpleNamespace

    from app.http import rate_limit

    moment = time() // 60 * 60 + 30
    monkeypatch.setattr(rate_limit, "time", SimpleNamespace(time=lambda: moment))


@pytest.fixture
def client(app: "Flask") -> "ApiClient":
    """A visitor without a token."""
    from tests.clients import ApiClient

    return ApiClient(app)


@pytest.fixture
def callers(app: "Flask") -> "Callers":
    """Makes users with a live session: callers.user("ben", realm="network"), callers.admin(), callers.super_admin()."""
    from tests.clients import Callers

    return Callers(app)


@pytest.fixture
def as_user(callers: "Callers") -> "Callable[..., ApiClient]":
    """Call it with a name: the client of that verified user of the marketplace."""
    return callers.user


@pytest.fixture
def as_admin(callers: "Callers") -> "ApiClient":
    """An admin of the marketplace."""
    return callers.admin()


@pytest.fixture
def as_super_admin(callers: "Callers") -> "ApiClient":
    """The superAdmin of the marketplace."""
    return callers.super_admin()


@pytest.fixture
def settle(app: "Flask") -> "Callable[[], None]":
    """Call it to let the system come to rest: events relayed, due work done, subscribers run, until nothing is left."""
    from tests.flow import settle

    return settle


@pytest.fixture
def sent(app: "Flask") -> "Callable[[str], list[Event]]":
    """Call it with a topic: the events of that topic in the outbox, oldest first."""
    from tests.flow import sent

    return sent


@pytest.fixture
def count_statements(app: "Flask") -> "Callable[[], AbstractContextManager[list[str]]]":
    """Call it as a context manager: the list of the SQL statements the block sends."""
    from tests.flow import statements

    return statements


@pytest.fixture(scope="session")
def kept_flask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The words that run `flask` in a process of its own for a tenth of the cost; not where its start is tested."""
    from tests.kept_interpreter import kept_interpreter

    with kept_interpreter(tmp_path_factory.mktemp("flask")) as words:
        yield words


@pytest.fixture
def live(testbed: "Testbed", tmp_path: Path) -> "Iterator[LiveSystem]":
    """The whole system in processes of its own, on a fresh database of the kind under test."""
    from tests.live import live_system

    with testbed.fresh_database() as database_url, live_system(tmp_path / "live", DATABASE_URL=database_url) as system:
        yield system
