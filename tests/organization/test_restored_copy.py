"""A restored copy that has not gone live sends nothing to the stream, which is others'."""
import runpy
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from app.data.entity import db
from app.data.restored_copy import RestoredCopy
from app.runtime import runtime_of
from blueprints.organization import organization_of, wiring
from tests.components import ROOT

Fork = Callable[[], None]


@pytest.fixture
def streaming(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application with a stream."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    made = make_app(STREAM="orders-of-others", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    yield made
    organization_of(made).courier.stop()


@pytest.fixture
def fork(streaming: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fork]:
    """Do what gunicorn does in a worker that was forked."""
    settings = runtime_of(streaming).settings
    monkeypatch.setenv("GUILDHALL_HOME", str(settings.home))
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")  # as it was, afterwards
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR")
    forked = runpy.run_path(str(ROOT / "gunicorn.conf.py"))["post_fork"]
    worker: Any = SimpleNamespace(heartbeat=threading.Event())

    def act() -> None:
        with streaming.app_context():
            db.engine.dispose()  # the master's connections, which a worker leaves open, are ours
        forked(SimpleNamespace(app=SimpleNamespace(wsgi=lambda: streaming)), worker)

    yield act
    worker.heartbeat.set()


def sends(app: Flask) -> bool:
    """Tell whether this process carries what the outboxes hold."""
    return organization_of(app).courier._thread is not None


def test_a_web_worker_sends_nothing_of_a_restored_copy(streaming: Flask, fork: Fork) -> None:
    with streaming.app_context(), db.engine.begin() as connection:
        connection.execute(insert(RestoredCopy).values(backup="guildhall.tar", restored_at="2026-11-29"))
    fork()
    assert not sends(streaming)


def test_a_web_worker_starts_while_the_database_is_away(streaming: Flask, fork: Fork,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> bool:
        raise OperationalError("SELECT", {}, ConnectionError("away"))

    monkeypatch.setattr(wiring, "is_held_back", away)
    fork()
    assert not sends(streaming)
