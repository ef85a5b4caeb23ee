"""Reads on the driver itself, and pooled connections that died while they rested."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, literal_column, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from app.actor import system_actor
from app.data import connections
from app.data.connections import reading
from app.data.reads import Page, get_row, list_rows
from app.data.reads.prepared import fetch_prepared
from blueprints.marketplace.category_management.commands import create_category
from blueprints.marketplace.category_management.models import Category

Counting = Callable[[], AbstractContextManager[list[str]]]


def test_what_the_driver_cannot_run_is_sqlalchemys_to_name(app: Flask) -> None:
    with reading() as connection, pytest.raises(DBAPIError):
        fetch_prepared(connection, select(text("nothing_of_this_name")), {})


def test_a_listener_sees_the_statement_of_a_prepared_read(app: Flask, count_statements: Counting) -> None:
    made = create_category(system_actor("marketplace"), title="Watches")

    with count_statements() as statements:
        get_row(Category, made.id)

    assert len(statements) == 1


def test_a_read_answers_the_same_whether_or_not_somebody_listens(app: Flask, count_statements: Counting) -> None:
    made = create_category(system_actor("marketplace"), title="Watches", subtitle="Ein „Zitat“ ' ; --")

    with count_statements():
        listened = [get_row(Category, made.id), list_rows(Category, Page()).rows]

    assert [get_row(Category, made.id), list_rows(Category, Page()).rows] == listened


def test_the_rows_of_a_page_are_those_asked_for(app: Flask) -> None:
    ids = [create_category(system_actor("marketplace"), title=f"Category {number}").id for number in range(5)]

    pages = [[row["id"] for row in list_rows(Category, Page(number, 2)).rows] for number in (1, 2, 3)]

    assert pages == [ids[:2], ids[2:4], ids[4:]]


@pytest.mark.once("opens a SQLite file of its own in either pass")
def test_a_connection_that_died_while_it_rested_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/rest.db", poolclass=QueuePool)
    connections.ping_idle_connections(engine)
    with engine.connect() as connection:
        driver = connection.connection.dbapi_connection
    driver.close()
    monkeypatch.setattr(connections, "REST_SECONDS", 0.0)

    with engine.connect() as connection:
        assert connection.execute(select(literal_column("1"))).scalar_one() == 1

    engine.dispose()
