"""The reads of the BFF: any rows that the caller sees, in a number of statements that their number does not change.

Every statement carries the object's visibility, so list, count, get and facets tell of the same rows (FD-2)."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.data.columns import iso
from app.data.holdings import holdings
from app.data.reads import Listing, Page, list_query
from app.data.reads.filters import since, until
from app.data.reads.keyset import row_order
from app.data.reads.read_request import ReadRequest
from app.data.reads.totals import Outdated
from app.data.serialization import Wire
from app.data.visibility import those_shown
from app.errors import InvalidInput, LoginRequired, NotFound
from app.runtime import runtime
from app.search.noted_misses import note_miss
from app.search.port import WINDOW
from app.search.rows import WORDLESS_RELEVANCE
from blueprints.platform.bff.highlighted import Highlights, highlighted
from blueprints.platform.bff.indexes import (
    HELD,
    RELEVANCE,
    CallersIndex,
    index_for,
    indexes_with_suggestions,
    indexes_with_words,
)
from blueprints.platform.bff.models import SavedFilter
from blueprints.platform.bff.narrowed import Condition, Narrowed, rows_seen
from blueprints.platform.bff.rules import (
    LONGEST_VALUE,
    MOST_INDEXES,
    FieldCondition,
    ListRequest,
    SearchRequest,
    read_filters,
    wrong,
)
from blueprints.platform.bff.stored_views import copies_of
from blueprints.platform.bff.word_index import EVERYWHERE, searched_as, suggested
from blueprints.platform.bff.words import MOST_WORDS, NAMES_NOTHING, asks_too_much, names_rows


@dataclass(frozen=True)
class Found:
    """A page of rows, the total, the cursor of the next page, what is said of how it was found, and where the words
    stand, None unless that is asked for."""

    index: CallersIndex
    rows: list[Wire]
    total: int
    next: str | None
    facets: dict[str, dict[str, Any]]
    manner: dict[str, Any]
    outdated: Outdated | None
    highlights: Highlights | None


def conditions_of(index: CallersIndex, said: Mapping[str, Any] | None) -> list[FieldCondition]:
    """Return what a map of filters asks for; raises InvalidInput that names each wrong one."""
    found, faults = _read(index, said)
    if faults:
        raise InvalidInput(wrong(faults), detail=faults)
    return found


def list_rows_of(actor: Actor, name: str, asked: ListRequest, said: Mapping[str, Any] | None,
                 joins: ReadRequest) -> Found:
    """Return a page of the rows of an index that the caller sees and that fulfil all filters, with facets.

    Raises NotFound, LoginRequired, Forbidden for the index, InvalidInput for what is asked."""
    index = index_for(actor, name)
    conditions = _checked(index, asked, said)
    asked, only = _in_order(index, asked)
    narrowed = Narrowed(index, conditions, asked.words, only=only)
    page, following = narrowed.page(asked)
    is_last = following is None and asked.after is None and (page or not asked.offset)
    # The last page tells the total by itself.
    total, outdated = (asked.offset + len(page), None) if is_last else narrowed.total()
    facets, aged = narrowed.facets([index.countable[facet] for facet in asked.facets], total)
    outdated = min((one for one in (outdated, aged) if one), key=attrgetter("counted_at"), default=None)
    if narrowed.is_miss:
        note_miss(actor, searched_as(index), asked.words)
    rows = _completed(index, page, _joined(index, joins, asked.fields))
    marks = highlighted(index, narrowed.marked_words, rows) if asked.highlight else None
    return Found(index, _cut(rows, asked.fields), total, following, facets, narrowed.manner, outdated, marks)


def count_rows_of(actor: Actor, name: str, asked: ListRequest,
                  said: Mapping[str, Any] | None) -> tuple[int, Outdated | None, dict[str, Any]]:
    """Return how many rows a list has in all, its age where it may be old, and what is said of how its words were
    looked for."""
    index = index_for(actor, name)
    conditions = _checked(index, asked, said)
    narrowed = Narrowed(index, conditions, asked.words, only=_in_order(index, asked)[1])
    return *narrowed.total(), narrowed.manner


@dataclass(frozen=True)
class Group:
    """What a search found in one index: the first rows, and how many there are."""

    index: CallersIndex
    rows: list[Wire]
    total: int
    manner: dict[str, Any]
    is_miss: bool
    highlights: Highlights | None


def search_all(actor: Actor, asked: SearchRequest, joins: ReadRequest) -> list[Group]:
    """Return of each index what holds the words, grouped by index; scores are never mixed (FD-11).

    Without names it looks in all that have words, and leaves out where nothing is found. However many are asked, no
    more rows than those of one list are looked through one by one. Raises as index_for, and InvalidInput for an index
    without words."""
    if asked.faults:
        raise InvalidInput(wrong(asked.faults), detail=asked.faults)
    indexes = [index_for(actor, name) for name in asked.indexes] or indexes_with_words(actor)
    if not indexes:
        raise LoginRequired("errMsg_searchRequiresLogin")
    wordless = [index.name for index in indexes if not index.words]
    if wordless:
        said = f"no words are looked for in {wordless[0]}"
        raise InvalidInput(f"indexes: {said}", detail={"indexes": said})
    if not names_rows(asked.words):
        if asked.indexes and any(index.is_named_only for index in indexes):
            raise InvalidInput(f"q: {NAMES_NOTHING}", detail={"q": NAMES_NOTHING})
        indexes = [index for index in indexes if not index.is_named_only]
    most = WINDOW // max(1, len(indexes))
    groups = [_group(index, asked, joins, most) for index in indexes]
    if any(group.is_miss for group in groups) and not any(group.total for group in groups):
        note_miss(actor, searched_as(indexes[0]) if len(indexes) == 1 else EVERYWHERE, asked.words)
    return [group for group in groups if group.total or asked.indexes]


def suggest_words(actor: Actor, text: str, names: Sequence[str]) -> dict[str, list[str]]:
    """Return by index what a text that is being typed may become, the likeliest first: words that every login may read
    and that find something for the caller (FD-5). Without names, of all indexes that have such words.

    Raises as index_for, and InvalidInput for a text that is too long and for an index without such words."""
    faults = {}
    if len(text) > LONGEST_VALUE or "\x00" in text:
        faults["q"] = f"expected at most {LONGEST_VALUE} characters"
    if len(names) > MOST_INDEXES:
        faults["indexes"] = f"expected at most {MOST_INDEXES}"
    indexes = [] if faults else [index_for(actor, name) for name in names] or indexes_with_suggestions(actor)
    if silent := [index.name for index in indexes if not index.object.suggested]:
        faults["indexes"] = f"nothing is suggested of {silent[0]}"
    if faults:
        raise InvalidInput(wrong(faults), detail=faults)
    if not indexes:
        raise LoginRequired("errMsg_searchRequiresLogin")
    return {index.name: suggested(index, text) for index in indexes}


def _group(index: CallersIndex, asked: SearchRequest, joins: ReadRequest, most: int) -> Group:
    narrowed = Narrowed(index, (), asked.words, most)
    page, _ = narrowed.page(ListRequest(limit=asked.limit, words=asked.words))
    rows = _completed(index, page, joins)
    return Group(index, rows, narrowed.total()[0], narrowed.manner, narrowed.is_miss,
                 highlighted(index, narrowed.marked_words, rows) if asked.highlight else None)


def get_row_of(index: CallersIndex, object_id: str, joins: ReadRequest, fields: Sequence[str] = ()) -> Wire:
    """Return the row of that id as the caller sees it, of it the named members alone where some are named.

    Raises NotFound, and InvalidInput for a member that no row has."""
    if said := _unknown_field(index, fields):
        raise InvalidInput(wrong(said), detail=said)
    row = rows_seen(index.object.visibility, index.actor, [object_id])
    rows = _cut(_completed(index, row, _joined(index, joins, fields)), fields)
    if not rows:
        raise NotFound
    return rows[0]


def schema_of(actor: Actor, name: str) -> dict[str, Any]:
    """Return what the caller may filter, sort and count, with the operators of each (rules-platform §5.2)."""
    index = index_for(actor, name)
    filterable = list(index.properties)
    return {"filtirableFields": filterable, "filterableFields": filterable, "sortableFields": list(index.sortable),
            "facetFields": list(index.countable), "wordFields": list(index.words), "sorts": list(index.sorts),
            "rowFields": list(index.row_fields),
            "fields": {name: {"type": one.kind, "operators": list(one.operators),
                              **({"options": list(one.options)} if one.options and not one.place_of else {})}
                       for name, one in index.properties.items()}}


def list_saved_filters(actor: Actor, name: str, page: int, limit: int) -> Listing:
    """Return a page of the filters that the caller keeps for an index, the oldest first; raises as index_for."""
    index = index_for(actor, name)
    query = select(*SavedFilter.__table__.columns).where(
        SavedFilter.realm == actor.realm, SavedFilter.user_id == actor.user_id,
        SavedFilter.index_name == index.name)
    return list_query(query, row_order(SavedFilter.created_at, SavedFilter.id), Page(page, limit), saved_filter_row)


def saved_filter_row(row: Any) -> Wire:
    """Return a kept filter as the wire has it."""
    return {"id": row.id, "userId": row.user_id, "indexName": row.index_name, "filterName": row.filter_name,
            "conditions": row.conditions, "createdAt": iso(row.created_at)}


def _checked(index: CallersIndex, asked: ListRequest, said: Mapping[str, Any] | None) -> list[FieldCondition]:
    faults = dict(asked.faults)
    conditions, wrong_filters = _read(index, said)
    faults |= _unknown_field(index, asked.fields)
    if asked.sort is not None and asked.sort not in index.sorts:
        faults["sort"] = f"expected one of {', '.join(index.sorts)}"
    elif asked.sort == RELEVANCE.name and not asked.words.strip():
        faults["sort"] = WORDLESS_RELEVANCE
    if asked.sort_by is not None and asked.sort_by not in index.sortable:
        faults["sortBy"] = f"expected one of {', '.join(index.sortable)}"
    if unknown := [name for name in asked.facets if name not in index.countable]:
        faults["facets"] = f"{unknown[0][:100]} is none; expected some of {', '.join(index.countable)}"
    if index.is_named_only and not names_rows(asked.words, conditions):
        faults.setdefault("q", NAMES_NOTHING)
    faults |= wrong_filters
    if faults:
        raise InvalidInput(wrong(faults), detail=faults)
    return conditions


def _in_order(index: CallersIndex, asked: ListRequest) -> tuple[ListRequest, tuple[Condition, ...]]:
    """Return what is asked with its order as a field, and which rows an order by name has."""
    if asked.sort is None:
        return asked, ()
    order = index.sorts[asked.sort]
    return replace(asked, sort_by=order.field or None, descending=order.descending), order.only()


def _unknown_field(index: CallersIndex, fields: Sequence[str]) -> dict[str, str]:
    known = index.row_fields if fields else ()
    unknown = [name for name in fields if name not in known]
    return {"fields": f"{unknown[0][:100]} is no member of these rows"} if unknown else {}


def _joined(index: CallersIndex, joins: ReadRequest, fields: Sequence[str]) -> ReadRequest:
    """Return what is joined: nothing where the named members are all the rows' own."""
    own = {*index.known, HELD}
    return ReadRequest(joins=False) if fields and own.issuperset(fields) else joins


def _cut(rows: list[Wire], fields: Sequence[str]) -> list[Wire]:
    """Return of each row the named members that it has, and its id; all of it where none is named."""
    if not fields:
        return rows
    wanted = dict.fromkeys(("id", *fields))
    return [{name: row[name] for name in wanted if name in row} for row in rows]


def _read(index: CallersIndex, said: Mapping[str, Any] | None) -> tuple[list[FieldCondition], dict[str, str]]:
    """Return the conditions of a map of filters, and what is wrong with each of the others (read_filters)."""
    if said is not None and not said:
        return [], {}
    found, faults = read_filters(said, index.properties, _reader_of(index.actor.realm))
    return found, faults | {one.of.name: f"values: expected at most {MOST_WORDS} words in all"
                            for one in found if asks_too_much(one)}


def _reader_of(realm: str) -> Any:
    zone, column = runtime().settings.zone_of(realm), SavedFilter.created_at
    first, last = since(column, "from").parse, until(column, "to").parse

    def read(text: str, is_end: bool) -> datetime:
        moment: datetime = (last if is_end else first)(text, zone)
        return moment
    return read


def _completed(index: CallersIndex, rows: list[Wire], joins: ReadRequest) -> list[Wire]:
    """Return rows that the caller sees as he sees them, with what they point at."""
    actor, asked = index.actor, ReadRequest() if index.view else joins
    copies = copies_of(actor, index.view, index.model, rows) if index.view else None
    holdings().joins.add(actor, asked, index.model, rows, copies)
    return index.object.completed(actor, asked, those_shown(index.object.visibility, rows, actor))
