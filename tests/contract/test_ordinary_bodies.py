"""Bodies are read in a short way where nothing is wrong (app/http/ordinary_bodies.py): the values are marshmallow's."""
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from flask import Flask
from marshmallow import EXCLUDE, ValidationError, fields, post_load, pre_load, validates, validates_schema

from app.errors import InvalidInput
from app.http.schemas import InputSchema, Line, Whole, load
from blueprints.marketplace.auction_offer.schemas import NewBid, NewOffer, OfferAnswer
from blueprints.marketplace.product_listing.schemas import NewProduct
from tests.contract.hostile import ODD, WRONG

VALUES = tuple(orjson.loads(raw) for raw in dict.fromkeys((
    *ODD, *(raw for wrong in WRONG.values() for raw in wrong), '"https://a.example/b"', '"a@b.example"',
    '"good-enough-1"', '["a"]', '[{"a": 1}]', '" padded "', "7", "39.99")))
BODIES = 30


def every_schema(kind: type[InputSchema] = InputSchema) -> Iterator[type[InputSchema]]:
    """Yield what the services declare."""
    for child in kind.__subclasses__():
        if child.__module__.startswith("blueprints.") and not child.__name__.startswith("_"):
            yield child
        yield from every_schema(child)


def read(schema: InputSchema, body: Any) -> tuple[str, Any]:
    """Return the values, or what is said of each wrong field."""
    try:
        values = load(schema, body)
    except InvalidInput as refusal:
        return "refused", refusal.detail
    return "read", repr(values)  # the order of the names, too


def without_the_short_way(kind: type[InputSchema]) -> InputSchema:
    """Return a schema whose bodies marshmallow reads."""
    schema = kind()
    vars(schema)["ordinary"] = None
    return schema


def accepted(schema: InputSchema, chance: Random) -> dict[str, Any]:
    """Return a body with a value of each field that takes one of VALUES."""
    body = {}
    for name, field in schema.load_fields.items():
        for value in chance.sample(VALUES, len(VALUES)):
            try:
                field.deserialize(value)
            except ValidationError:
                continue
            body[field.data_key or name] = value
            break
    return body


@pytest.mark.once("about values")
def test_every_schema_reads_in_the_short_way_what_marshmallow_reads(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    # Some bodies are given the moment at which they are read, and each is read twice.
    monkeypatch.setattr("app.clock.datetime", SimpleNamespace(now=lambda _zone: datetime(2026, 1, 31, tzinfo=UTC)))
    chance, short = Random(31), 0
    with app.app_context():
        for kind in dict.fromkeys(every_schema()):
            schema, slow = kind(), without_the_short_way(kind)
            good = accepted(schema, chance)
            for number in range(BODIES):
                body = dict(good)
                for key in chance.sample(sorted(good), min(number // 5, len(good))):
                    body[key] = chance.choice(VALUES)
                if number % 7 == 6 and body:
                    del body[chance.choice(sorted(body))]
                said = read(schema, body)
                assert said == read(slow, body), (kind, body)
                short += said[0] == "read" and schema.ordinary is not None
    assert short > 500


class Bare(InputSchema):
    """A number that must be there, and a line."""

    count = Whole(required=True)
    line = Line()


@pytest.mark.once("about values")
def test_an_ordinary_body_is_read_without_marshmallow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bare, "load", lambda *_: pytest.fail("it was asked"))
    assert load(Bare(), {"line": " a ", "count": 5, "more": []}) == {"count": 5, "line": "a"}
    assert load(Bare(), {"line": None, "count": 5}) == {"count": 5}


@pytest.mark.once("about values")
@pytest.mark.parametrize("kind", [NewBid, NewOffer, OfferAnswer, NewProduct], ids=lambda kind: kind.__name__)
def test_what_is_sent_most_is_read_in_the_short_way(kind: type[InputSchema]) -> None:
    assert kind().ordinary is not None


class _Refusing(Bare):
    @validates("count")
    def _never(self, value: int, **_: Any) -> None:
        raise ValidationError("never")


class _RefusingAll(Bare):
    @validates_schema
    def _never(self, data: Any, **_: Any) -> None:
        raise ValidationError("never", "count")


class _Before(Bare):
    @pre_load
    def _another(self, data: Any, **_: Any) -> Any:
        return {**data, "count": "five"}


class _InItsPlace(Bare):
    @pre_load
    def _drop_nulls(self, data: Any, **_: Any) -> Any:
        return {**data, "count": "five"}


class _Behind(Bare):
    @post_load
    def _another(self, data: Any, **_: Any) -> Any:
        raise ValidationError("never", "count")


class _Strict(Bare):
    class Meta:
        unknown = "raise"


class _Validated(Bare):
    count = Whole(most=4)


@pytest.mark.once("about values")
@pytest.mark.parametrize("kind", [_Refusing, _RefusingAll, _Before, _InItsPlace, _Behind, _Validated])
def test_what_a_schema_asks_beside_its_fields_is_asked(kind: type[Bare]) -> None:
    with pytest.raises(InvalidInput) as refused:
        load(kind(), {"count": 5})
    assert list(refused.value.detail) == ["count"]


@pytest.mark.once("about values")
def test_a_schema_that_refuses_what_it_does_not_know_refuses_it() -> None:
    with pytest.raises(InvalidInput) as refused:
        load(_Strict(), {"count": 5, "more": 1})
    assert list(refused.value.detail) == ["more"]


@pytest.mark.once("about values")
def test_what_is_left_out_gets_its_default() -> None:
    kind = InputSchema.from_dict({"a": Whole(load_default=3), "b": fields.Raw(attribute="c")}, name="WithDefault")
    assert kind.Meta.unknown == EXCLUDE
    assert load(kind(), {"b": 1}) == {"a": 3, "c": 1}
    assert load(kind(), {"a": 4}) == {"a": 4}
