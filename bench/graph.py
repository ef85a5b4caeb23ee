"""Gives a home that `bench.seed` has filled a network of people with a heavy tail, and says whom to ask.

`python -m bench.graph PEOPLE TIES POSTS [HUB …]`: so many people and connections; each HUB is somebody with so many.
With POSTS there are readers beside them (bench/feed_seed.py). The same numbers give the same graph."""

import json
import random
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from typing import Any

from flask import Flask
from sqlalchemy import Connection as Wire

from app.data.entity import db
from app.data.sqlite_write_lock import sqlite_write_lock
from app.factory import create_app
from bench.feed_seed import READERS, posts_statements, readers_ties
from bench.market_seed import DIALECTS
from bench.seed import fill, token_of
from blueprints.platform.auth.models import NetworkUser

REALM = "network"
ASKED = 200
"""How many people are asked about, of all numbers of ties, and how many ask."""
ASKING = 20
_FLATNESS = 10
"""The greater, the less the first people stand out beside the hubs."""
_BATCH = 50_000
_FILLED = ("network_connection", "network_post", "network_feed_item")

# Each connection from its ties: the lower id first. `i` numbers them.
_CONNECTIONS = """INSERT INTO network_connection (id, is_active, record_version, created_at, updated_at, owner,
    connected_since, user_id1, user_id2)
WITH one(i, low, high) AS (SELECT row_number() OVER (), x.user_id, y.user_id FROM network_tie
    JOIN network_person AS x ON x.num = a JOIN network_person AS y ON y.num = b WHERE x.user_id < y.user_id),
    made(i, low, high, moment) AS (SELECT i, low, high, {ago} FROM one)
SELECT {id}, true, 1, moment, moment, low, moment, low, high FROM made"""


def make_ties(people: int, ties: int, hubs: Sequence[int] = (), seed: int = 1) -> Iterator[tuple[int, int]]:
    """Yield so many pairs of different people, the lower number (from 0) first, each once.

    The first people are the hubs, each with as many random friends. The others meet by weights that fall with the
    square root of their number: few know very many, most know some. Raises ValueError for more ties than pairs."""
    if ties > people * (people - 1) // 2 or ties < sum(hubs):
        raise ValueError(f"{people} people cannot have {ties} ties with hubs of {hubs}")
    chance, seen = random.Random(seed), set[int]()
    for pair in _meetings(chance, people, hubs):
        low, high = sorted(pair)
        key = low * people + high
        if low != high and key not in seen:
            seen.add(key)
            yield low, high
            if len(seen) == ties:
                return


def _meetings(chance: random.Random, people: int, hubs: Sequence[int]) -> Iterator[tuple[int, int]]:
    for hub, size in enumerate(hubs):
        for other in chance.sample(range(people), min(size, people)):
            yield hub, other
    weights = list(accumulate((number + _FLATNESS) ** -0.5 for number in range(people)))
    everybody = range(people)
    while True:
        met = chance.choices(everybody, cum_weights=weights, k=2 * _BATCH)
        yield from zip(met[::2], met[1::2], strict=True)


def seed(app: Flask, people: int, ties: int, posts: int, hubs: Sequence[int]) -> dict[str, Any]:
    """Write everything; return id → token of who asks, the ids of who is asked about, hubs and others, and the readers:
    name → token, hubs among them by how many connections they have."""
    with app.app_context():
        readers = READERS if posts else {}
        ids = fill(NetworkUser, _users(people + len(readers)), people + len(readers))
        pairs, counts = array("i"), array("i", bytes(4 * len(ids)))
        for pair in chain(make_ties(people, ties, hubs), readers_ties(people) if posts else ()):
            pairs.extend(pair)
            for person in pair:
                counts[person] += 1
        both = zip(pairs[::2], pairs[1::2], strict=True)
        with sqlite_write_lock(), db.engine.execution_options(writes=True).begin() as connection:
            persons = ((number + 1, id, count) for number, (id, count) in enumerate(zip(ids, counts, strict=True)))
            indexes = [index for table in _FILLED for index in db.metadata.tables[table].indexes]
            for index in indexes:  # made anew at the end: row by row they would take three times as long
                index.drop(connection)
            _load(connection, "network_person (num, user_id, ties)", persons)
            _load(connection, "network_tie (a, b)", ((x + 1, y + 1) for one in both for x, y in (one, one[::-1])))
            says = DIALECTS[db.engine.dialect.name]
            _run(connection, _CONNECTIONS.format(ago=says["ago"].format(n=f"{len(pairs) // 2} - i"),
                                                 id=says["id"].format(kind="07")))
            for statement in posts_statements(people, posts, says) if posts else ():
                _run(connection, statement)
            for index in indexes:
                index.create(connection)
        if db.engine.dialect.name == "postgresql":
            with db.engine.execution_options(reads_only=True).connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        ordinary = ids[len(hubs):people]
        asking = [*ids[:len(hubs)], *ordinary[::max(1, people // ASKING)]]
        return {"asking": {id: token_of(id, REALM) for id in asking},
                "asked": [*ids[:len(hubs)], *ordinary[1::max(1, people // ASKED)]],
                "readers": {name: token_of(id, REALM) for name, id in zip(readers, ids[people:], strict=True)},
                "hub": {"token": token_of(ids[0], REALM), "ties": counts[0]}}


def _users(people: int) -> Iterator[dict[str, Any]]:
    for number in range(people):
        yield {"email": f"person{number}@bench.test", "fullname": f"Person {number}", "password": "none",
               "role_id": "user", "email_verified": True}


def _run(connection: Wire, statement: str) -> None:
    connection.exec_driver_sql(statement.replace("%", "%%") if db.engine.dialect.name == "postgresql" else statement)


def _load(connection: Wire, into: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows the fastest way of the database."""
    if db.engine.dialect.name == "postgresql":
        with connection.connection.cursor().copy(f"COPY {into} FROM STDIN") as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join("?" * (into.count(",") + 1))
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        connection.connection.executemany(f"INSERT INTO {into} VALUES ({places})", batch)  # type: ignore[attr-defined]


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    print(json.dumps(seed(create_app(), *numbers[:3], numbers[3:])))
