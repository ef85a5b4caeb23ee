"""The organization store on its own, nothing else mounted, on the database GUILDHALL_TEST_DATABASE names."""
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from uuid import uuid4

import pytest

from blueprints.organization.adapters.kinesis import kinesis_client
from tests.components import create_postgresql_database, drop_postgresql_database, unique_name
from tests.organization.streams import Kinesis
from tests.organization.world import Caller, World

DATABASE = os.environ.get("GUILDHALL_TEST_DATABASE", "sqlite")


@pytest.fixture(scope="session")
def build_world(request: pytest.FixtureRequest,
                tmp_path_factory: pytest.TempPathFactory) -> Callable[..., World]:
    """Call it with an exit stack and settings, perhaps another database, for a store of its own."""

    def build(stack: ExitStack, database: str = DATABASE, **settings: object) -> World:
        url = ""
        if database == "postgresql":
            server, name = request.getfixturevalue("postgresql_server"), unique_name("catalog")
            url = create_postgresql_database(server, name)
            stack.callback(drop_postgresql_database, server, name)
        world = World(tmp_path_factory.mktemp("home"), url, **settings)
        stack.callback(world.close)
        return world

    return build


@pytest.fixture
def make_world(build_world: Callable[..., World]) -> Iterator[Callable[..., World]]:
    """Call it with settings, perhaps another database, for a store of its own; several may stand side by side."""
    with ExitStack() as stack:
        yield partial(build_world, stack)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A store of its own."""
    return make_world()


@pytest.fixture(scope="session")
def shared_world(build_world: Callable[..., World]) -> Iterator[World]:
    """A store shared by all tests: each adds the tenants it needs."""
    with ExitStack() as stack:
        yield build_world(stack)


@pytest.fixture(scope="session")
def acme(shared_world: World) -> Caller:
    """A caller of a tenant that all tests share: for tests that look only at what they made themselves."""
    return shared_world.caller()


@pytest.fixture
def fresh(shared_world: World) -> Caller:
    """A caller of a new tenant with nothing in it."""
    return shared_world.caller()


@pytest.fixture(scope="session")
def kinesis() -> Iterator[Kinesis]:
    """A Kinesis endpoint over HTTP."""
    server = Kinesis()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                        "AWS_DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def stream(kinesis: Kinesis, _credentials: None) -> str:
    """A new stream of two shards."""
    name = f"stream-{uuid4().hex[:8]}"
    kinesis_client(kinesis.url).create_stream(StreamName=name, ShardCount=2)
    return name


@pytest.fixture
def streaming(make_world: Callable[..., World], kinesis: Kinesis, stream: str) -> World:
    """A store with a stream."""
    return make_world(stream=stream, endpoint_url=kinesis.url)
