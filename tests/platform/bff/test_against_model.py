"""Every index of both realms against a brute-force model (issue 20): rows, callers and questions are drawn."""
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.actor import Actor, anonymous
from app.data.columns import iso
from app.data.reads.read_request import ReadRequest
from app.data.visibility import masked_fields, read_objects
from app.errors import InvalidInput, NotFound
from blueprints.platform.bff import narrowed
from blueprints.platform.bff.indexes import CallersIndex, properties_of
from blueprints.platform.bff.queries import count_rows_of, get_row_of, list_rows_of, schema_of
from blueprints.platform.bff.rules import ListRequest
from tests import passes
from tests.platform.bff.drawn import Drawn
from tests.platform.bff.model import Model

pytestmark = pytest.mark.both("the same questions mean the same on both databases")
ALONE = ReadRequest(joins=False)
QUESTIONS = 2


def callers_of(people: Any, realm: str) -> list[Actor]:
    return [anonymous(realm), people.user("ben").actor, people.user("cleo").actor, people.admin("ada").actor,
            people.super_admin().actor]


@pytest.fixture(autouse=True)
def without_indexes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrowed, "indexed_rows", lambda model: None)


@settings(max_examples=passes.examples(9), deadline=None, phases=(Phase.generate,),
          suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2 ** 32))
def test_every_index_answers_what_brute_force_finds(realm: str, people: Any, seed: int) -> None:
    """Words are looked for without their indexes: what these forgive, test_word_index.py has."""
    random, actors = Random(seed), callers_of(people, realm)
    objects = [one for of, one in read_objects() if of == realm]
    drawn = Drawn(realm, objects, [str(actor.user_id) for actor in actors[1:]], random)
    for one in objects:
        for actor in actors:
            if one.who(actor):
                model = Model(one, actor)
                for _ in range(QUESTIONS):
                    compare(CallersIndex(one, actor), model, drawn)


def compare(index: CallersIndex, model: Model, drawn: Drawn) -> None:
    name, actor, filters, words = index.object.name, index.actor, drawn.filters(index), drawn.words()
    sort_by, descending = drawn.sort(index)
    facets = tuple(drawn.facets(index))
    asked = ListRequest(limit=4, sort_by=sort_by, descending=descending, words=words, facets=facets)
    said = (name, actor.role, filters, words, sort_by, descending, facets)
    how: dict[str, Any] = {"words": words, "searched": list(index.words), "beginnings": list(index.beginnings)}
    if index.is_named_only and sum(letter.isalnum() for letter in words) < 2 and not any(
            filters.get("id", {}).get("operator") == operator for operator in ("eq", "match")):
        with pytest.raises(InvalidInput):
            list_rows_of(actor, name, asked, filters, ALONE)
        return
    rows = model.found(filters, **how)
    ranked = sort_by is None and ((words.strip() and index.words) or any(
        one["operator"].startswith("match") and properties_of(index.model)[name].kind in ("string", "text", "texts")
        for name, one in filters.items()))
    if ranked:
        wanted = [row["id"] for row in sorted(rows, key=lambda row: (row["createdAt"], row["id"]), reverse=True)]
    else:
        wanted = model.ordered(rows, sort_by or index.usual_order, descending, filters)

    found = list_rows_of(actor, name, asked, filters, ALONE)
    assert [row["id"] for row in found.rows] == wanted[:4], said
    assert found.total == len(wanted), said
    assert count_rows_of(actor, name, ListRequest(words=words), filters)[0] == len(wanted), said
    for facet in facets:
        assert found.facets[facet] == shown(index, facet, model.facet(filters, facet, **how)), (said, facet)
    walked, following = [row["id"] for row in found.rows], found.next
    while following is not None:
        behind = ListRequest(limit=3, sort_by=sort_by, descending=descending, words=words, after=following)
        page = list_rows_of(actor, name, behind, filters, ALONE)
        walked, following = walked + [row["id"] for row in page.rows], page.next
    assert walked == wanted, said
    seen = {row["id"] for row in model.rows}
    for id_ in drawn.ids(index.object.name):
        assert is_got(index, id_) is (id_ in seen), (said, id_)
    schema = schema_of(actor, name)
    assert not set(schema["filterableFields"]) & masked_fields(index.object.visibility, actor)
    assert set(schema["sortableFields"]) <= set(schema["filterableFields"])


def is_got(index: CallersIndex, id_: str) -> bool:
    try:
        return get_row_of(index, id_, ALONE)["id"] == id_
    except NotFound:
        return False


def shown(index: CallersIndex, facet: str, said: dict[str, Any]) -> dict[str, Any]:
    """Return the model's facet as the wire has it."""
    kind = properties_of(index.model)[facet].kind
    if kind == "instant":
        return {end: iso(value) for end, value in said.items()}
    return {end: float(value) if isinstance(value, Decimal) else value for end, value in said.items()}
