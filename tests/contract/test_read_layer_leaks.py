"""Nobody learns of a word that he may not read by asking the read layer: not by words and their corrections, not by
highlights and suggestions, orders, facets and cursors, nor by the twelve views (front-door.md FD-2, FD-5).

Each secret of the two small worlds gets a long word of its own, so that a word of it alone gives it away."""
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from string import ascii_lowercase
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.data.connections import writing_engine
from app.data.entity import Entity
from app.data.visibility import read_objects
from app.search.catalogue import declared_indexes, rebuild_index
from blueprints.platform.bff.views import views_of
from tests.contract.leaks import SmallRealm
from tests.contract.test_leaks import SECRETS, log, market  # noqa: F401 - pytest finds them here
from tests.contract.test_network_leaks import network  # noqa: F401
from tests.contract.who_may_see import NEEDLE, Secrets, assert_nothing_leaks, found_by
from tests.passes import share

# ruff: noqa: F811 - that is how pytest hands fixtures over
pytestmark = pytest.mark.once("what is shown is decided by rules and masks, the same on both databases")
_LETTERS = 12
_OTHERS = 4
"""Of how many neighbours each asks what the others do not; in `make long` everybody asks everything."""
_FORMS = {"marketplace": 1, "network": 2}
"""In the network, where a word is looked for in ten indexes, one person asks for it as it is, the next with a slip."""


def with_words(world: SmallRealm, secrets: Secrets) -> Secrets:
    """Add to each secret text of the world a word that stands nowhere else; returns who may see which."""
    random, found = Random(7), {}
    columns = [(mapper.class_.__table__, column) for mapper in Entity.registry.mappers
               if getattr(mapper.class_, "__object__", None) and mapper.local_table is not None
               for column in mapper.class_.__table__.columns if column.info.get("kind") in ("string", "text")]
    with writing_engine().begin() as connection:
        columns = [(table, column) for table, column in columns if connection.execute(
            select(column).where(column.like(f"%{NEEDLE}%")).limit(1)).first()]
        for name, secret in secrets.items():
            if not secret.text.startswith(f"{NEEDLE} "):
                continue
            word = "".join(random.choices(ascii_lowercase, k=_LETTERS))
            changed = sum(connection.execute(update(table).where(column.like(f"%{secret.text}%")).values(
                {column: func.replace(column, secret.text, f"{secret.text} {word}")})).rowcount
                for table, column in columns)
            if changed:
                found[name] = replace(secret, text=word)
    for name in declared_indexes():
        rebuild_index(name, resume=False)
    return found


def with_a_slip(word: str) -> str:
    """Return the word with one letter wrong."""
    other = "a" if word[5] != "a" else "b"
    return f"{word[:5]}{other}{word[6:]}"


def answers_to(world: SmallRealm, person: str, words: Secrets) -> Iterator[tuple[str, str]]:
    """Yield what a person is answered who knows every word and asks for each, and what lists tell him without one."""
    root, place = f"/{world.realm}/bff-service", world.persons.index(person)
    asked = [secret.text for secret in words.values()]
    questions = [f"{root}/suggest?q={word[:-3]}" for word in share(asked, place, 2)]
    for number, word in enumerate(share(asked, place + 1, _OTHERS), start=place):
        forms = share((word, with_a_slip(word)), number, _FORMS[world.realm])
        questions += [f"{root}/search?highlight=true&getJoins=false&q={one}" for one in forms]
    for name in share([*views_of(world.realm), *indexes(world)], place, _OTHERS):
        questions += share(list_questions(world, person, root, name), place)
    for question in questions:
        answer = world.people[person].get(question)
        assert answer.status_code in (200, 400, 401, 403), (person, question, answer.text)
        yield question, f"{answer.headers}\n{answer.text}{position(answer.json.get('next'))}"


def indexes(world: SmallRealm) -> list[str]:
    return [one.name for realm, one in read_objects() if realm == world.realm]


def list_questions(world: SmallRealm, person: str, root: str, name: str) -> list[str]:
    """Return a list in every order, each with a cursor of its first row, with all facets that may be asked."""
    schema = world.people[person].get(f"{root}/{name}/schema").json
    facets = ",".join(schema.get("facetFields", ())[:20])
    return [f"{root}/{name}/list?limit=1&facets={facets}&q=be&sortBy={field}&sortOrder={way}"
            for field in schema.get("sortableFields", ()) for way in ("asc", "desc")] + [
        f"{root}/{name}/list?limit=100&sort={sort}" for sort in schema.get("sorts", ())]


def position(cursor: Any) -> str:
    """Return what a cursor says: anybody can read it."""
    return "" if not cursor else urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()


def assert_the_read_layer_gives_nothing_away(world: SmallRealm, secrets: Secrets) -> dict[str, list[tuple[str, str]]]:
    words = with_words(world, secrets)
    assert len(words) > 10
    answers = {person: list(answers_to(world, person, words)) for person in world.persons}
    assert_nothing_leaks(answers, {**secrets, **{f"word of {name}": secret for name, secret in words.items()}})
    assert len(set().union(*(found_by(texts, words) for texts in answers.values()))) > 3, "nobody finds anything"
    return answers


@pytest.mark.slow
def test_no_question_to_the_read_layer_of_the_marketplace_gives_away_what_is_anothers(market: Any) -> None:
    assert_the_read_layer_gives_nothing_away(market, SECRETS)


@pytest.mark.slow
def test_no_question_to_the_read_layer_of_the_network_gives_away_what_is_anothers(network: Any) -> None:
    answers = assert_the_read_layer_gives_nothing_away(network, network.secrets)
    told = [text for texts in answers.values() for _, text in texts]
    for part in ('"corrected"', "<em>", '"suggestions"'):
        assert any(part in text for text in told), f"nobody was shown {part}: this proves nothing"
