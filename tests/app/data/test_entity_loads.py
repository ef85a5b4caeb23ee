"""Rows read on the driver, by one unit of work and with others in between: what the ORM's session would have given."""
from datetime import timedelta
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from app.clock import now
from app.data.connections import writing_engine
from app.data.driver import rows_by_driver
from app.data.entity import Entity
from app.data.entity_inserts import complete_entities, insert_entities
from app.data.entity_updates import _update
from app.data.held import Viewer
from app.data.reads import fetch, get_row
from app.data.unit_of_work import unit_of_work
from blueprints.marketplace.category_management.models import Category
from tests.app.data.test_entity_inserts import entity_of, models, told
from tests.app.data.test_entity_updates import OF_TITLE, SYSTEM, add, known, stored

TITLED = {"title": "Toys"}


def change_in_between(connection: Connection, title: str) -> None:
    """Change every category as another transaction would, unseen by the unit of work."""
    connection.execute(text(f"UPDATE marketplace_category SET title = '{title}', record_version = 2"))


def test_a_row_that_was_given_its_own_value_before_the_lock_is_not_changed_by_that(app: Flask) -> None:
    category_id = add("Toys")
    with unit_of_work(SYSTEM) as work:
        category = work.get(Category, category_id)
        category.title = "Toys"
        change_in_between(work.connection(), "Games")
        assert work.lock(Category, category_id).title == "Games"
        work.commit()
    assert stored(category_id) == ("Games", 2)
    assert told() == ["category-created"]


def test_a_row_that_nobody_has_kept_is_read_anew(app: Flask) -> None:
    category_id = add("Toys")
    with unit_of_work(SYSTEM) as work:
        assert work.get(Category, category_id).title == "Toys"
        change_in_between(work.connection(), "Games")
        category = work.get(Category, category_id)
        assert category.title == "Games"
        work.change(category, title="Books")
        work.commit()
    assert stored(category_id) == ("Books", 3)


def test_a_row_that_is_kept_or_changed_stays_as_it_is(app: Flask) -> None:
    category_id, other_id = add("Toys"), add("Maps")
    with unit_of_work(SYSTEM) as work:
        category = work.get(Category, category_id)
        work.change(work.get(Category, other_id), title="Atlases")
        change_in_between(work.connection(), "Games")
        assert work.get(Category, category_id) is category
        assert category.title == "Toys"
        assert work.get(Category, other_id).title == "Atlases"
        work.rollback()


def test_a_row_that_is_found_twice_is_one_object(app: Flask) -> None:
    add("Toys"), add("Maps")
    other = Category.__table__.alias()
    of_each = OF_TITLE.join(other, other.c.id != bindparam("none"))
    with unit_of_work(SYSTEM) as work:
        one, same = work.all(of_each, TITLED | {"none": "none"})
        assert one is same


def test_a_query_may_have_values_of_its_own_and_moments(app: Flask) -> None:
    category_id = add("Toys")
    for query, values in (
            (OF_TITLE.limit(1), TITLED), (OF_TITLE.where(Category.id == category_id), TITLED),
            (OF_TITLE.where(Category.created_at < bindparam("before")), TITLED | {"before": now() + timedelta(days=1)}),
            (select(Category).where(Category.title.in_(bindparam("titles", expanding=True))), {"titles": ["Toys"]})):
        with unit_of_work(SYSTEM) as work:
            assert [category.id for category in work.all(query, values)] == [category_id]


def test_very_many_rows_are_locked_and_changed(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        ids = [work.insert(Category(title="Toys")).id for _ in range(70)]
        work.commit()
    with unit_of_work(SYSTEM) as work:
        rows = [work.lock(Category, category_id) for category_id in ids]
        for row in (rows[0], rows[-1]):
            work.change(row, title="Games")
        work.commit()
    assert [row.id for row in fetch(select(Category.id).where(Category.title == "Games").order_by(Category.id))] == [
        ids[0], ids[-1]]


def test_statements_of_changes_are_kept_for_so_many_sets_of_columns_only(app: Flask) -> None:
    assert _update.cache_info().maxsize is not None  # a client chooses the columns of a PATCH


def test_what_is_refused_while_rows_are_fetched_is_named_as_sqlalchemy_names_it(app: Flask) -> None:
    second_is_too_big = "SELECT abs(n) FROM (SELECT 1 AS n UNION ALL SELECT -9223372036854775807 - 1) AS numbers"
    with writing_engine().connect() as connection, pytest.raises(DBAPIError):
        rows_by_driver(connection, second_is_too_big, ())


def filled(model: type[Entity]) -> dict[str, Any]:
    new = entity_of(model, filled=True)
    return {name: value for name, value in known(new).items()
            if name not in ("id", "record_version", "is_active", "created_at", "updated_at", "realm", "held")}


def test_the_record_of_every_data_object_has_the_row_as_the_database_has_it(app: Flask) -> None:
    for model in models():
        new = entity_of(model, filled=False)
        complete_entities([new])
        with writing_engine().connect() as connection:
            insert_entities(connection, [new])
            connection.commit()
        with unit_of_work(SYSTEM) as work:
            [row] = work.all(select(model).where(model.id == bindparam("id")), {"id": new.id})
            for name, value in filled(model).items():
                setattr(row, name, value)
            work.commit()
        record = orjson.loads(_last_payload())
        assert record == orjson.loads(orjson.dumps(get_row(model, new.id, viewer=Viewer(is_staff=True))))
        assert record["recordVersion"] == 2 - (not filled(model))


def _last_payload() -> str:
    with writing_engine().connect() as connection:
        return str(connection.execute(text("SELECT payload FROM outbox_record ORDER BY id DESC LIMIT 1")).scalar_one())


@pytest.mark.postgresql
@pytest.mark.parametrize("step", ["read", "change", "attempt", "commit"])
def test_a_connection_that_is_ended_behind_a_lock_loses_the_command_alone(app: Flask, step: str) -> None:
    category_id = add("Toys")
    with pytest.raises(OperationalError) as refused, unit_of_work(SYSTEM) as work:
        category = work.lock(Category, category_id)
        ended = _process_of(work.connection())
        with writing_engine().connect() as other:
            other.execute(text(f"SELECT pg_terminate_backend({ended}, 5000)"))
        if step == "read":
            work.get(Category, category_id)
        if step == "attempt":
            with work.attempt():
                work.change(category, title="Games")
        if step == "change":
            work.change(category, title="Games")
        work.commit()
    assert refused.value.connection_invalidated
    assert stored(category_id) == ("Toys", 1)
    with unit_of_work(SYSTEM) as work:
        assert _process_of(work.connection()) != ended


@pytest.mark.postgresql
def test_a_server_that_ends_every_connection_loses_no_second_command(app: Flask) -> None:
    category_id = add("Toys")
    with pytest.raises(OperationalError), unit_of_work(SYSTEM) as work:
        category = work.lock(Category, category_id)
        idle, last = [writing_engine().connect() for _ in range(2)]
        ended = [_process_of(connection) for connection in (idle, work.connection())]
        idle.close()
        for process in ended:
            last.execute(text(f"SELECT pg_terminate_backend({process}, 5000)"))
        work.change(category, title="Games")
        work.commit()
    last.invalidate()
    last.close()
    with unit_of_work(SYSTEM) as work:
        work.change(work.lock(Category, category_id), title="Games")
        work.commit()
    assert stored(category_id) == ("Games", 2)


def _process_of(connection: Connection) -> int:
    return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
