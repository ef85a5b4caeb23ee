"""Who asks for what is private is answered from what is near him: no list walks all that others keep for themselves."""
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.data.entity import db
from app.data.ids import uuid7
from tests.clients import ApiClient, Callers
from tests.network.company.pages import COMPANY, ok
from tests.network.content.wall import CONTENT, Wall
from tests.network.job_application.offers import BAKER, JOBS, POSTINGS

STRANGERS = 300
"""How many posts, postings, pages and updates of others there are; PostgreSQL plans by their number."""
LISTS = {
    "network_post": f"{CONTENT}/posts?visibility=private",
    "network_company": f"{COMPANY}/companies?pageVisibility=private",
    "network_company_update": f"{COMPANY}/companyupdates?visibility=private",
    "network_job_posting": f"{JOBS}/jobpostings?visibility=private"}


@pytest.fixture
def wall(callers: Callers) -> Wall:
    return Wall(callers)


@pytest.fixture
def plan_of(app: Flask) -> Iterator[Callable[[str, ApiClient, str], str]]:
    """Call it with a table, a caller and a path: how the database reads that table for the answer."""
    found: list[str] = []
    wanted = [""]
    is_sqlite = db.engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"

    def note(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and f"FROM {wanted[0]} " in statement.replace("\n", " "):
            cursor = connection.connection.dbapi_connection.cursor()
            if not is_sqlite:
                cursor.execute("SET enable_seqscan = off")  # the table is small: which index would it be?
            cursor.execute(f"{explain} {statement}", parameters)
            found.extend(str(row[-1]) for row in cursor.fetchall())
            if not is_sqlite:
                cursor.execute("RESET enable_seqscan")

    def plan(table: str, caller: ApiClient, path: str) -> str:
        found.clear()
        wanted[0] = table
        ok(caller.get(path))
        return "\n".join(found)

    event.listen(db.engine, "before_cursor_execute", note)
    yield plan
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.both("each database plans for itself")
@pytest.mark.parametrize("table", LISTS)
def test_a_stranger_who_asks_for_what_is_private_walks_no_table(
        wall: Wall, plan_of: Callable[[str, ApiClient, str], str], table: str) -> None:
    private = {"visibility": "private"}
    page = wall.pages.found(wall.a, pageVisibility="private")
    wall.posted(wall.a, **private)
    wall.pages.published(page, **private)
    ok(wall.a.post(POSTINGS, json=BAKER | private | {"companyId": page["id"]}), 201)
    copied(table)
    steps = plan_of(table, wall.d, LISTS[table])
    assert steps
    assert f"ix_{table}_created" not in steps
    assert f"SCAN {table}" not in steps


def test_what_is_private_and_open_to_one_is_all_that_is_listed(wall: Wall) -> None:
    private = {"visibility": "private"}
    page = wall.pages.found(wall.a, pageVisibility="private")
    ok(wall.pages.assign(wall.a, page, wall.b), 201)
    ok(wall.pages.approve(wall.a, wall.pages.followed(wall.c, page)))
    wall.circle.connect(wall.a, wall.d)
    mine, near, ours = (wall.posted(wall.a, **private, **also)["id"] for also in (
        {}, {"audience": "connections"}, {"companyId": page["id"]}))
    news = wall.pages.published(page, **private)["id"]
    job = ok(wall.a.post(POSTINGS, json=BAKER | private | {"companyId": page["id"]}), 201)["jobPosting"]["id"]
    wall.posted(wall.a)
    wall.pages.found(wall.a)
    expected = {wall.a: ([mine, near, ours], [page["id"]], [news], [job]),
                wall.b: ([ours], [page["id"]], [news], [job]), wall.c: ([], [page["id"]], [news], []),
                wall.d: ([near], [], [], []), wall.s: ([mine, near, ours], [page["id"]], [news], [job])}
    for person, lists in expected.items():
        answers = [ok(person.get(path)) for path in LISTS.values()]
        assert tuple([row["id"] for row in answer[answer["dataName"]]] for answer in answers) == lists


def copied(table: str) -> None:
    """Let there be many rows of others like the one that the table has, so that a walk would be dear."""
    names = [column.name for column in db.metadata.tables[table].columns]
    alone = {"id", "name_key", "author_user_id", "posted_by_user_id", "created_by_user_id", "company_id", "owner"}
    copies = ", ".join(f":{name}" if name in alone else name for name in names)
    insert = text(f"INSERT INTO {table} ({', '.join(names)}) SELECT {copies} FROM {table} WHERE id = :like")
    with db.engine.execution_options(writes=True).begin() as connection:
        like = connection.execute(text(f"SELECT id FROM {table}")).scalar_one()
        connection.execute(insert, [{"like": like} | {name: uuid7() for name in alone & set(names)}
                                    for _ in range(STRANGERS)])
        if db.engine.dialect.name == "postgresql":
            connection.execute(text(f"ANALYZE {table}"))
