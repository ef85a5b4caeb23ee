"""A row inserted without the ORM's flush is the one the ORM would have written, and the unit of work knows it after."""
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session, class_mapper

from app.actor import system_actor
from app.clock import now
from app.data.connections import writing_engine
from app.data.entity import Base, Entity
from app.data.entity_inserts import complete_entities, insert_entities
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.errors import DuplicateRecord
from blueprints.marketplace.category_management.commands import create_category
from blueprints.marketplace.category_management.models import Category, Subcategory
from tests.flow import everything_sent

SYSTEM = system_actor("marketplace")
MOMENT = now()
VALUES: dict[str, Any] = {"id": uuid7(), "string": "GBP", "text": "text", "instant": MOMENT, "money": 5,
                          "boolean": False, "integer": 3, "number": 1.5, "object": {"a": [1, None]}, "ids": [uuid7()],
                          "link": "https://x.example/y", "texts": ["text", "a, b"], "links": ["https://x.example/y"],
                          "objects": [{"a": [1, None]}]}


def models() -> list[type[Entity]]:
    return [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Entity)]


def values_of(model: type[Entity], *, filled: bool) -> dict[str, Any]:
    """A value for every column that demands one; `filled`: for every column."""
    values = {"created_at": MOMENT, "updated_at": MOMENT}
    for attribute in class_mapper(model).column_attrs:
        column = attribute.columns[0]
        if attribute.key not in ("record_version", "created_at", "updated_at") and (
                filled or not (column.nullable or column.default is not None)):
            kind = column.info["kind"]
            values[attribute.key] = column.info["options"][-1] if kind == "choice" else VALUES[kind]
    return values


def entity_of(model: type[Entity], *, filled: bool) -> Entity:
    """A row whose values are set one by one, as SQLAlchemy's own constructor does."""
    entity = model()
    for name, value in values_of(model, filled=filled).items():
        setattr(entity, name, value)
    return entity


def loaded(entity: Entity) -> dict[str, Any]:
    """What the row knows of itself."""
    return {name: value for name, value in vars(entity).items() if name != "_sa_instance_state"}


def told() -> list[str]:
    """What the dbevents of categories and subcategories say, in order."""
    mark = "-categorymanagement-service-dbevent-"
    return [event.topic.partition(mark)[2] for event in everything_sent() if mark in event.topic]


def by_the_orm(connection: Connection, entity: Entity) -> None:
    with Session(connection) as session:
        session.add(entity)
        session.flush()


def stored(insert: Callable[[Connection], None], model: type[Entity]) -> dict[str, Any]:
    """The one row as the driver gives it, after an insert that is rolled back."""
    with writing_engine().connect() as connection:
        connection.execute(text(f"DELETE FROM {model.__tablename__}"))
        insert(connection)
        return dict(connection.execute(text(f"SELECT * FROM {model.__tablename__}")).mappings().one())


@pytest.mark.parametrize("filled", [False, True], ids=["least", "filled"])
def test_every_data_object_is_stored_as_the_orm_stores_it(app: Flask, *, filled: bool) -> None:
    for model in models():
        values = values_of(model, filled=filled)
        theirs, made, ours = entity_of(model, filled=filled), model(**values), model(**values)
        assert loaded(made) == loaded(theirs)
        complete_entities([ours])
        expected = stored(lambda connection, row=theirs: by_the_orm(connection, row), model)
        assert stored(lambda connection, row=made: by_the_orm(connection, row), model) == expected
        assert stored(lambda connection, row=ours: insert_entities(connection, [row]), model) == expected
        known = vars(ours)
        assert {attribute.key for attribute in class_mapper(model).column_attrs} <= known.keys()
        assert known["record_version"] == 1


def test_a_new_row_is_not_given_what_its_class_has_not() -> None:
    with pytest.raises(TypeError, match="'titel' is no attribute of Category"):
        Category(titel="Toys")


def test_a_row_with_a_taken_id_is_refused_among_many(app: Flask) -> None:
    taken = uuid7()
    with pytest.raises(DuplicateRecord), unit_of_work(SYSTEM) as work:
        for id_, title in ((uuid7(), "Toys"), (taken, "Books"), (taken, "Again")):
            work.insert(Category(id=id_, title=title))
        work.commit()
    assert fetch(select(Category.title)) == []


def test_a_refused_row_can_be_inserted_anew_after_its_attempt(app: Flask) -> None:
    toys, again = Category(id=uuid7(), title="Toys"), uuid7()
    with unit_of_work(SYSTEM) as work:
        work.insert(Category(id=again, title="Books"))
        with pytest.raises(DuplicateRecord), work.attempt():
            work.insert(toys)
            work.flush()
            work.insert(Category(id=again, title="Again"))
            work.flush()
        work.insert(toys)
        work.commit()
    assert [row.title for row in fetch(select(Category.title).order_by(Category.title))] == ["Books", "Toys"]
    assert told() == ["category-created", "category-created"]


def test_rows_of_several_models_can_be_inserted_anew_after_a_refused_flush(app: Flask) -> None:
    toys, taken = Category(id=uuid7(), title="Toys"), uuid7()
    with unit_of_work(SYSTEM) as work:
        work.insert(Subcategory(id=taken, category_id=uuid7(), name="Cars", group="MORE"))
        with pytest.raises(DuplicateRecord), work.attempt():
            work.insert(toys)
            work.insert(Subcategory(id=taken, category_id=toys.id, name="Again", group="MORE"))
        work.insert(toys)
        work.commit()
    assert told() == ["subcategory-created", "category-created"]


def test_a_row_that_was_changed_in_a_refused_attempt_keeps_its_values(app: Flask) -> None:
    toys = Category(title="Toys")
    with unit_of_work(SYSTEM) as work:
        with pytest.raises(KeyError), work.attempt():
            work.insert(toys)
            work.flush()
            work.change(toys, title="Games")
            work.flush()
            raise KeyError
        work.insert(toys)
        work.commit()
    assert [(row.title, row.record_version) for row in fetch(select(Category.title, Category.record_version))] == [
        ("Games", 1)]


def test_a_row_of_a_refused_attempt_is_not_inserted_later(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        with pytest.raises(KeyError), work.attempt():
            work.insert(Category(title="Toys"))
            raise KeyError
        work.commit()
    assert fetch(select(Category.title)) == []


def test_a_row_that_is_changed_after_its_insert_is_updated(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        toys = work.insert(Category(title="Toys"))
        work.flush()
        work.change(toys, title="Games")
        work.commit()
    assert [(row.title, row.record_version) for row in fetch(select(Category.title, Category.record_version))] == [
        ("Games", 2)]
    assert told() == ["category-created", "category-updated"]


def test_an_inserted_row_is_found_as_the_same_object(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        toys = work.insert(Category(title="Toys"))
        work.flush()
        books = work.insert(Category(title="Books"))
        assert work.lock(Category, toys.id) is toys
        work.flush()
        assert work.get(Category, books.id) is books
        work.archive(books)
        work.commit()
    assert [row.title for row in fetch(select(Category.title).where(Category.is_active))] == ["Toys"]


def test_new_rows_of_several_models_are_told_in_the_order_of_their_inserts(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        toys = work.insert(Category(id=uuid7(), title="Toys"))
        work.insert(Subcategory(category_id=toys.id, name="Cars", group="MORE"))
        work.insert(Category(title="Books"))
        work.commit()
    assert told() == ["category-created", "subcategory-created", "category-created"]


def test_a_settled_row_is_known_at_once_and_inserted_by_the_next_statement(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        toys = work.insert(Category(title="Toys"))
        work.settle()
        assert orjson.loads(work.json_of(toys))["recordVersion"] == 1
        assert work.get(Category, toys.id) is toys
        work.commit()
    assert told() == ["category-created"]


def test_a_settled_row_with_a_taken_id_is_refused_at_the_commit(app: Flask) -> None:
    taken = create_category(SYSTEM, title="Toys").id
    with pytest.raises(DuplicateRecord), unit_of_work(SYSTEM) as work:
        work.insert(Category(id=taken, title="Books"))
        work.settle()
        work.commit()
    assert [row.title for row in fetch(select(Category.title))] == ["Toys"]


def test_a_command_that_has_only_asked_keeps_no_writer_waiting(app: Flask) -> None:
    def write() -> str:
        with app.app_context():
            return create_category(SYSTEM, title="Books").title

    with unit_of_work(SYSTEM) as work:
        assert fetch(select(Category.title)) == []
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(write).result() == "Books"
        work.insert(Category(title="Toys"))
        work.commit()
    assert sorted(row.title for row in fetch(select(Category.title))) == ["Books", "Toys"]
