"""A row read and changed without the ORM's session is the one the ORM would know and write, and is locked as by it."""
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, bindparam, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, class_mapper

from app.actor import system_actor
from app.data.changes import former_values
from app.data.connections import writing_engine
from app.data.driver import rows_by_driver
from app.data.entity import Entity
from app.data.entity_inserts import complete_entities, insert_entities
from app.data.entity_loads import load_entities
from app.data.entity_updates import update_entity
from app.data.expected_version import expecting
from app.data.ids import uuid7
from app.data.reads import get_row
from app.data.unit_of_work import unit_of_work
from app.errors import DuplicateRecord, PreconditionFailed, RuleViolated
from blueprints.marketplace.category_management.models import Category
from tests.app.data.test_entity_inserts import entity_of, models, told

SYSTEM = system_actor("marketplace")
OF_TITLE = select(Category).where(Category.title == bindparam("title"))


def add(title: str) -> str:
    with unit_of_work(SYSTEM) as work:
        category = work.insert(Category(title=title))
        work.commit()
    return category.id


def stored(category_id: str) -> tuple[str, int]:
    row = get_row(Category, category_id)
    return row["title"], row["recordVersion"]


def known(entity: Entity) -> dict[str, Any]:
    return {attribute.key: getattr(entity, attribute.key) for attribute in class_mapper(type(entity)).column_attrs}


def read(connection: Connection, model: type[Entity], entity_id: str) -> Entity:
    [entity] = load_entities(connection, model, select(model).where(model.id == bindparam("id_")), {"id_": entity_id},
                             {}, anew=False)
    return entity


def raw(connection: Connection, entity: Entity) -> dict[str, Any]:
    query = text(f"SELECT * FROM {entity.__tablename__} WHERE id = '{entity.id}'")
    return dict(connection.execute(query).mappings().one())


@pytest.mark.parametrize("filled", [False, True], ids=["least", "filled"])
def test_every_data_object_is_read_as_the_orm_reads_it(app: Flask, *, filled: bool) -> None:
    for model in models():
        new = entity_of(model, filled=filled)
        complete_entities([new])
        with writing_engine().connect() as connection:
            insert_entities(connection, [new])
            mine = read(connection, model, new.id)
            with Session(connection) as session:
                assert known(mine) == known(session.get_one(model, new.id))
            assert not inspect(mine).modified


def by_the_orm(connection: Connection, entity: Entity) -> None:
    with Session(connection) as session:
        session.add(entity)
        session.flush()


def by_the_driver(connection: Connection, entity: Entity) -> None:
    update_entity(connection, None, entity, frozenset(former_values(entity)))
    assert not inspect(entity).modified


def after_change(write: Callable[[Connection, Entity], None], model: type[Entity], entity_id: str) -> dict[str, Any]:
    """The row as the driver gives it once all its columns were changed from the least to the filled."""
    new, other = entity_of(model, filled=False), entity_of(model, filled=True)
    new.id = entity_id
    complete_entities([new, other])
    with writing_engine().connect() as connection:
        insert_entities(connection, [new])
        entity = read(connection, model, entity_id)
        for name, value in known(other).items():
            if name not in ("id", "record_version"):
                setattr(entity, name, value)
        write(connection, entity)
        return raw(connection, entity)


def test_every_data_object_is_changed_as_the_orm_changes_it(app: Flask) -> None:
    for model in models():
        entity_id = uuid7()
        mine, expected = (after_change(write, model, entity_id) for write in (by_the_driver, by_the_orm))
        assert mine == expected
        assert mine["record_version"] == 2


def test_a_row_that_somebody_else_has_changed_is_not_written_over(app: Flask) -> None:
    category_id = add("Toys")
    with pytest.raises(RuleViolated, match="changed by somebody else"), unit_of_work(SYSTEM) as work:
        category = work.get(Category, category_id)
        work.execute(text("UPDATE marketplace_category SET record_version = 7"))
        work.change(category, title="Games")
        work.commit()
    assert stored(category_id) == ("Toys", 1)


def test_a_row_that_takes_the_id_of_another_is_refused(app: Flask) -> None:
    category_id, taken = add("Toys"), add("Games")
    with pytest.raises(DuplicateRecord), unit_of_work(SYSTEM) as work:
        work.change(work.lock(Category, category_id), id=taken)
        work.commit()
    assert [stored(category_id), stored(taken)] == [("Toys", 1), ("Games", 1)]


def test_a_change_of_another_version_than_the_client_named_is_refused(app: Flask) -> None:
    category_id = add("Toys")
    with pytest.raises(PreconditionFailed), expecting((category_id, 2)), unit_of_work(SYSTEM) as work:
        work.change(work.lock(Category, category_id), title="Games")
        work.commit()
    assert stored(category_id) == ("Toys", 1)


def test_a_change_without_commit_is_found_out(app: Flask) -> None:
    category_id = add("Toys")
    with pytest.raises(RuntimeError, match="without commit"), unit_of_work(SYSTEM) as work:
        work.change(work.lock(Category, category_id), title="Games")
    assert stored(category_id) == ("Toys", 1)


def test_the_same_row_is_the_same_object_however_it_is_read(app: Flask) -> None:
    category_id = add("Toys")
    with unit_of_work(SYSTEM) as work:
        read_first = work.get(Category, category_id)
        assert work.all(OF_TITLE, {"title": "Toys"}) == [read_first]
        assert work.lock(Category, category_id) is read_first
        assert work.all(select(Category)) == [read_first]  # by the ORM's session, which is opened here
        assert work.get(Category, category_id) is read_first


def test_a_lock_reads_what_was_committed_since(app: Flask) -> None:
    category_id = add("Toys")
    with unit_of_work(SYSTEM) as work:
        category = work.get(Category, category_id)
        work.connection().execute(text("UPDATE marketplace_category SET title = 'Games', record_version = 2"))
        assert category.title == "Toys"
        assert work.lock(Category, category_id).title == "Games"
        work.change(category, title="Books")
        work.commit()
    assert stored(category_id) == ("Books", 3)


def test_a_row_that_was_read_and_changed_before_it_is_locked_keeps_what_was_changed(app: Flask) -> None:
    category_id = add("Toys")
    with unit_of_work(SYSTEM) as work:
        work.change(work.get(Category, category_id), title="Games")
        assert work.lock(Category, category_id).title == "Games"
        work.commit()
    assert stored(category_id) == ("Games", 2)


@pytest.mark.parametrize("open_session", [False, True], ids=["without-session", "with-session"])
def test_a_row_is_changed_twice_and_told_each_time(app: Flask, *, open_session: bool) -> None:
    category_id = add("Toys")
    with unit_of_work(SYSTEM) as work:
        category = work.lock(Category, category_id)
        for title in ("Games", "Books"):
            if open_session:
                assert work.all(select(Category)) == [category]
            work.change(category, title=title)
            work.flush()
        work.commit()
    assert stored(category_id) == ("Books", 3)
    assert told() == ["category-created", "category-updated", "category-updated"]


def test_new_and_changed_rows_are_told_new_ones_first_and_a_freed_value_can_be_taken(app: Flask) -> None:
    category_id = add("Toys")
    with unit_of_work(SYSTEM) as work:
        work.change(work.lock(Category, category_id), title="Games")
        work.insert(Category(title="Books"))
        work.commit()
    assert told() == ["category-created", "category-created", "category-updated"]


def test_a_refused_attempt_leaves_what_was_written_before_it(app: Flask) -> None:
    category_id = add("Toys")
    with unit_of_work(SYSTEM) as work:
        category = work.lock(Category, category_id)
        work.change(category, title="Games")
        with pytest.raises(RuleViolated), work.attempt():
            work.change(category, title="Books")
            work.flush()
            raise RuleViolated("Refused", "half-way")
        assert category.title == "Games"
        work.change(category, title="Maps")
        work.commit()
    assert stored(category_id) == ("Maps", 3)


def test_what_the_database_refuses_is_named_as_sqlalchemy_names_it(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        with pytest.raises(DBAPIError), work.attempt():
            rows_by_driver(work.connection(), "SELECT nothing FROM nowhere", ())
        work.commit()
