"""What the tests of commands may ask for: the flask command, and a small market to look at."""
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from click.testing import Result
    from flask import Flask

    from tests.cli.market import Market
    from tests.clients import Callers


@pytest.fixture
def run(app: "Flask") -> "Callable[..., Result]":
    """Call it with the words after `flask`; returns click's result. Nobody is named by the environment."""
    from cli import load_command

    def invoke(group: str, *words: str, **options: Any) -> "Result":
        return app.test_cli_runner(env={"GUILDHALL_OPERATOR": None}).invoke(load_command(group), words, **options)
    return invoke


@pytest.fixture
def market(callers: "Callers") -> "Market":
    """Sara sells, Ben and Cleo buy, Ada is on the staff."""
    from tests.cli.market import Market

    return Market(callers)


@pytest.fixture
def plans(app: "Flask") -> "Iterator[list[str]]":
    """How SQLite finds the rows of what is selected from now on, one step each; PostgreSQL plans by statistics."""
    from sqlalchemy import event

    from app.data.entity import db

    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by statistics; SQLite by structure")
    steps: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            steps.extend(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    event.listen(db.engine, "before_cursor_execute", explain)
    yield steps
    event.remove(db.engine, "before_cursor_execute", explain)


@pytest.fixture
def only(app: "Flask", callers: "Callers", monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Call it with a check's name: the doctor asks that one alone. Both realms have their superAdmin."""
    from app.ops import checks
    from app.ops.checks import CHECKS, ServiceChecks
    from app.runtime import runtime

    every = runtime().part(ServiceChecks)
    for realm in runtime().settings.realms:
        callers.super_admin(realm=realm)

    def keep(name: str) -> None:
        monkeypatch.setattr(checks, "CHECKS", {name: CHECKS[name]} if name in CHECKS else {})
        monkeypatch.setitem(runtime()._parts, ServiceChecks, ServiceChecks({name: every[name]}))

    return keep
