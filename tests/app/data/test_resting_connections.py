"""Connections that requests read with, kept between two requests: never two for one thread, none that is unsound."""
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, select, text
from sqlalchemy.exc import OperationalError

from app.actor import system_actor
from app.data import connections, resting_connections
from app.data.connections import close_reading, reading
from app.data.entity import db
from app.data.holdings import holdings
from app.data.reads import fetch
from app.data.resting_connections import RestingConnections
from app.data.unit_of_work import unit_of_work
from app.errors import RuleViolated
from blueprints.marketplace.category_management.models import Category

SYSTEM = system_actor("marketplace")


def checked_out(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine of a file of its own, whose pool looks whether what rested is alive."""
    engine = create_engine(f"sqlite:///{tmp_path}/rest.db", poolclass=QueuePool)
    connections.ping_idle_connections(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def resting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[RestingConnections]:
    """Those of the application, as under the web server."""
    resting = RestingConnections()
    with app.app_context():
        monkeypatch.setattr(holdings(), "resting", resting)
    yield resting
    while resting.give_one_back():
        pass


def driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


@contextmanager
def a_request(app: Flask) -> Iterator[None]:
    """A request, and its end: the test's own context around it would not end its reads."""
    with app.test_request_context():
        yield
        close_reading()


def one_read(app: Flask) -> Any:
    """A request that reads; returns the driver's connection it had."""
    with a_request(app), reading() as connection:
        connection.connection.cursor().execute("SELECT 1").fetchall()
        return driver_of(connection)


def test_a_request_reads_with_the_connection_of_the_one_before(app: Flask, resting: RestingConnections) -> None:
    before = one_read(app)
    assert checked_out(db.engine) == 1
    assert one_read(app) is before
    assert checked_out(db.engine) == 1


def write(app: Flask, look: Callable[[Connection], object]) -> None:
    """A request that reads, writes, and looks at its connection behind what it wrote."""
    with a_request(app), unit_of_work(SYSTEM) as work:
        assert reading_connections() == 1
        work.insert(Category(title="Toys"))
        work.flush()
        look(work.connection())
        work.commit()


def titles(app: Flask) -> list[str]:
    with a_request(app):
        return [row.title for row in fetch(select(Category.title))]


def is_in_transaction(connection: Connection) -> bool:
    driver = driver_of(connection)
    return bool(driver.in_transaction if connection.dialect.name == "sqlite" else driver.info.transaction_status)


def test_who_writes_has_the_one_that_rested_in_a_transaction_and_then_it_rests_again(
        app: Flask, resting: RestingConnections) -> None:
    had = []
    before = one_read(app)
    for _ in range(2):
        write(app, lambda connection: had.append(
            (driver_of(connection) is before, checked_out(db.engine), is_in_transaction(connection))))
        with a_request(app), reading() as connection:
            connection.connection.cursor().execute("SELECT 1").fetchall()
            assert not is_in_transaction(connection)
            assert driver_of(connection) is before
    assert had == [(True, 1, True)] * 2
    assert titles(app) == ["Toys", "Toys"]


def test_what_was_refused_is_undone_and_its_connection_goes_back(app: Flask, resting: RestingConnections) -> None:
    def refuse(_: Connection) -> None:
        raise RuleViolated("Refused", "half-way")

    one_read(app)
    with pytest.raises(RuleViolated):
        write(app, refuse)
    assert checked_out(db.engine) == 0
    assert titles(app) == []


def test_one_whose_transaction_could_not_begin_goes_back(
        app: Flask, resting: RestingConnections, monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind another process that writes to SQLite: SQLAlchemy's Connection would never again begin by itself."""
    def refuse(*_: Any) -> None:
        raise OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked"))

    one_read(app)
    with monkeypatch.context() as patch, pytest.raises(OperationalError):
        patch.setattr(connections, "begin_by_driver", refuse)
        write(app, is_in_transaction)
    assert checked_out(db.engine) == 0
    write(app, is_in_transaction)
    assert titles(app) == ["Toys"]


def test_who_writes_outside_of_requests_gives_back_the_one_it_had(app: Flask, resting: RestingConnections) -> None:
    one_read(app)
    with app.app_context(), unit_of_work(SYSTEM) as work:
        work.insert(Category(title="Toys"))
        work.flush()
        assert checked_out(db.engine) == 1
        work.commit()
    assert checked_out(db.engine) == 0


def reading_connections() -> int:
    with reading():
        return checked_out(db.engine)


def test_a_thread_never_has_two(app: Flask, resting: RestingConnections) -> None:
    most, threads, together = 0, 3, Barrier(3)

    def note(*_: Any) -> None:
        nonlocal most
        most = max(most, checked_out(db.engine))

    def work_on(number: int) -> None:
        together.wait()
        for turn in range(12):
            one_read(app)
            if (turn + number) % 3 == 0:
                with a_request(app), unit_of_work(SYSTEM) as work:
                    reading_connections()
                    work.insert(Category(title=f"Toys {number} {turn}"))
                    work.flush()
                    work.commit()

    event.listen(db.engine, "checkout", note)
    try:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work_on, range(threads)))
    finally:
        event.remove(db.engine, "checkout", note)
    assert 1 <= most <= threads


def test_one_that_is_in_a_transaction_goes_back(app: Flask, resting: RestingConnections) -> None:
    with a_request(app), reading() as connection:
        connection.execute(text("SELECT 1"))
        assert connection.in_transaction()
    assert checked_out(db.engine) == 0


def test_a_second_end_of_the_reads_does_nothing(app: Flask, resting: RestingConnections) -> None:
    with a_request(app):
        with reading():
            pass
        close_reading()
        assert "reading" not in g
    assert checked_out(db.engine) == 1


@pytest.mark.once("opens a SQLite file of its own in either pass")
def test_one_that_rested_long_is_looked_at_by_the_pool(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    resting, connection = RestingConnections(), engine.connect()
    driver = driver_of(connection)
    resting.rest(connection)
    driver.close()
    monkeypatch.setattr(resting_connections, "REST_SECONDS", 0.0)
    monkeypatch.setattr(connections, "REST_SECONDS", 0.0)

    assert resting.take() is None
    with engine.connect() as anew:
        assert driver_of(anew) is not driver
        assert anew.execute(text("SELECT 1")).scalar_one() == 1


@pytest.mark.once("opens a SQLite file of its own in either pass")
def test_the_pool_knows_since_when_one_rested(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    resting, connection = RestingConnections(), engine.connect()
    monkeypatch.setattr("app.data.resting_connections.time.monotonic", lambda: 1000.0)
    resting.rest(connection)
    notes = connection.info
    monkeypatch.setattr("app.data.resting_connections.time.monotonic", lambda: 1001.5)

    assert resting.take() is None
    assert notes["rests_since"] == 1000.0
    assert checked_out(engine) == 0


@pytest.mark.once("opens a SQLite file of its own in either pass")
def test_when_one_was_found_dead_all_go_back(engine: Engine) -> None:
    resting, sound, dead = RestingConnections(), engine.connect(), engine.connect()
    resting.rest(sound)
    dead.invalidate()
    resting.rest(dead)

    assert sound.closed
    assert dead.closed
    assert resting.take() is None
    assert checked_out(engine) == 0


@pytest.mark.once("opens a SQLite file of its own in either pass")
def test_one_that_was_closed_is_not_kept(engine: Engine) -> None:
    resting, connection = RestingConnections(), engine.connect()
    connection.close()
    resting.rest(connection)
    assert resting.take() is None
