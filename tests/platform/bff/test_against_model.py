"""Every index of both realms against a brute-force model (issue 20): rows, callers and questions are drawn."""
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from html import unescape
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.actor import Actor, anonymous
from app.data.columns import iso
from app.data.reads import totals
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.visibility import masked_fields, read_objects
from app.errors import InvalidInput, NotFound
from blueprints.platform.bff import narrowed
from blueprints.platform.bff.indexes import CallersIndex, properties_of_object
from blueprints.platform.bff.queries import count_rows_of, get_row_of, list_rows_of, schema_of
from blueprints.platform.bff.rules import WORDED, ListRequest
from tests import passes
from tests.platform.bff.drawn import Drawn
from tests.platform.bff.model import SORTS, Model

pytestmark = pytest.mark.both("the same questions mean the same on both databases")
ALONE = ReadRequest(joins=False)
QUESTIONS = 2


def callers_of(people: Any, realm: str) -> list[Actor]:
    return [anonymous(realm), people.user("ben").actor, people.user("cleo").actor, people.admin("ada").actor,
            people.super_admin().actor]


@pytest.fixture(autouse=True)
def without_indexes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrowed, "indexed_rows", lambda model: None)


@pytest.fixture(autouse=True)
def everything_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrowed, "MANY", 1)
    for module in (narrowed, totals):
        monkeypatch.setattr(module, "EXACT_UP_TO", 0)
    monkeypatch.setattr(totals, "CHEAP_SECONDS", 60)  # nothing may be old


@settings(max_examples=passes.examples(6), phases=(Phase.generate,),
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
    whole_model = model
    name, actor, filters, words = index.object.name, index.actor, drawn.filters(index), drawn.words()
    sort_by, descending = drawn.sort(index)
    facets, sort, fields = tuple(drawn.facets(index)), drawn.named_sort(index), drawn.fields(index)
    if sort is not None:
        sort_by, descending = None, False
    asked = ListRequest(limit=4, sort_by=sort_by, descending=descending, words=words, facets=facets, sort=sort,
                        fields=fields, highlight=True)
    said = (name, actor.role, filters, words, sort_by, descending, facets, sort, fields)
    how: dict[str, Any] = {"words": words, "searched": list(index.words), "beginnings": list(index.beginnings)}
    names_nobody = index.is_named_only and sum(letter.isalnum() for letter in words) < 2 and not any(
        filters.get("id", {}).get("operator") == operator for operator in ("eq", "match"))
    if names_nobody or (sort == "relevance" and not words.strip()):
        with pytest.raises(InvalidInput):
            list_rows_of(actor, name, asked, filters, ALONE)
        return
    if sort in SORTS:
        sort_by, descending, among = SORTS[sort]
        model = model.narrowed(among)
    rows = model.found(filters, **how)
    ranked = sort_by is None and ((words.strip() and index.words) or any(
        one["operator"].startswith("match") and index.known[name].kind in WORDED for name, one in filters.items()))
    if ranked:
        wanted = [row["id"] for row in sorted(rows, key=lambda row: (row["createdAt"], row["id"]), reverse=True)]
    else:
        wanted = model.ordered(rows, sort_by or index.usual_order, descending, filters)

    found = list_rows_of(actor, name, asked, filters, ALONE)
    assert [row["id"] for row in found.rows] == wanted[:4], said
    assert found.total == len(wanted), said
    again = list_rows_of(actor, name, asked, filters, ALONE)
    assert (as_json(again.rows), again.total, again.facets) == (as_json(found.rows), found.total, found.facets), said
    assert count_rows_of(actor, name, ListRequest(words=words, sort=sort), filters)[0] == len(wanted), said
    for facet in facets:
        assert found.facets[facet] == shown(index, facet, model.facet(filters, facet, **how)), (said, facet)
    whole = as_json(list_rows_of(actor, name, replace(asked, fields=()), filters, ALONE).rows if fields else found.rows)
    assert as_json(found.rows) == [cut(row, fields) for row in whole], said
    assert all(set(row) <= set(index.row_fields) for row in whole), said
    for id_, pieces in (found.highlights or {}).items():
        [row] = [row for row in whole if row["id"] == id_]
        assert all(is_said(row[word], piece) for word, piece in pieces.items()), (said, pieces)
    walked, following = [row["id"] for row in found.rows], found.next
    while following is not None:
        behind = replace(asked, limit=3, after=following, facets=())
        page = list_rows_of(actor, name, behind, filters, ALONE)
        walked, following = walked + [row["id"] for row in page.rows], page.next
    assert walked == wanted, said
    seen = {row["id"] for row in whole_model.rows}
    for id_ in drawn.ids(index.object.name):
        assert is_got(index, id_) is (id_ in seen), (said, id_)
    schema = schema_of(actor, name)
    assert not set(schema["filterableFields"]) & masked_fields(index.object.visibility, actor)
    assert set(schema["sortableFields"]) <= set(schema["filterableFields"])


def as_json(rows: Sequence[Wire]) -> list[Wire]:
    found: list[Wire] = orjson.loads(orjson.dumps(rows))
    return found


def cut(row: Wire, fields: Sequence[str]) -> Wire:
    return {name: value for name, value in row.items() if not fields or name in (*fields, "id")}


def is_said(value: Any, piece: str) -> bool:
    """Whether a highlight tells nothing that the shown value does not, and marks a part of it."""
    text = ", ".join(value) if isinstance(value, list) else value
    plain = unescape(piece.replace("<em>", "").replace("</em>", "").strip("…"))
    return "<em>" in piece and all(part in text for part in plain.split(", "))


def is_got(index: CallersIndex, id_: str) -> bool:
    try:
        return get_row_of(index, id_, ALONE)["id"] == id_
    except NotFound:
        return False


def shown(index: CallersIndex, facet: str, said: dict[str, Any]) -> dict[str, Any]:
    """Return the model's facet as the wire has it."""
    kind = properties_of_object(index.object)[facet].kind
    if kind == "instant":
        return {end: iso(value) for end, value in said.items()}
    return {end: float(value) if isinstance(value, Decimal) else value for end, value in said.items()}
