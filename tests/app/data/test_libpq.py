"""What libpq reads by statements it has prepared is what psycopg reads; whatever it cannot answer, psycopg is asked."""
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Float,
    Integer,
    MetaData,
    Numeric,
    Select,
    String,
    Table,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import OperationalError

from app.data.entity import db
from app.data.libpq import rows_by_libpq
from app.data.reads.prepared import fetch_prepared
from tests.app.data.test_entity_inserts import models, values_of

pytestmark = pytest.mark.postgresql
PROBE = Table("libpq_probe", MetaData(), Column("id", Integer), Column("said", String))
BY_ID = select(PROBE.c.id, PROBE.c.said).where(PROBE.c.id == bindparam("id"))


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    """One in autocommit, with which a request reads, and a table of its own with one row."""
    with app.test_request_context(), db.engine.connect() as opened:
        autocommit = opened.execution_options(reads_only=True)
        driver = driver_of(autocommit)
        driver.execute("CREATE TEMPORARY TABLE libpq_probe (id integer, said varchar)")
        driver.execute("INSERT INTO libpq_probe VALUES (1, 'so')")
        yield autocommit
        autocommit.invalidate()


def driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


def three_times(connection: Connection, query: Select[Any], values: dict[str, Any]) -> list[Sequence[Any]]:
    """The rows as psycopg reads them, as libpq does when it prepares the query, and when it has."""
    return [[tuple(row) for row in fetch_prepared(connection, query, values)] for _ in range(3)]


def names_known(connection: Connection) -> list[str]:
    found = driver_of(connection).execute("SELECT name FROM pg_prepared_statements WHERE name LIKE 'guildhall%'")
    return [name for (name,) in found.fetchall()]


def test_every_data_object_is_read_as_psycopg_reads_it(connection: Connection) -> None:
    for model in models():
        table: Any = model.__table__
        query = select(table).limit(bindparam("most", type_=Integer))
        for filled in (False, True):
            with db.engine.begin() as other:
                other.execute(delete(table))
                other.execute(insert(table).values(record_version=1, **values_of(model, filled=filled)))
            first, second, third = three_times(connection, query, {"most": 2})
            assert len(first) == 1
            assert first == second == third, model
            assert [list(map(type, row)) for row in first] == [list(map(type, row)) for row in third]
        with db.engine.begin() as other:
            other.execute(delete(table))


@pytest.mark.parametrize(("kind", "value"), [
    (String, "ž 'quoted' \\ %s $1"), (String, ""), (String, None), (Integer, -2**31), (Integer, 5), (Integer, None),
    (Boolean, True), (Boolean, False), (Float, 0.1), (Numeric, Decimal("12.50")),
    (DateTime(timezone=True), datetime(2026, 2, 28, 23, 59, 59, 999000, UTC))])
def test_every_kind_of_parameter_arrives(connection: Connection, kind: Any, value: Any) -> None:
    query = select(bindparam("value", type_=kind), literal_column("'50 %'"), bindparam("value", type_=kind))
    first, second, third = three_times(connection, query, {"value": value})
    assert first == second == third


def test_values_of_other_types_make_another_query_of_it(connection: Connection) -> None:
    query = select(bindparam("value"))
    for value in (1, 70_000, 2**40, "1", Decimal(1), None) * 3:
        [(found,)] = fetch_prepared(connection, query, {"value": value})
        assert found == value
        assert type(found) is type(value)


def test_a_query_is_prepared_once_when_it_is_asked_again(connection: Connection) -> None:
    assert fetch_prepared(connection, BY_ID, {"id": 1}) == [(1, "so")]
    assert names_known(connection) == []
    for id_, rows in ((1, [(1, "so")]), (2, []), (1, [(1, "so")])):
        assert list(fetch_prepared(connection, BY_ID, {"id": id_})) == rows
    assert len(names_known(connection)) == 1


def test_outside_of_requests_nothing_is_prepared(connection: Connection) -> None:
    """A job or a command of the terminal is ended by a signal, which could not interrupt libpq."""
    with ThreadPoolExecutor(1) as pool:  # its threads serve no request
        for _ in range(3):
            assert list(pool.submit(fetch_prepared, connection, BY_ID, {"id": 1}).result()) == [(1, "so")]
    assert names_known(connection) == []


def test_what_the_server_forgot_is_prepared_anew(connection: Connection) -> None:
    three_times(connection, BY_ID, {"id": 1})
    driver_of(connection).execute("DEALLOCATE ALL")
    assert three_times(connection, BY_ID, {"id": 1}) == [[(1, "so")]] * 3
    assert len(names_known(connection)) == 1


def test_a_table_that_is_another_one_now_is_read_as_it_is(connection: Connection) -> None:
    three_times(connection, BY_ID, {"id": 1})
    driver_of(connection).execute("ALTER TABLE libpq_probe ALTER COLUMN said TYPE integer USING 7")
    assert three_times(connection, BY_ID, {"id": 1}) == [[(1, 7)]] * 3


def test_inside_a_transaction_psycopg_is_asked(connection: Connection) -> None:
    three_times(connection, BY_ID, {"id": 1})
    driver_of(connection).execute("BEGIN")
    numbered = "SELECT 1"
    assert [rows_by_libpq(connection, numbered, []) for _ in range(3)] == [None] * 3
    driver_of(connection).execute("INSERT INTO libpq_probe VALUES (2, 'unseen')")
    assert fetch_prepared(connection, BY_ID, {"id": 2}) == [(2, "unseen")]
    driver_of(connection).execute("ROLLBACK")
    assert list(fetch_prepared(connection, BY_ID, {"id": 2})) == []


def test_what_cannot_be_prepared_is_asked_by_psycopg_each_time(connection: Connection) -> None:
    assert [rows_by_libpq(connection, "SELECT nothing_of_the_kind", []) for _ in range(4)] == [None] * 4
    assert fetch_prepared(connection, BY_ID, {"id": 1}) == [(1, "so")]


def test_a_connection_that_is_gone_is_said_so(connection: Connection) -> None:
    three_times(connection, BY_ID, {"id": 1})
    with db.engine.connect() as other:
        other.execute(text(f"SELECT pg_terminate_backend({driver_of(connection).info.backend_pid}, 5000)"))
    with pytest.raises(OperationalError):
        fetch_prepared(connection, BY_ID, {"id": 1})
    assert connection.invalidated
