"""What libpq reads by statements it has prepared is what psycopg reads; whatever it cannot answer, psycopg is asked."""
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from flask import Flask, copy_current_request_context
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
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError, ProgrammingError

from app.actor import system_actor
from app.data.driver import change_by_driver, rows_by_driver
from app.data.entity import db
from app.data.entity_inserts import complete_entities, insert_entities
from app.data.libpq import answer_of_libpq
from app.data.reads.prepared import fetch_prepared
from app.data.unit_of_work import unit_of_work
from blueprints.marketplace.category_management.models import Category
from tests.app.data.test_entity_inserts import entity_of, models, values_of
from tests.components import wait_until
from tests.concurrency.in_between import somebody_waits

pytestmark = pytest.mark.postgresql
PROBE = Table("libpq_probe", MetaData(), Column("id", Integer), Column("said", String))
BY_ID = select(PROBE.c.id, PROBE.c.said).where(PROBE.c.id == bindparam("id"))

OF_PROBE = "SELECT libpq_probe"


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


def names_known(connection: Connection, begin: str = "") -> list[str]:
    """The names of our statements that begin so."""
    ours = "SELECT name FROM pg_prepared_statements WHERE name LIKE 'guildhall%%' AND starts_with(statement, %s)"
    found = driver_of(connection).execute(ours, (begin,))
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
    assert names_known(connection, OF_PROBE) == []
    for id_, rows in ((1, [(1, "so")]), (2, []), (1, [(1, "so")])):
        assert list(fetch_prepared(connection, BY_ID, {"id": id_})) == rows
    assert len(names_known(connection, OF_PROBE)) == 1


def test_outside_of_requests_nothing_is_prepared(connection: Connection) -> None:
    """A job or a command of the terminal is ended by a signal, which could not interrupt libpq."""
    with ThreadPoolExecutor(1) as pool:  # its threads serve no request
        for _ in range(3):
            assert list(pool.submit(fetch_prepared, connection, BY_ID, {"id": 1}).result()) == [(1, "so")]
    assert names_known(connection, OF_PROBE) == []


def test_what_the_server_forgot_is_prepared_anew(connection: Connection) -> None:
    three_times(connection, BY_ID, {"id": 1})
    driver_of(connection).execute("DEALLOCATE ALL")
    assert three_times(connection, BY_ID, {"id": 1}) == [[(1, "so")]] * 3
    assert len(names_known(connection, OF_PROBE)) == 1


def test_a_table_that_is_another_one_now_is_read_as_it_is(connection: Connection) -> None:
    three_times(connection, BY_ID, {"id": 1})
    driver_of(connection).execute("ALTER TABLE libpq_probe ALTER COLUMN said TYPE integer USING 7")
    assert three_times(connection, BY_ID, {"id": 1}) == [[(1, 7)]] * 3


def test_inside_a_transaction_libpq_sees_what_was_written(connection: Connection) -> None:
    three_times(connection, BY_ID, {"id": 1})
    driver_of(connection).execute("BEGIN")
    driver_of(connection).execute("INSERT INTO libpq_probe VALUES (2, 'unseen')")
    assert three_times(connection, BY_ID, {"id": 2}) == [[(2, "unseen")]] * 3
    driver_of(connection).execute("ROLLBACK")
    assert list(fetch_prepared(connection, BY_ID, {"id": 2})) == []


def test_what_cannot_be_prepared_is_asked_by_psycopg_each_time(connection: Connection) -> None:
    assert [answer_of_libpq(connection, "SELECT nothing_of_the_kind", {}) for _ in range(4)] == [None] * 4
    assert fetch_prepared(connection, BY_ID, {"id": 1}) == [(1, "so")]


@pytest.fixture
def writing(connection: Connection) -> Connection:
    """The same connection, for transactions, in which ids are taken once."""
    driver_of(connection).execute("CREATE UNIQUE INDEX uq_libpq_probe ON libpq_probe (id)")
    return connection.execution_options(reads_only=False)


def add(connection: Connection, *ids: int) -> list[int]:
    """Add rows with these ids, each by a statement of its own; returns how many rows each says it met."""
    statement = "INSERT INTO libpq_probe VALUES (%(id)s::INTEGER, %(said)s::VARCHAR)"
    return [change_by_driver(connection, statement, {"id": id_, "said": "more"}) for id_ in ids]


def test_changes_are_made_and_counted(writing: Connection) -> None:
    assert add(writing, 2, 3, 4) == [1, 1, 1]
    wholly = "UPDATE libpq_probe SET said = '100 %%' WHERE id > %(id)s"
    assert [change_by_driver(writing, wholly, {"id": id_}) for id_ in (0, 1, 2, 9)] == [4, 3, 2, 0]
    writing.commit()
    assert rows_by_driver(writing, "SELECT DISTINCT said FROM libpq_probe", ()) == [("100 %",)]


@pytest.mark.parametrize("before", [0, 1, 2], ids=["by-psycopg", "when-it-is-prepared", "prepared"])
def test_what_the_server_refuses_is_named_and_ends_the_transaction(writing: Connection, before: int) -> None:
    add(writing, *range(10, 10 + before))
    with pytest.raises(IntegrityError) as refused:
        add(writing, 1)
    assert refused.value.orig.diag.constraint_name == "uq_libpq_probe"  # which the refusal is made of
    with pytest.raises(InternalError):
        add(writing, 20)
    writing.rollback()
    assert add(writing, 20, 21, 22) == [1, 1, 1]


def test_a_statement_that_can_be_prepared_no_more_is_refused_within_the_transaction(writing: Connection) -> None:
    add(writing, 2)
    driver_of(writing).execute("ALTER TABLE libpq_probe RENAME TO another")
    with pytest.raises(ProgrammingError, match="libpq_probe"):
        add(writing, 3)


@pytest.mark.parametrize("how", ["rollback", "part", "table", "all"])
def test_what_the_server_forgets_is_prepared_anew_before_a_transaction_needs_it(
        writing: Connection, how: str) -> None:
    """psycopg has it forget all that is prepared, once it has prepared something itself."""
    for ids in ((2, 3, 4), (5, 6, 7), (8, 9, 10)):
        add(writing, *ids)
        driver_of(writing).execute("SELECT 1", prepare=True)
        if how == "part":
            part = writing.begin_nested()
            add(writing, 11)
            part.rollback()
            assert names_known(writing) == []
            add(writing, 12 + ids[0], 13 + ids[0], 14 + ids[0])
        if how == "rollback":
            writing.rollback()
            assert names_known(writing) == []
        writing.commit()
        if how == "table":
            driver_of(writing).execute("DROP TABLE IF EXISTS nothing_of_the_kind")
        if how == "all":
            driver_of(writing).execute("DISCARD PLANS; DEALLOCATE ALL")
    assert add(writing, 30, 31, 32) == [1, 1, 1]


def test_numbers_of_all_sizes_are_parameters_of_one_statement(connection: Connection) -> None:
    for id_ in (1, 70_000, 2**30, 1):
        fetch_prepared(connection, BY_ID, {"id": id_})
    assert len(names_known(connection, OF_PROBE)) == 1


def test_who_waits_for_a_lock_keeps_nobody_from_giving_it_back(app: Flask) -> None:
    """libpq waits without the interpreter, which the thread that has the lock needs."""
    locking, values = "SELECT id FROM marketplace_category WHERE id = %(id)s FOR UPDATE", {"id": stored_category()}
    with app.test_request_context(), db.engine.connect() as holding, db.engine.connect() as waiting:
        for _ in range(3):
            rows_by_driver(waiting, locking, values)
            waiting.commit()
        driver_of(waiting).execute("SET lock_timeout = '20s'")  # or nobody would ever go on
        rows_by_driver(holding, locking, values)
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(copy_current_request_context(partial(rows_by_driver, waiting, locking, values)))
            wait_until(somebody_waits, "the lock is waited for", every=0.005)
            holding.rollback()
            assert coming.result() == [(values["id"],)]
        waiting.invalidate()


def stored_category() -> str:
    with unit_of_work(system_actor("marketplace")) as work:
        category = work.insert(Category(title="Toys"))
        work.commit()
    return category.id


def test_every_data_object_is_inserted_as_psycopg_inserts_it(app: Flask) -> None:
    for model in models():
        with app.test_request_context(), db.engine.connect() as connection:
            stored = []
            for _ in range(3):
                new = entity_of(model, filled=True)
                complete_entities([new])
                insert_entities(connection, [new])
                query = text(f"DELETE FROM {model.__tablename__} WHERE id = :id RETURNING *")
                stored.append(dict(connection.execute(query, {"id": new.id}).mappings().one()))
            assert len(names_known(connection, f"INSERT INTO {model.__tablename__} (")) == 1
            assert stored[0] == stored[1] == stored[2]


def test_a_connection_that_is_gone_is_said_so(connection: Connection) -> None:
    three_times(connection, BY_ID, {"id": 1})
    with db.engine.connect() as other:
        other.execute(text(f"SELECT pg_terminate_backend({driver_of(connection).info.backend_pid}, 5000)"))
    with pytest.raises(OperationalError):
        fetch_prepared(connection, BY_ID, {"id": 1})
    assert connection.invalidated
