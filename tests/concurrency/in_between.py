"""A rival that comes in between: the first stands still at a chosen place until the rival is through, or has to wait.

So each order of the two is made on purpose, on both databases, and no test depends on luck."""
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.data import sqlite_write_lock
from app.data.entity import db
from app.data.work import connection as work_connection
from app.data.work import records
from tests.components import wait_until

Place = tuple[ModuleType, str]
WRITTEN: Place = (records, "insert_rows")
"""Where every command has written its rows and holds its locks, but has not committed: the outbox comes last."""


def places(**by_name: Place) -> pytest.MarkDecorator:
    """Give a test these places, and the one where everything is written, as `place`."""
    return pytest.mark.parametrize("place", [
        pytest.param(place, id=name) for name, place in {**by_name, "written": WRITTEN}.items()])


@dataclass(frozen=True, slots=True)
class Meeting:
    """What both brought back, and whether the rival had to wait for the first."""

    first: Any
    rival: Any
    rival_waited: bool

    @property
    def winner(self) -> Any:
        """What whoever was through first brought back."""
        return self.first if self.rival_waited else self.rival

    @property
    def loser(self) -> Any:
        """What the other one brought back."""
        return self.rival if self.rival_waited else self.first


def meet(app: Flask, monkeypatch: pytest.MonkeyPatch, place: Place, act: Callable[[], Any],
         rival: Callable[[], Any]) -> Meeting:
    """Run `act` until it calls the function that `place` names; there it stands still until the rival is through, or
    waits for a lock of it.

    Raises AssertionError when `act` never comes to the place, or the rival neither ends nor waits."""
    reached: list[None] = []
    came: list[tuple[Future[Any], bool]] = []
    module, name = place
    original = getattr(module, name)

    def run(action: Callable[[], Any]) -> Any:
        with app.app_context():
            return action()

    with monkeypatch.context() as patch, _by_several_statements(), ThreadPoolExecutor(2) as pool:
        queue = _queue_of_sqlite(patch)

        def stand_still(*arguments: Any, **options: Any) -> Any:
            if not reached:
                reached.append(None)  # the rival passes by here, too, and stands still nowhere
                is_locked = sqlite_write_lock._one_thread.locked()  # by us: the rival has not begun
                coming = pool.submit(run, rival)
                wait_until(lambda: coming.done() or (is_locked and bool(queue)) or somebody_waits(),
                           "the rival is through, or waits", every=0.005)
                came.append((coming, not coming.done()))
            return original(*arguments, **options)

        patch.setattr(module, name, stand_still)
        first = pool.submit(run, act).result()
        assert came, f"through without coming to {module.__name__}.{name}: {getattr(first, 'text', first)}"
        [(coming, waited)] = came
        return Meeting(first, coming.result(), waited)


@contextmanager
def _by_several_statements() -> Iterator[None]:
    """Let a single new row be written and committed apart, as where somebody listens (app/data/entity_inserts.py)."""
    def hear(_connection: object) -> None:
        """Do nothing."""

    event.listen(db.engine, "commit", hear)
    try:
        yield
    finally:
        event.remove(db.engine, "commit", hear)


def _queue_of_sqlite(patch: pytest.MonkeyPatch) -> set[int]:
    """Return the threads that ask for SQLite's write lock and have not got it, kept while the patch stands."""
    waiting: set[int] = set()
    original = work_connection.sqlite_write_lock

    @contextmanager
    def queued() -> Iterator[None]:
        waiting.add(get_ident())
        with original():
            waiting.discard(get_ident())
            yield

    patch.setattr(work_connection, "sqlite_write_lock", queued)
    return waiting


def somebody_waits() -> bool:
    """Return whether a transaction of PostgreSQL waits for a lock of another one."""
    if db.engine.dialect.name == "sqlite":
        return False
    with db.engine.connect() as connection:
        waiting = connection.scalar(text("SELECT count(*) FROM pg_stat_activity "
                                         "WHERE datname = current_database() AND wait_event_type = 'Lock'"))
    return bool(waiting)
