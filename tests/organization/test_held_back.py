"""A restored copy that has not gone live sends nothing to the stream, which is others'; writes go on."""
import runpy
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, insert

from app.data.entity import Base, db
from app.data.restored_copy import RestoredCopy
from blueprints.organization.adapters.courier import Courier
from tests.components import ROOT
from tests.organization.world import ACME, World

pytestmark = pytest.mark.usefixtures("_credentials")


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A store with a stream and a courier."""
    return make_world(stream="events", background=True)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when the courier's thread begins; it carries nothing."""
    event = threading.Event()
    monkeypatch.setattr(Courier, "run", lambda *_: event.set())
    return event


def test_a_copy_sends_nothing_until_it_goes_live(world: World, started: threading.Event) -> None:
    hold_back(world)
    caller = world.caller()
    assert caller.post(ACME).status_code == 201
    assert not started.is_set()
    with world.app.app_context(), db.engine.begin() as connection:
        connection.execute(delete(RestoredCopy))
    assert caller.post(ACME).status_code == 201
    assert started.wait(10)


def test_writes_go_on_while_nobody_knows_whether_it_is_a_copy(world: World, started: threading.Event) -> None:
    caller, table = world.caller(), Base.metadata.tables[RestoredCopy.__tablename__]
    with world.app.app_context():
        Base.metadata.drop_all(db.engine, [table])
    assert caller.post(ACME).status_code == 201
    assert not started.is_set()
    with world.app.app_context():
        Base.metadata.create_all(db.engine, [table])
    assert caller.post(ACME).status_code == 201
    assert started.wait(10)


def test_a_worker_of_gunicorn_does_not_send_either(world: World, started: threading.Event, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDHALL_HOME", str(tmp_path))
    monkeypatch.setattr("app.ops.metrics_folder.name_metrics_folder", lambda _: tmp_path / "metrics")
    hooks = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    hold_back(world)
    server, worker = SimpleNamespace(app=SimpleNamespace(wsgi=lambda: world.app)), SimpleNamespace()
    hooks["post_fork"](server, worker)
    hooks["worker_exit"](server, worker)
    assert world.organization.courier._thread is None


def hold_back(world: World) -> None:
    with world.app.app_context(), db.engine.begin() as connection:
        connection.execute(insert(RestoredCopy).values(backup="old.guildhall", restored_at="2026-11-29T00:00:00"))
