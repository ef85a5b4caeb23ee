"""Rows of an index, narrowed to what the caller sees and asks: pages, totals and facets. The number of statements does
not depend on that of the rows; each carries the object's visibility (FD-2)."""
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, literal_column, or_, select, true

from app.actor import Actor
from app.data.columns import iso
from app.data.connections import reading
from app.data.holdings import holdings
from app.data.id_sets import among, lost
from app.data.reads import fetch, rows_by_id, wire_rows
from app.data.reads.keyset import position_cursor, position_of
from app.data.reads.lists import key_of
from app.data.reads.remembered import MANY, digest_of
from app.data.reads.totals import EXACT_UP_TO, Outdated
from app.data.serialization import Wire
from app.data.visibility import Visibility, reached_in_sql, read_objects, visible_apart, visible_in_sql
from app.runtime import runtime
from app.search.facets import MAX_FACET_VALUES
from app.search.in_sql import holds_words
from app.search.port import WINDOW, Document
from app.search.rows import IndexedRows, beginning
from blueprints.platform.bff.conditions import (
    Placed,
    counted_values,
    in_code_point_order,
    in_units,
    is_fulfilled,
    may_hold,
    placed_by,
)
from blueprints.platform.bff.indexes import CallersIndex, indexed_rows
from blueprints.platform.bff.rules import FieldCondition, ListRequest, Property, currency_of_order
from blueprints.platform.bff.sorted_rows import SortedRows
from blueprints.platform.bff.word_index import (
    Manner,
    is_for_everybody,
    is_not_indexed,
    may_hold_by_index,
    ranked_by_index,
)
from blueprints.platform.bff.words import fulfilling, holding_words

Condition = ColumnElement[bool]
_UNKNOWN = object()
T = TypeVar("T")


@dataclass(frozen=True)
class _Loosened:
    """What words find without the conditions on some properties; `held` says which fulfil each one that asks words."""

    found: Sequence[str]
    held: Mapping[FieldCondition, set[str]]

    def ids(self, conditions: Iterable[FieldCondition]) -> list[str]:
        """Return the ids of those that fulfil all of these conditions that ask for words."""
        sets = [self.held[one] for one in conditions if one.asks_words]
        return [id_ for id_ in self.found if all(id_ in held for held in sets)]


class Narrowed:
    """The rows of an index that the caller sees and that fulfil what is asked."""

    def __init__(self, index: CallersIndex, conditions: Sequence[FieldCondition], words: str,
                 most: int | None = None, only: Sequence[Condition] = ()) -> None:
        """Look for the words at once: where no index of words has them in the newest `most` rows, else WINDOW; among
        those rows alone that `only` says."""
        self._index, self._model, self._most = index, index.model, most or WINDOW
        self._conditions, self._words = conditions, words if words.strip() else ""
        with reading() as connection:
            self._dialect = connection.dialect.name
        self._only = tuple(only)
        self._visible = self._seen(by_id=False)
        self._manner: Manner | None = None
        self._has_left_some = False
        self._rule: Any = _UNKNOWN
        self._ranked: list[str] | None = None
        if self._asks_words(conditions):
            self._ranked = self._ids_of(conditions)

    @cached_property
    def _where(self) -> Condition:
        return self._condition_of(self._conditions, self._ranked)

    @property
    def manner(self) -> dict[str, Any]:
        """Return what an answer says of how words were looked for: `degraded` in the newest rows alone, without
        relevance (FD-8), `relaxed` by any of them, `corrected` by others than were typed (FD-4), `atLeast` where the
        total counts those among the best 10,000 alone, or there are rows that nobody looked through."""
        if self._ranked is None:
            return {}
        how = self._manner or Manner()
        said = {"degraded": self._manner is None, "relaxed": how.relaxed, "corrected": how.corrected,
                "atLeast": how.cut or self._has_left_some}
        return {name: value for name, value in said.items() if value}

    @property
    def is_miss(self) -> bool:
        """Return whether nothing holds the words that were typed, of what is there for everybody; not while an index is
        away, nor where a filter may be why."""
        return (self._ranked == [] and not self._conditions and bool(self._words) and is_for_everybody(self._index)
                and (self._manner is not None or indexed_rows(self._model) is None))

    @property
    def marked_words(self) -> str:
        """Return the words that highlights show: as they were typed, or were put right."""
        return (self._manner and self._manner.corrected) or self._words

    def page(self, asked: ListRequest) -> tuple[list[Wire], str | None]:
        """Return the rows of the page in order, and the cursor of the next page, None at the end."""
        visibility, actor = self._index.object.visibility, self._index.actor
        if self._ranked is not None and asked.sort_by is None:
            ids, following = self._ranked_page(self._ranked, asked)
            return rows_seen(visibility, actor, ids), following
        if self._are_remembered(self._ranked, 0):
            (ids, following), _ = self._remembered(("page", repr((asked, self._conditions))), self._ranked,
                                                   lambda: self._sorted_ids(asked))
            return rows_seen(visibility, actor, ids), following
        found, following = self._sorted(asked).page(asked.limit, asked.offset, asked.after)
        return wire_rows(self._model, found, self._dialect, visibility.sees_held(actor)), following

    def total(self) -> tuple[int, Outdated | None]:
        """Return how many rows there are; above 10,000 it may be some moments old (decision 36)."""
        if self._ranked is not None:
            return len(self._ranked), None
        totals, key, few = holdings().totals, ("bff", self._model, key_of(self._where)), None
        if not totals.is_large(key):
            few = self._count(EXACT_UP_TO + 1)
            if few <= EXACT_UP_TO:
                return few, None
        keys = read_objects().version_keys(self._index.actor.realm, self._index.object.visibility)
        return totals.get(key, keys, lambda limit: few if limit and few is not None else self._count(limit))

    def facets(self, asked: Sequence[Property], total: int) -> tuple[dict[str, dict[str, Any]], Outdated | None]:
        """Return of each property value → count, most frequent first; of numbers and moments the least and the
        greatest. Beside them how old the oldest is: where the `total` is above 10,000 they may be some moments old.

        The condition on the property itself does not narrow it, so that other values can be chosen beside the first.
        However many are asked, words are looked for once more at most: without the conditions on any of them."""
        own = {one.attribute for one in asked}
        loosened = cache(lambda: self._loosen([one for one in self._conditions if one.of.attribute not in own]))
        found = {one.name: self._facet(one, loosened, total) for one in asked}
        ages = [outdated for _, outdated in found.values() if outdated is not None]
        return ({name: values for name, (values, _) in found.items()},
                min(ages, key=attrgetter("counted_at"), default=None))

    def _facet(self, one: Property, loosened: Callable[[], _Loosened], total: int
               ) -> tuple[dict[str, Any], Outdated | None]:
        others = [other for other in self._conditions if other.of.attribute != one.attribute]
        is_whole, ids = len(others) == len(self._conditions), self._ranked
        if not is_whole:
            ids = loosened().ids(others) if self._asks_words(others) else None

        def where() -> Condition:
            # What was found by words fulfils those of them that ask for words.
            plain = [] if is_whole or ids is None else [other for other in others if not other.asks_words]
            return self._where if is_whole else and_(self._condition_of(others, ids), *(
                is_fulfilled(self._model, other, self._dialect) for other in plain))

        def count() -> dict[str, Any]:
            return self._extent(one, where()) if self._index.is_measured(one) else self._counts(one, where())

        if not self._are_remembered(ids, total):
            return count(), None
        of = key_of(where()) if ids is None else repr(others)
        return self._remembered(("facet", one.attribute, self._currency(one), of), ids, count, may_age=ids is None)

    def _loosen(self, common: Sequence[FieldCondition]) -> _Loosened:
        """Look for the words once under some of the conditions, and note which rows fulfil each that asks for words."""
        worded = [one for one in self._conditions if one.asks_words]
        if not worded:
            return _Loosened(self._ids_of(common), {})
        plain = self._condition_of([one for one in common if not one.asks_words], None)
        documents = self._documents(plain, worded, self._index.words if self._words else {}, every=False)
        return _Loosened([one.id for one in documents],
                         {one: {held.id for held in fulfilling(documents, one)} for one in worded})

    def _counts(self, one: Property, where: Condition) -> dict[str, Any]:
        value, members = counted_values(self._model, one, self._dialect)
        label = value.label("value")
        query = select(label, func.count().label("rows")).select_from(self._model)
        if members is not None:
            query = query.join(members, true())
        ordered = value if one.kind in ("boolean", "integer") else in_code_point_order(value, self._dialect)
        found = fetch(query.where(where, value.is_not(None)).group_by(value)
                      .order_by(literal_column("2").desc(), ordered).limit(MAX_FACET_VALUES))
        return {_named(row.value): row.rows for row in found}

    def _extent(self, one: Property, where: Condition) -> dict[str, Any]:
        placed = self._placed(one)
        # Two queries: the first and the last entry of an index answer one each.
        ends = [select(end(placed.value)).select_from(self._model).where(where, placed.is_there).scalar_subquery()
                for end in (func.min, func.max)]
        least, greatest = fetch(select(*ends))[0]
        currency = self._currency(one)
        extent = {"min": _measure(one, least, currency), "max": _measure(one, greatest, currency)}
        return extent | {"currency": currency} if one.kind == "money" else extent

    def _count(self, limit: int | None) -> int:
        others = self._beside(self._conditions, self._ranked)
        counts: list[Any] = []
        for visible in visible_apart(self._index.object.visibility, self._index.actor):
            some: Select[Any] = select(literal_column("1")).select_from(self._model).where(visible, *others)
            counted = some.with_only_columns(func.count())
            if limit is not None:
                counted = select(func.count()).select_from(some.limit(limit).subquery())
            counts.append(counted.scalar_subquery())
        return sum(fetch(select(*counts))[0])

    def _sorted(self, asked: ListRequest) -> SortedRows:
        """Return the rows in the order that is asked, the usual one without."""
        one = self._index.known[asked.sort_by or self._index.usual_order]
        placed, name = self._placed(one), f"{self._index.name}_by_{one.name}".lower()
        # An order with rows of its own has a value in each (NamedSort).
        if self._only or not (one.nullable or one.kind == "money"):
            return SortedRows(self._model, name, placed.value, self._where, None, asked.descending)
        by_id = self._condition_of(self._conditions, self._ranked, by_id=True)
        return SortedRows(self._model, name, placed.value, and_(self._where, placed.is_there),
                          and_(by_id, placed.is_missing), asked.descending)

    def _sorted_ids(self, asked: ListRequest) -> tuple[list[str], str | None]:
        found, following = self._sorted(asked).page(asked.limit, asked.offset, asked.after)
        return [row[-1] for row in found], following

    def _are_remembered(self, ids: Sequence[str] | None, total: int) -> bool:
        """Return whether it is remembered what is found of these ids, without ids of so many rows: not of few, nor
        where the clock alone changes what is asked (`only`)."""
        return not self._only and (total > EXACT_UP_TO if ids is None else len(ids) >= MANY)

    def _remembered(self, what: tuple[Hashable, ...], ids: Sequence[str] | None, find: Callable[[], T], *,
                    may_age: bool = False) -> tuple[T, Outdated | None]:
        """Return what is found, or was found of the same for who sees the same rows (app/data/reads/remembered.py)."""
        key = (self._model, *what, key_of(self._visible), None if ids is None else digest_of(ids))
        keys = read_objects().version_keys(self._index.actor.realm, self._index.object.visibility)
        return holdings().remembered.get(key, keys, find, may_age=may_age)

    def _placed(self, one: Property) -> Placed:
        return placed_by(self._model, one, self._dialect, self._currency(one))

    def _currency(self, one: Property) -> str:
        return currency_of_order(one, self._conditions, _usual_currency(self._index.actor.realm))

    def _ranked_page(self, ranked: Sequence[str], asked: ListRequest) -> tuple[list[str], str | None]:
        order = repr((self._index.name, self._words, [(one.of.name, one.operator, one.values)
                                                             for one in self._conditions]))
        start = asked.offset if asked.after is None else position_of(order, asked.after)
        end = start + asked.limit
        return list(ranked[start:end]), position_cursor(order, end) if end < len(ranked) else None

    def _asks_words(self, conditions: Iterable[FieldCondition]) -> bool:
        return bool(self._words and self._has_words) or any(one.asks_words for one in conditions)

    @property
    def _has_words(self) -> bool:
        return bool(self._index.words) or indexed_rows(self._model) is not None

    def _seen(self, *, by_id: bool) -> Condition:
        return visible_in_sql(self._index.object.visibility, self._index.actor, by_id=by_id)

    def _condition_of(self, conditions: Sequence[FieldCondition], ranked: Sequence[str] | None, *,
                      by_id: bool = False) -> Condition:
        """`by_id`: of a statement that finds its rows by their ids, or walks them in that order."""
        visible = self._seen(by_id=True) if by_id or ranked is not None else self._visible
        return and_(visible, *self._beside(conditions, ranked))

    def _beside(self, conditions: Sequence[FieldCondition], ranked: Sequence[str] | None) -> list[Condition]:
        """Return what is asked of rows beside their visibility."""
        if ranked is not None:
            return [*self._only, among(self._model.id, ranked)]
        parts = [*self._only, *(is_fulfilled(self._model, one, self._dialect) for one in conditions)]
        if self._words and not self._has_words:
            parts.append(self._begins_so())
        return parts

    def _begins_so(self) -> Condition:
        """Of an object without words: one of its texts is what was typed, or begins so."""
        asked = [FieldCondition(one, "prefix", (self._words.strip(),)) for one in self._index.beginnings.values()]
        return or_(*(is_fulfilled(self._model, one, self._dialect) for one in asked)) if asked else false()

    def _ids_of(self, conditions: Sequence[FieldCondition]) -> list[str]:
        """Return the ids of the rows that hold all the words asked for, the best match first where an index of words
        has the object, else the newest first."""
        plain = [one for one in conditions if not one.asks_words]
        where, worded = self._condition_of(plain, None), [one for one in conditions if one.asks_words]
        searched = self._index.words if self._words else {}
        rows = self._searched_rows if self._words and not worded else None
        if rows is None:
            return self._looked_through(where, worded, searched)

        by_id = self._condition_of(plain, None, by_id=True)

        def seen(ids: Sequence[str]) -> list[str]:
            if not self._are_remembered(ids, 0):
                return look_up(ids)
            return self._remembered(("seen", repr(plain)), ids, lambda: look_up(ids))[0]

        def look_up(ids: Sequence[str]) -> list[str]:
            if plain or self._only:  # these may leave few
                found = {row.id for row in fetch(select(self._model.id).where(by_id, among(self._model.id, ids)))}
                return [one for one in ids if one in found]
            gone = {row.value for row in fetch(lost(ids, self._model.id, by_id, self._dialect))}
            return [one for one in ids if one not in gone] if gone else [*ids]

        reached = reached_in_sql(self._index.object.visibility, self._index.actor)
        beside_of = None if reached is None else and_(by_id, is_not_indexed(rows), reached)
        beside = [] if beside_of is None else self._looked_through(beside_of, (), searched)
        ranked = ranked_by_index(rows, self._words, seen, self._rule_of(rows), beside=len(beside), manner=self._manner)
        if ranked is None:
            kept = () if rows.words is None else (holds_words(rows.words, self._words),)
            return self._looked_through(and_(where, *kept), worded, searched)
        ids, self._manner = ranked
        if beside_of is not None and self._manner.corrected is not None:
            beside = self._looked_through(beside_of, (), searched, self._manner.corrected)
        return list(dict.fromkeys([*ids, *beside]))  # the index may not know yet what has become private

    @property
    def _searched_rows(self) -> IndexedRows | None:
        """Return the rows of the index of words that is asked, if any: not of one that looks into what is masked for
        the caller, nor of one of private rows that cannot tell which of them he sees."""
        rows = indexed_rows(self._model)
        if rows is None or len(self._index.words) < len(self._index.object.words):
            return None
        return rows if rows.every_login_reads or self._rule_of(rows) is not None else None

    def _rule_of(self, rows: IndexedRows) -> Any | None:
        """Return what the caller sees of the rows of an index as it is asked, None where it cannot tell."""
        if self._rule is _UNKNOWN:
            self._rule = rows.seen_by(self._index.actor)
        return self._rule

    def _likely(self, where: Condition, worded: Sequence[FieldCondition], every: bool) -> Condition | None:
        """Return a condition with that of the rows which an index of words says may hold what is asked, and of those
        it does not have the newest; None where no index can tell."""
        rows, one = self._searched_rows, self._model
        if rows is None:
            return None
        ids = may_hold_by_index(rows, self._words, worded, self._rule_of(rows), every=every)
        if ids is None:
            return None
        self._manner = Manner()
        newest = select(one.id).where(where).order_by(one.created_at.desc(), one.id.desc()).limit(self._most)
        return and_(where, or_(among(one.id, ids), and_(is_not_indexed(rows), one.id.in_(newest))))

    def _looked_through(self, where: Condition, worded: Sequence[FieldCondition],
                        searched: Mapping[str, Property], words: str | None = None) -> list[str]:
        """Return the ids of the newest rows under a condition that hold the words: those typed, or other ones."""
        documents = self._documents(where, worded, searched, words=words)
        for one in worded:
            documents = fulfilling(documents, one)
        return [document.id for document in documents]

    def _documents(self, where: Condition, worded: Sequence[FieldCondition],
                   searched: Mapping[str, Property], *, every: bool = True,
                   words: str | None = None) -> list[Document]:
        """Return the newest rows under a condition that hold the words of `q`, with what the conditions ask of: one
        statement reads them, what they say is looked through here. Among them are all that fulfil every condition that
        asks for words, else any of them."""
        likely = self._likely(where, worded, every) if worded else None
        where, most = (where, self._most) if likely is None else (likely, None)
        words = words or self._words
        where = and_(where, *may_hold(self._model, searched.values(), words))
        names = {**searched, **{one.of.name: one.of for one in worded}}
        columns = [beginning(getattr(self._model, one.attribute)) for one in names.values()]
        rows = fetch(select(self._model.id, *columns).where(where).order_by(
            self._model.created_at.desc(), self._model.id.desc()).limit(most and most + 1))
        self._has_left_some |= most is not None and len(rows) > most
        documents = [Document(row[0], 1, dict(zip(names, row[1:], strict=True))) for row in rows[:most]]
        return holding_words(documents, list(searched), words) if searched else documents


def rows_seen(visibility: Visibility, actor: Actor, ids: Sequence[str]) -> list[Wire]:
    """Return the rows of these ids, in their order, that the actor sees."""
    found = rows_by_id(visibility.model, ids, visible_in_sql(visibility, actor, by_id=True),
                       viewer=visibility.sees_held(actor))
    return [found[one] for one in ids if one in found]


def _usual_currency(realm: str) -> str:
    settings = runtime().settings
    return settings.marketplace_currency if realm == "marketplace" else settings.premium_currency


def _named(value: Any) -> str:
    return str(bool(value)).lower() if isinstance(value, bool) else str(value)


def _measure(one: Property, value: Any, currency: str) -> Any:
    if value is None:
        return None
    if one.kind == "instant":
        return iso(value)
    return in_units(value, currency) if one.kind == "money" else value
