"""The rows of a data object as they are searched: which belong in the index, what of them, and how they are found.

The service that owns the rows says so in its index.py; nobody else reads its table."""
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from app.actor import Actor
from app.data.entity import Entity
from app.data.reads import Listing, fetch, fetch_one
from app.data.reads.filters import Filters, searched
from app.data.reads.keyset import position_cursor, position_of, row_order
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.visibility import Expression, attributes_of, read_objects, rule_in_index
from app.errors import InvalidInput
from app.search import port
from app.search.catalogue import DeclaredIndex, search_index, suggestions
from app.search.fields import IndexSchema
from app.search.highlighting import highlights
from app.search.noted_misses import note_miss
from app.search.port import WINDOW, Condition, Document, Filter, RebuildSource, SearchQuery, SearchResult, Sort
from app.search.synonyms import synonyms_file
from app.search.walk import holding, walk

MOST_TEXT = 2000
"""The characters of a text that are searched; what stands behind them is found by nobody."""
_BATCH = 1000
NEWEST_FIRST = Sort("createdAt", descending=True)

Search = Callable[[SearchQuery], SearchResult]


@dataclass(frozen=True)
class IndexedRows:
    """The rows of a data object that one index of words has: those that fulfil `where`."""

    schema: IndexSchema
    model: type[Entity]
    where: tuple[ColumnElement[bool], ...]
    means: Mapping[Expression, Expression] = field(default_factory=dict, kw_only=True)
    """What parts of the object's visibility mean of these rows, because of `where`: the index can be asked what is left
    (rule_in_index)."""
    through: Mapping[str, "IndexedRows"] = field(default_factory=dict, kw_only=True)
    """Of each object that these rows point at, and are seen through: the rows of it that an index has. Only rows behind
    one of those fulfil `where`, and fields of it stand in the documents (field_through)."""
    words: Any = field(default=None, kw_only=True)
    """The column that keeps the words of a row, where one does (app/folding.py, stored_words): SQL finds by it while
    the index is away."""
    every_login_reads: bool = field(default=True, kw_only=True)
    """Whether `where` leaves nothing that some login may not read: only then words of it are suggested or correct
    others (FD-5), and only then rows are ordered by how rare words are."""
    people: tuple[str, ...] = field(default=(), kw_only=True)
    """The fields that name people: their rows are read again when one of them is gone for good."""

    def seen_by(self, actor: Actor) -> Condition | None:
        """Return what an actor sees of these rows as the index is asked it, None where it cannot tell."""
        one = read_objects().get(self.model.__realm__, self.model.__object__)
        return rule_in_index(one.visibility, actor, port, means=self.means, through={
            name: rows.means for name, rows in self.through.items()})

    def suggested(self, actor: Actor, text: str) -> list[str]:
        """Return what a text that is being typed may become for an actor: words of rows that he sees (FD-5)."""
        seen = self.seen_by(actor)
        return [] if seen is None else suggestions(self.schema.name, text, [seen])


@dataclass(frozen=True)
class WordedRows(IndexedRows):
    """One index of rows whose documents are made of the rows themselves, and follow their events.

    Fields of the schema are called as on the wire, hidden columns as they would be, `createdAt` is one of them; what no
    property holds is a column of `made`."""

    made: Mapping[str, ColumnElement[Any]] = field(default_factory=dict, kw_only=True)

    @cached_property
    def index(self) -> DeclaredIndex:
        """The index as its service declares it."""
        return DeclaredIndex(self.schema, RebuildSource(self._documents, self._total), present=self.present,
                             every_login_reads=self.every_login_reads, rows=self)

    def present(self, ids: Sequence[str]) -> list[Document]:
        """Return the documents of those among the ids that belong in the index now, in one statement."""
        return self._read(self._query.where(self.model.id.in_(ids)))

    def property_of(self, name: str) -> Any:
        """Return the column of a property."""
        return getattr(self.model, attributes_of(self.model)[name])

    @cached_property
    def _query(self) -> Select[Any]:
        columns = (self.made[one.name] if one.name in self.made else beginning(self.property_of(one.name))
                   for one in self.schema.fields)
        return select(self.model.id, self.model.record_version, *columns).where(
            self.model.is_active.is_(True), *self.where)

    def _documents(self, after: str | None) -> Iterator[Document]:
        while True:
            some = self._read(self._query.where(self.model.id > (after or "")).order_by(self.model.id).limit(_BATCH))
            yield from some
            if len(some) < _BATCH:
                return
            after = some[-1].id

    def _total(self) -> int:
        row = fetch_one(select(func.count()).select_from(self.model).where(self.model.is_active.is_(True), *self.where))
        return int(row[0]) if row else 0

    def _read(self, query: Select[Any]) -> list[Document]:
        names = [one.name for one in self.schema.fields]
        return [Document(id, version, dict(zip(names, values, strict=True)))
                for id, version, *values in map(list, fetch(query))]


@dataclass(frozen=True)
class SearchedRows(WordedRows):
    """One index that a search service looks into as well: rows of which everybody who is logged in may see each, blocks
    aside.

    Conditions on its fields are `filters`. `seen` reads rows for an actor as lists show them, by the business read
    rule, in a number of statements that does not depend on their number; who of `people` is at rest hides his rows."""

    seen: Callable[[Actor, ReadRequest, Sequence[str]], Mapping[str, Wire]]
    filtered: tuple[str, ...]
    depends_on: tuple[str, ...] = ()
    """The version keys behind what `seen` returns, besides the rows' own; of rows that are joined, too."""
    blockable: str = ""
    """The field that names whose rows a block hides."""

    @property
    def version_keys(self) -> tuple[str, ...]:
        """The version keys that a remembered answer stands under."""
        return (self.index.version_key, *self.depends_on)

    @cached_property
    def filters(self) -> Filters:
        """The query parameters of a search."""
        return Filters(tuple(searched(self.property_of(name)) for name in self.filtered))

    @property
    def facets(self) -> list[str]:
        """The fields whose values are counted."""
        return [one.name for one in self.schema.fields if one.facet]

    def newest(self) -> list[Document]:
        """Return the documents of the newest rows, as many as pages reach: for while there is no index (FD-8)."""
        return self._read(self._query.order_by(self.model.created_at.desc(), self.model.id.desc()).limit(WINDOW))


def ids_where(model: type[Entity], column: Any, value: str, most: int,
              after: str | None = None) -> tuple[list[str], str | None]:
    """Return the ids of the first active rows whose column holds this value, oldest first, and the cursor behind which
    the next stand, None at the end: by an index of the column and `createdAt`."""
    order = row_order(model.created_at, model.id)
    behind = [] if after is None else [order.behind(order.values(after))]
    some = fetch(select(model.id, model.created_at).where(column == value, model.is_active.is_(True), *behind)
                 .order_by(*order.clauses).limit(most))
    return [row.id for row in some], order.cursor([some[-1].created_at, some[-1].id]) if len(some) == most else None


def manner(result: SearchResult) -> dict[str, Any]:
    """Return what an answer says of how it was found: `degraded` without the index, `relaxed` by any of the words,
    `corrected` by other words than were typed."""
    said = {"degraded": not result.ready, "relaxed": result.relaxed, "corrected": result.corrected}
    return {name: value for name, value in said.items() if value}


def chosen_indexes(written: str | None, known: Mapping[str, SearchedRows]) -> list[SearchedRows]:
    """Return the indexes named in a list with commas, all when none is written; raises InvalidInput."""
    names = dict.fromkeys(part.strip() for part in written.split(",")) if written else known
    if not known.keys() >= set(names):
        wrong = f"expected some of {', '.join(known)}"
        raise InvalidInput(f"indexes: {wrong}", detail={"indexes": wrong})
    return [known[name] for name in names]


WORDLESS_RELEVANCE = "relevance is that of words: expected some in q"
"""What is said to who asks for the best match first of nothing."""
ASKED_WORDS = "words to search for, the last may be a beginning; best match first, what holds all of them before " \
              "what holds some; a plural finds its singular, a word that nothing holds the one that is a letter away"
ASKED_HIGHLIGHTS = "true: the answer says in `highlights` where the words stand"
HIGHLIGHTS: dict[str, Any] = {"highlights": {
    "type": "object", "description": "with highlight=true: by id of the row and by property, a piece of at most about "
    "200 characters of the row's text as HTML: escaped, the words found in <em>, an ellipsis where it is cut. Rows and "
    "properties without a word are missing",
    "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}}}}
"""What documents say of highlights."""
ASKED_BEGINNING = "what is being typed; its last word, of which two letters or more are there, is completed"
SUGGESTED: dict[str, Any] = {
    "type": "object", "description": "by index, the texts that it may become, the most frequent word first, at most "
    "10: each finds something that the caller may read; folded, without capitals and accents",
    "additionalProperties": {"type": "array", "items": {"type": "string"}, "maxItems": 10}}
"""What documents say of suggestions."""
MANNER: dict[str, Any] = {
    "relaxed": {"type": "boolean", "const": True, "description": "there when fewer than ten hold all words: these hold "
                "any of them, those that hold all first"},
    "corrected": {"type": "string", "description": "there when nothing holds a word as it was typed: what was looked "
                  "for instead, a letter away"},
    "degraded": {"type": "boolean", "const": True, "description": "there while the index is being rebuilt: only the "
                 "newest 10,000 rows were searched, the newest first"}}
"""What documents say of words and of the manner."""


def find_rows(rows: SearchedRows, actor: Actor, asked: ReadRequest, *narrowing: Filter) -> Listing:
    """Return a page of the rows that hold the words of `q` and fulfil the filters, best match first; without words
    the newest first. Of `q` is forgiven what a forgiving query forgives (app/search/port.py); the answer says so.

    Beside them stand the facets: how often each value occurs among all that is found. A filter does not narrow the
    facet of its own field. `narrowing` leaves out what the actor does not see. The rows are read by the business read
    rule: what was hidden a moment ago is missing at once, and counted until its event has been delivered.
    While the index is being rebuilt, the newest rows are searched, and the answer says `degraded`. Raises InvalidInput
    for a page beyond the window, and for a wrong `after`."""
    words = asked.arguments.get("q", "")
    given = {one["name"]: rows.filters.values(one) for one in asked.filters}
    order = f"{rows.schema.name} {words} {sorted(given.items())}"
    page = asked.page
    offset = page.offset if page.after is None else position_of(order, page.after)
    if offset >= WINDOW:
        raise InvalidInput(f"pageNumber: a page lies within the first {WINDOW} rows", detail={
            "pageNumber": f"expected a page within the first {WINDOW} rows"})
    query = SearchQuery(words, [*narrowing, *_filters(given)], rows.facets, None if words.strip() else NEWEST_FIRST,
                        offset, min(page.rows, WINDOW - offset), forgiving=True)
    result, search = answered(rows.schema, rows.newest, query)
    decided = replace(query, text=result.corrected or words, any_word=result.relaxed, sort=None, offset=0, limit=0)
    counts = result.facets | {name: _counts(search, name, replace(decided, filters=[
        *narrowing, *_filters(given, without=name)])) for name in rows.facets if name in given}
    seen = rows.seen(actor, asked, [hit.id for hit in result.hits])
    end = offset + len(result.hits)
    following = position_cursor(order, end) if end < min(result.total, WINDOW) else None
    extras = {"facets": counts} | manner(result)
    if wants_highlights(asked):
        extras["highlights"] = highlights(rows.schema, result.corrected or words, synonyms_file().current(), seen)
    missed = is_miss(words, result) and not given
    if missed:
        note_miss(actor, rows.schema.name, words)
    return Listing([seen[hit.id] for hit in result.hits if hit.id in seen], result.total, page, following,
                   extras=extras, remembered=not missed)


def wants_highlights(asked: ReadRequest) -> bool:
    """Return whether the places of the words are asked for."""
    return asked.arguments.get("highlight", "").lower() == "true" and bool(asked.arguments.get("q", "").strip())


def is_miss(words: str, result: SearchResult) -> bool:
    """Return whether these words, typed to the end or not, were looked for in the index and found nothing."""
    return bool(words.strip()) and result.ready and not result.total


def answered(schema: IndexSchema, newest: Callable[[], list[Document]], query: SearchQuery
             ) -> tuple[SearchResult, Search]:
    """Return what the index finds, or a walk over the newest documents while it is being rebuilt, and what else may be
    asked of the same."""
    index = search_index(schema.name)
    # The answer is remembered under the index's version, so it must not be made from anything older.
    index.refresh()
    result = index.search(query)
    if result.ready:
        return result, index.search
    held = holding(schema, newest(), query.text)  # once: to fold a text costs most

    def search(among: SearchQuery) -> SearchResult:
        return walk(schema, held, replace(among, text=""))
    return search(query), search


def _filters(given: Mapping[str, Sequence[Any]], without: str = "") -> list[Filter]:
    return [Filter(name, "in", values) for name, values in given.items() if name != without]


def _counts(search: Search, name: str, query: SearchQuery) -> dict[str, int]:
    return search(replace(query, facets=(name,))).facets.get(name, {})


def beginning(column: Any) -> Any:
    """Return a column as its words are looked for: of a text what stands first."""
    return func.substr(column, 1, MOST_TEXT) if column.info["kind"] == "text" else column
