"""A realm drawn at random: some rows of every data object, which point at each other, and what is asked of them."""
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import delete

from app.data.connections import writing_engine
from app.data.entity import Entity
from app.data.holdings import holdings
from app.data.upserts import upsert
from app.data.visibility import ReadObject
from app.runtime import runtime
from blueprints.platform.bff.indexes import CallersIndex
from blueprints.platform.bff.models import StoredView, StoredViewPart
from blueprints.platform.bff.rules import WORDED, Property
from tests.platform.bff.rows import LONG_AGO, row_of

ROWS = 7
TEXTS = ("", "a", "B", "ä", "Zebra", "Brass lamp", "brass  Lamp, old", "a*b", "a?b", "100%", "_x", "[q]", "\U0001f600",
         "Café au lait", "lamp brass", "\\d", "'", "brassy")
_WORDS = ("brass", "BRASS lam", "lamp brass ", "cafe", "zeb", "lait au", "!?", "x")
_PATTERNS = ("*a*", "?", "B*", "*", "a\\*b", "[q]", "100%", "_?", "*lamp*old", "??", "brass*")
_CURRENCIES = ("USD", "JPY", "KWD", "EUR")
_AMOUNTS = (0, 1, 99, 100, 1234, 1000, 250000)
_NUMBERS = (0, 1, 2, 5, 40)


class Drawn:
    """The rows of a realm; `persons` are the ids that people of the realm have.

    Those that were drawn before are gone without an event, so what was copied and remembered of them goes here."""

    def __init__(self, realm: str, objects: Sequence[ReadObject], persons: Sequence[str], random: Random) -> None:
        self.realm, self.random, self.persons = realm, random, persons
        self._ids = {one.name: [_id(random) for _ in range(ROWS)] for one in objects}
        with writing_engine().begin() as connection:
            for one in objects:
                if one.name == "user":
                    continue  # people are there: whoever asks needs an account
                connection.execute(delete(one.model.__table__))
                for id_ in self._ids[one.name]:
                    connection.execute(upsert(one.model).values(
                        row_of(one.model, id=id_, **self._values(one.model))).on_conflict_do_nothing())
            for copies in (StoredViewPart, StoredView):
                connection.execute(delete(copies).where(copies.realm == realm))
        runtime().cache_versions.invalidate_all()

    def ids(self, name: str) -> Sequence[str]:
        """Return the ids of the rows that were drawn of an object, whether they could be kept or not."""
        return [*self._ids[name], *(self.persons if name == "user" else ())]

    def _values(self, model: type[Entity]) -> dict[str, Any]:
        targets = {relation.id_name: target.object for relation, target in holdings().joins.of(model)}
        values: dict[str, Any] = {"is_active": self.random.random() < 0.9}
        for column in model.__table__.columns:
            if column.key in ("id", "is_active", "record_version", "realm") or "kind" not in column.info:
                continue
            wire = column.info.get("wire") or column.key
            value = None if column.nullable and self.random.random() < 0.3 else self._value(
                column.info, column.key, targets.get(_camel(wire), ""))
            values[column.key] = value
        if model.__owner__ in values:
            values["owner"] = values[model.__owner__]
        return values

    def _value(self, info: Mapping[str, Any], name: str, target: str) -> Any:
        pick = self.random.choice
        kind = info["kind"]
        if name == "currency" or name.endswith("_currency"):
            return pick(_CURRENCIES)
        if kind in ("id", "ids"):
            pool = self._ids[target] if target in self._ids and target != "user" else self.persons
            if kind == "id":
                return pick(pool)
            return self.random.sample(list(pool), self.random.randint(0, min(3, len(pool))))
        return {"choice": lambda: pick(info["options"]), "boolean": lambda: pick((True, False)),
                "integer": lambda: pick(_NUMBERS), "number": lambda: float(pick(_NUMBERS)),
                "money": lambda: pick(_AMOUNTS),
                "instant": lambda: LONG_AGO + timedelta(minutes=pick(_NUMBERS), milliseconds=pick((0, 1, 999))),
                "object": lambda: {"a": pick(TEXTS)}, "objects": lambda: [{"a": 1}] * pick((0, 1)),
                "texts": lambda: self.random.sample(TEXTS, pick((0, 1, 3))),
                "links": lambda: [f"https://cdn.example/{pick(_NUMBERS)}"] * pick((0, 1)),
                "link": lambda: f"https://cdn.example/{pick(_NUMBERS)}"}.get(
                    kind, lambda: pick(TEXTS) if name != "month" else "2026-01")()

    def filters(self, index: CallersIndex) -> dict[str, dict[str, Any]]:
        """Return conditions on one or two properties that the caller may filter."""
        offered = list(index.properties.values())
        chosen = self.random.sample(offered, min(len(offered), self.random.randint(0, 2)))
        return {one.name: self.condition(one) for one in chosen}

    def condition(self, one: Property) -> dict[str, Any]:
        """Return a condition on a property."""
        operator = self.random.choice([said for said in one.operators if said != "regexp"])
        if operator in ("exists", "missing"):
            return {"operator": operator}
        if operator == "range":
            return {"operator": operator, "values": [self.random.choice((None, self._asked(one))) for _ in range(2)]}
        return {"operator": operator, "values": [
            self._text(one, operator) for _ in range(self.random.randint(1, 2))]}

    def _text(self, one: Property, operator: str) -> Any:
        if operator == "wildcard":
            return self.random.choice(_PATTERNS)
        if operator == "prefix":
            return self.random.choice([text for text in TEXTS if text] + [self.persons[0][:5], "A", "https"])
        if operator.startswith("match") and one.kind in WORDED:
            return self.random.choice(_WORDS)
        return self._asked(one)

    def _asked(self, one: Property) -> Any:
        pick = self.random.choice
        if one.place_of:
            return pick((0, 1, 2, 7, 3_000_000_000))
        if one.name.lower().endswith("currency"):
            return pick(_CURRENCIES)
        if one.kind == "money":
            return pick((0, 1, 12.34, 2.5, 0.01, 10, 100, 2500, 3e9))
        if one.kind == "instant":
            return (LONG_AGO + timedelta(minutes=pick(_NUMBERS), milliseconds=pick((0, 1)))).isoformat()
        if one.kind in ("id", "ids"):
            return pick([*self.persons, *(each for pool in self._ids.values() for each in pool[:1])])
        return {"choice": lambda: pick(one.options), "boolean": lambda: pick((True, False)),
                "integer": lambda: pick((0, 1, 2, 5, 1.5, 3e9)), "number": lambda: pick((*_NUMBERS, 3e9)),
                "links": lambda: "https://cdn.example/1", "link": lambda: "https://cdn.example/1"}.get(
                    one.kind, lambda: pick(TEXTS))()

    def words(self) -> str:
        """Return words to look for, most often none."""
        return self.random.choice(("", "", *_WORDS))

    def sort(self, index: CallersIndex) -> tuple[str | None, bool]:
        """Return what is sorted by, and whether downwards."""
        return self.random.choice([None, *index.sortable]), self.random.random() < 0.5

    def named_sort(self, index: CallersIndex) -> str | None:
        """Return the name of an order, most often none."""
        return self.random.choice([None, None, None, *index.sorts])

    def fields(self, index: CallersIndex) -> tuple[str, ...]:
        """Return some members of rows, most often none."""
        found = list(index.row_fields)
        return tuple(self.random.sample(found, min(len(found), self.random.choice((0, 0, 1, 3)))))

    def facets(self, index: CallersIndex) -> list[str]:
        """Return some facets."""
        found = list(index.countable)
        return self.random.sample(found, min(2, len(found)))


def _id(random: Random) -> str:
    text = f"{random.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
