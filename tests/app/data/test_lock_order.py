"""Locks are taken in one order that the models name, and only through the unit of work (app/data/lock_order.py)."""
import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.actor import system_actor
from app.data.due_work import DueWork
from app.data.entity import Base, Entity
from app.data.lock_order import LockOrderError
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import NotFound
from app.identity.sessions import LoginSession
from app.jobs.models import JobRun
from blueprints.marketplace.category_management import commands
from blueprints.marketplace.category_management.models import Category, Subcategory

SYSTEM = system_actor("marketplace")
HOME = Path(__file__).parents[3]
DATABASE_WORK = {"begin_nested", "scoped_session", "sessionmaker", "writing_engine"}
"""What opens or divides a transaction past the unit of work."""
OWN_DATABASES = HOME / "blueprints" / "organization"  # each tenant has its own, behind a port


@pytest.fixture
def subcategory(app: Flask) -> Subcategory:
    category = commands.create_category(SYSTEM, title="Toys")
    return commands.create_subcategory(SYSTEM, category_id=category.id, name="Cars", group="MORE")


def models() -> list[type[Base]]:
    return [mapper.class_ for mapper in Base.registry.mappers]


def test_a_data_object_that_names_no_realm_does_not_come_into_being() -> None:
    with pytest.raises(TypeError, match="Nameless must name its realm"):
        class Nameless(Entity):
            __tablename__ = "nameless"
            __service__ = "test"
            __object__ = "nameless"
    assert "nameless" not in Base.metadata.tables


def test_every_data_object_names_its_realm_and_its_lock_rank(app: Flask) -> None:
    entities = [model for model in models() if issubclass(model, Entity)]
    assert len(entities) > 10
    for model in entities:
        assert hasattr(model, "realm") or model.__realm__ in ("marketplace", "network"), model
        assert model.__lock_rank__ is not None, model


def test_no_two_models_of_one_realm_share_a_lock_rank(app: Flask) -> None:
    """Those of the kernel's own tables are nobody else's, in no realm."""
    taken: dict[tuple[str, int], type[Base]] = {}
    for model in models():
        if model.__lock_rank__ is not None:
            realms = [model.__realm__] if hasattr(model, "__realm__") else ["marketplace", "network"]
            for realm in realms:
                rival = taken.setdefault((realm, model.__lock_rank__), model)
                assert rival is model, f"{rival.__name__} and {model.__name__}"


BACKWARDS: dict[str, Callable[[UnitOfWork, str], object]] = {
    "lock": lambda work, id: work.lock(Category, id),
    "find": lambda work, id: work.find(Category, Category.id == id, lock=True),
    "first": lambda work, id: work.first(select(Category).where(Category.id == id), lock=True),
    "all": lambda work, id: work.all(select(Category).where(Category.id == id), lock=True),
    "share": lambda work, id: work.share(select(Category).where(Category.id == id)),
    "rows": lambda work, id: work.rows(select(Category.id).where(Category.id == id).with_for_update()),
    "execute": lambda work, id: work.execute(select(Category.id).with_for_update())}


@pytest.mark.parametrize("verb", BACKWARDS)
def test_locking_against_the_order_is_refused_by_every_verb(subcategory: Subcategory, verb: str) -> None:
    with pytest.raises(LockOrderError, match="Category must be locked before Subcategory"), \
            unit_of_work(SYSTEM) as work:
        work.lock(Subcategory, subcategory.id)
        BACKWARDS[verb](work, subcategory.category_id)


def test_the_order_holds_for_rows_that_are_no_data_objects(subcategory: Subcategory) -> None:
    with pytest.raises(LockOrderError, match="Subcategory must be locked before DueWork"), \
            unit_of_work(SYSTEM) as work:
        work.first(select(DueWork), lock=True)
        work.lock(Subcategory, subcategory.id)


@pytest.mark.parametrize("model", [LoginSession, JobRun])
def test_a_model_without_a_rank_cannot_be_locked(app: Flask, model: type[Base]) -> None:
    with pytest.raises(LockOrderError, match=f"{model.__name__} names no __lock_rank__"), unit_of_work(SYSTEM) as work:
        work.first(select(model), lock=True)


def test_a_row_that_is_held_already_may_be_asked_for_again_and_keeps_its_changes(subcategory: Subcategory) -> None:
    with unit_of_work(SYSTEM) as work:
        category = work.change(work.lock(Category, subcategory.category_id), title="Games")
        work.lock(Subcategory, subcategory.id)
        assert work.lock(Category, subcategory.category_id) is category
        assert category.title == "Games"
        with pytest.raises(LockOrderError):
            work.lock(Category, "another")
        work.commit()


def test_an_archived_row_is_locked_only_for_who_asks_for_archived_ones_too(subcategory: Subcategory) -> None:
    commands.delete_subcategory(SYSTEM, subcategory.id)
    with unit_of_work(SYSTEM) as work:
        with pytest.raises(NotFound):
            work.lock(Subcategory, subcategory.id)
        assert work.lock(Subcategory, subcategory.id, archived_too=True).name == "Cars"


def test_services_and_terminal_never_touch_the_session_of_a_unit_of_work() -> None:
    found = [f"{path.relative_to(HOME)}:{line} {name}" for path, line, name in _database_work()]
    assert found == []


def _database_work() -> Iterator[tuple[Path, int, str]]:
    for path in [*HOME.glob("blueprints/**/*.py"), *HOME.glob("cli/**/*.py")]:
        if OWN_DATABASES in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and _is_a_session(node):
                yield path, node.lineno, ast.unparse(node)
            if isinstance(node, ast.ImportFrom) and node.module in ("sqlalchemy.orm", "app.data.connections",
                                                                       "app.data.sqlite_write_lock"):
                for name in node.names:
                    if name.name in {*DATABASE_WORK, "Session", "transaction"}:
                        yield path, node.lineno, name.name


def _is_a_session(node: ast.Attribute) -> bool:
    """`party.session` is a login; a session of the database is private, or hangs on a unit of work or the database."""
    of_database = isinstance(node.value, ast.Name) and node.value.id in ("work", "outer", "inner", "db")
    return node.attr in {*DATABASE_WORK, "_session"} or (node.attr in ("session", "connection") and of_database)
