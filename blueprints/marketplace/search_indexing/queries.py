"""The reads of searchIndexing: lists are SQL, words go to the search index and come back as rows in its order."""
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from sqlalchemy import exists, select

from app.actor import Actor, anonymous
from app.data.reads import Listing, Page, fetch, fetch_one, get_row, list_rows, rows_by_id
from app.data.reads.filters import Filters, equal
from app.data.reads.keyset import position_cursor, position_of
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.visibility import seen_by
from app.search import WINDOW, Filter, SearchQuery, SearchResult, Sort
from app.search.catalogue import search_index, suggestions
from app.search.highlighting import highlights
from app.search.in_sql import holds_words
from app.search.noted_misses import note_miss
from app.search.rows import Search, answered, is_miss, manner, wants_highlights
from app.search.synonyms import synonyms_file
from blueprints.marketplace.search_indexing.documents import SCHEMA, newest_documents, worded
from blueprints.marketplace.search_indexing.models import SearchIndex
from blueprints.marketplace.search_indexing.narrowing import PRICE, Narrowed, narrowed_by
from blueprints.marketplace.search_indexing.visibility import RECORDS
from blueprints.platform.people.queries import people_at_rest
from blueprints.platform.people.rules import SELLING

SEARCH_FILTERS = Filters((
    equal(SearchIndex.document_type), equal(SearchIndex.reference_id), equal(SearchIndex.indexed_at)))


def get_search_index(actor: Actor, search_index_id: str) -> Wire:
    """Return an active record; raises NotFound."""
    return get_row(SearchIndex, search_index_id)


def list_search_indexes(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of active records, oldest first; with `q`, those that hold its words, best match first, with what
    a forgiving query forgives; narrowed, counted and ordered as asked (narrowing.py).

    A cursor of best matches is a position among them, and none while the index is being rebuilt: InvalidInput. Pages
    of them end at the window; a whole list does not."""
    words, narrowed = asked.arguments.get("q", ""), narrowed_by(asked)
    if not words.strip() and not narrowed.is_any:
        return list_rows(SearchIndex, asked.page, *asked.where, *_of_active_sellers())
    page, order = asked.page, f"best match of {words}{narrowed if narrowed.is_any else ''}"
    offset = page.offset if page.after is None else position_of(order, page.after)
    within = offset + page.rows <= WINDOW
    query = replace(_query(asked, words, narrowed), offset=offset if within else 0, limit=page.rows if within else 0)
    found, search = answered(SCHEMA, newest_documents if narrowed.is_any else list, query)
    if found.ready or narrowed.is_any:
        rows = rows_by_id(SearchIndex, [hit.id for hit in found.hits], *asked.where, *_of_active_sellers())
        end = offset + page.rows
        following = position_cursor(order, end) if end < found.total and end + page.rows <= WINDOW else None
        missed = is_miss(words, found) and not asked.filters and not narrowed.is_any
        if missed:
            note_miss(actor, SCHEMA.name, words)
        listing = Listing([rows[hit.id] for hit in found.hits if hit.id in rows], found.total, page, following,
                          extras=manner(found) | _counted(asked, narrowed, query, found, search),
                          remembered=not missed and narrowed.is_timeless)
        is_all = end >= found.total
    else:
        listing = replace(_slowly(asked, words, page), extras=manner(found))
        is_all = listing.next is None
    if wants_highlights(asked):
        shown = {row["id"]: worded(orjson.loads(orjson.dumps(row["document"]))) for row in listing.rows}
        listing.extras["highlights"] = highlights(
            SCHEMA, found.corrected or words, synonyms_file().current(), shown)
    if page.number == 0 and not is_all:
        listing.rest = partial(_rest, asked, query, narrowed, frozenset(row["id"] for row in listing.rows))
    return listing


def _query(asked: ReadRequest, words: str, narrowed: Narrowed) -> SearchQuery:
    order = narrowed.order or (None if words.strip() else Sort("createdAt", descending=True))
    return SearchQuery(words, [*_search_filters(asked), *narrowed.filters()], sort=order, limit=0, forgiving=True)


def _counted(asked: ReadRequest, narrowed: Narrowed, query: SearchQuery, found: SearchResult, search: Search
             ) -> dict[str, Any]:
    """Return the facets and the range of prices that are asked for, of all that was found; a filter does not narrow the
    facet of its own field."""
    if not narrowed.facets:
        return {}
    decided = replace(query, text=found.corrected or query.text, any_word=found.relaxed, sort=None, offset=0, limit=0)

    def among(name: str, **wanted: Any) -> SearchResult:
        filters = [*_search_filters(asked, without=name), *narrowed.filters(without=name)]
        return search(replace(decided, filters=filters, **wanted))
    facets = {name: among(name, facets=(name,)).facets.get(name, {}) for name in narrowed.facets if name != PRICE}
    if PRICE not in narrowed.facets:
        return {"facets": facets}
    least, highest = among(PRICE, ranges=(PRICE,)).ranges.get(PRICE) or (None, None)
    return {"facets": facets, "ranges": {PRICE: {"min": least, "max": highest, "currency": narrowed.currency}}}


def _rest(asked: ReadRequest, query: SearchQuery, narrowed: Narrowed, sent: frozenset[str]) -> Iterator[list[Wire]]:
    """Yield all matches but those that are sent, in batches.

    Their ids are taken at once: positions move when the index changes meanwhile, and rows would come twice or never."""
    whole = replace(query, offset=0, limit=0)
    ids = search_index(SCHEMA.name).ids(whole)
    if ids is None and narrowed.is_any:
        ids = [hit.id for hit in answered(SCHEMA, newest_documents, replace(whole, limit=WINDOW))[0].hits]
    for rows in _slow_batches(asked, query.text) if ids is None else _batches(asked, ids):
        yield [row for row in rows if row["id"] not in sent]


def _batches(asked: ReadRequest, ids: list[str]) -> Iterator[list[Wire]]:
    size = asked.page.limit
    for at in range(0, len(ids), size):
        part = ids[at:at + size]
        rows = rows_by_id(SearchIndex, part, *asked.where, *_of_active_sellers())
        yield [rows[one] for one in part if one in rows]


def _slow_batches(asked: ReadRequest, words: str) -> Iterator[list[Wire]]:
    size, after = asked.page.limit, None
    while True:
        listing = _slowly(asked, words, Page(1, size, size, after))
        yield listing.rows
        after = listing.next
        if after is None:
            return


def suggest(text: str) -> dict[str, list[str]]:
    """Return by index what a text that is being typed may become: words of records that everybody finds."""
    return {SCHEMA.name: suggestions(SCHEMA.name, text, _seen_by_all())}


def _seen_by_all() -> list[Filter]:
    """Return the same as the search index compares it."""
    at_rest = people_at_rest("marketplace", SELLING)
    return [Filter("sellerId", "not_in", at_rest)] if at_rest else []


def _of_active_sellers() -> tuple[Any, ...]:
    """Leave out the records of sellers who are not active: what every record is asked, whoever looks."""
    return seen_by(RECORDS, anonymous("marketplace"))


def _search_filters(asked: ReadRequest, without: str = "") -> list[Filter]:
    """Return the list filters as the search index compares them; `null` finds nothing, for every record has them."""
    given = [echo for echo in asked.filters if echo["name"] != without]
    return _seen_by_all() + [Filter(
        echo["name"], "in", [value for value in SEARCH_FILTERS.values(echo) if value is not None]) for echo in given]


def _slowly(asked: ReadRequest, words: str, page: Page) -> Listing:
    """Look for the words in the table itself, while the index is being rebuilt; the oldest come first."""
    return list_rows(SearchIndex, page, *asked.where, *_of_active_sellers(),
                     holds_words(SearchIndex.words, words))


def dependants(reference: str, value: str, after: str, limit: int) -> list[tuple[str, str, str]]:
    """Return (id, documentType, referenceId) of the records that mention a category, subcategory or seller."""
    column = getattr(SearchIndex, reference)
    rows = fetch(select(SearchIndex.id, SearchIndex.document_type, SearchIndex.reference_id).where(
        column == value, SearchIndex.id > after, SearchIndex.is_active.is_(True))
        .order_by(SearchIndex.id).limit(limit))
    return [tuple(row) for row in rows]


def sells(user_id: str) -> bool:
    """Tell whether a user has a product among the records: that makes a seller (§9.3)."""
    query = select(exists().where(SearchIndex.seller_ref == user_id, SearchIndex.document_type == "PRODUCT",
                                  SearchIndex.is_active.is_(True)))
    row = fetch_one(query)
    return bool(row and row[0])


def indexed_references(document_type: str, after: str, limit: int) -> list[tuple[str, str]]:
    """Return (id, referenceId) of the active records of a type, in order of id, after a given one."""
    rows = fetch(select(SearchIndex.id, SearchIndex.reference_id).where(
        SearchIndex.document_type == document_type, SearchIndex.id > after, SearchIndex.is_active.is_(True))
        .order_by(SearchIndex.id).limit(limit))
    return [tuple(row) for row in rows]


def records_of(document_type: str, reference_ids: Iterable[str]) -> list[Any]:
    """Return every record of those references, those taken out too, in one statement."""
    columns = (SearchIndex.id, SearchIndex.record_version, SearchIndex.is_active, SearchIndex.document_type,
               SearchIndex.reference_id, SearchIndex.indexed_at, SearchIndex.created_at, SearchIndex.document,
               SearchIndex.seller_ref)
    wanted = list(reference_ids)
    return list(fetch(select(*columns).where(SearchIndex.document_type == document_type,
                                             SearchIndex.reference_id.in_(wanted)))) if wanted else []


def missing_references(document_type: str, reference_ids: Iterable[str]) -> list[str]:
    """Return those ids that have no active record."""
    wanted = list(reference_ids)
    known: set[Any] = {row.reference_id for row in fetch(select(SearchIndex.reference_id).where(
        SearchIndex.document_type == document_type, SearchIndex.reference_id.in_(wanted),
        SearchIndex.is_active.is_(True)))}
    return [reference_id for reference_id in wanted if reference_id not in known]


def seller_references() -> list[str]:
    """Return the ids of everybody who has a product among the records."""
    rows = fetch(select(SearchIndex.seller_ref).distinct().where(
        SearchIndex.document_type == "PRODUCT", SearchIndex.seller_ref.is_not(None), SearchIndex.is_active.is_(True)))
    return [row.seller_ref for row in rows]
