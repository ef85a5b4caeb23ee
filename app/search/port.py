"""The port every search engine implements: what services may ask of an index and what they get."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Operator = Literal[
    "eq", "noteq", "in", "not_in", "range", "exists", "missing", "prefix", "wildcard", "match", "phrase",
    "phrase_prefix",
]

WINDOW = 10_000
"""Within how many documents a page lies: deeper ones hold nothing a visitor looks at (FD-9)."""
MOST_SUGGESTED = 10
"""How many texts are suggested for what is being typed."""


class InvalidSearch(ValueError):
    """The query names a field or operator the index does not offer; a client's mistake."""


class IndexBusy(RuntimeError):
    """Another process writes or rebuilds the index right now; try again later."""


class IndexNeedsRebuild(RuntimeError):
    """The stored index is missing, damaged or of an older description."""


@dataclass(frozen=True)
class Document:
    """What is indexed under an id; a version lower than or equal to the stored one changes nothing."""

    id: str
    version: int
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Removal:
    """Takes an id out; with a version, later arrivals of older documents stay out too."""

    id: str
    version: int | None = None


Change = Document | Removal


@dataclass(frozen=True)
class Filter:
    """One condition; all conditions of a query must hold.

    `range` takes a pair (from, to), both inclusive, None for open; `in` and `not_in` take a sequence; `exists` and
    `missing` none. `noteq` and `not_in` hold where there is no value.
    """

    field: str
    operator: Operator
    value: Any = None


@dataclass(frozen=True)
class AllOf:
    """All of these conditions hold."""

    parts: "Sequence[Condition]"


@dataclass(frozen=True)
class AnyOf:
    """One of these conditions holds; of none of them, nothing does."""

    parts: "Sequence[Condition]"


Condition = Filter | AllOf | AnyOf


@dataclass(frozen=True)
class Sort:
    """Order by a sortable field; documents without a value come last either way, ties by id."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class SearchQuery:
    """Words, conditions, the counts and ranges wanted and the page. Without `sort`: best match first.

    All words must occur, as they are. A `forgiving` query also takes the other number of a word; where none has a word
    that is one letter away from a known one it takes that; and when fewer than ten are found, any of the words do,
    what holds all of them first, then by how much of the query it holds (FD-4). `any_word` says whether they do, for
    who asks more of a query that has been decided. The last word stands for the first thousand words of a segment that
    begin so; for all of them where the query is of `private` documents, of which what is not found would tell that
    others wrote words between (docs/decisions/118)."""

    text: str = ""
    filters: Sequence[Condition] = ()
    facets: Sequence[str] = ()
    sort: Sort | None = None
    offset: int = 0
    limit: int = 25
    forgiving: bool = False
    any_word: bool | None = None
    ranges: Sequence[str] = ()
    private: bool = False


@dataclass(frozen=True)
class Hit:
    """One found document with its relevance."""

    id: str
    score: float
    fields: dict[str, Any]


@dataclass(frozen=True)
class SearchResult:
    """The page, the total before paging, value → count per facet, most frequent first, and of each range asked for the
    least and the highest value, None where none of what is found has one.

    `ready` is False when the index could not be read: the answer is empty, the rebuild is asked for, and the caller
    may fall back on SQL. Of a forgiving query, `relaxed` says that any of the words did, `corrected` what was looked
    for instead of what was typed.
    """

    total: int = 0
    hits: tuple[Hit, ...] = ()
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    ready: bool = True
    relaxed: bool = False
    corrected: str | None = None
    ranges: dict[str, tuple[float, float] | None] = field(default_factory=dict)


@dataclass(frozen=True)
class IndexStatus:
    """How an index stands, for `flask index status`."""

    name: str
    state: Literal["ready", "missing", "damaged", "outdated"]
    documents: int = 0
    segments: int = 0
    size_bytes: int = 0
    updated_at: datetime | None = None
    rebuild_done: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class RebuildSource:
    """Where a rebuild reads the truth: documents in ascending id order after a given id, and how many there are."""

    documents: Callable[[str | None], Iterable[Document]]
    total: Callable[[], int]


class SearchIndex(Protocol):
    """One named index."""

    def apply(self, changes: Iterable[Change]) -> int:
        """Documents and removals in order, durable on return; returns how many changed something.

        Raises IndexBusy, IndexNeedsRebuild."""

    def search(self, query: SearchQuery) -> SearchResult:
        """The page asked for. Raises InvalidSearch only."""

    def ids(self, query: SearchQuery, most: int | None = None) -> list[str] | None:
        """The ids of all matches in order, whatever page the query asks for, as they stood at one moment; of the first
        `most` where that is said.

        None while the index cannot be read. Raises InvalidSearch only."""

    def suggest(self, text: str, conditions: Sequence[Condition] = (), most: int = MOST_SUGGESTED) -> list[str]:
        """The texts that one which is being typed may become, the likeliest first: its last word is completed.

        Each has a hit that fulfils the conditions, which are the caller's. Raises InvalidSearch only."""

    def refresh(self) -> None:
        """Let the next search see everything committed until now, by other processes too."""

    def versions(self) -> Iterator[tuple[str, int]]:
        """Every (id, version) indexed, to compare with the database."""

    def rebuild(
        self, source: RebuildSource, *, progress: Callable[[int, int], None] | None = None, resume: bool = True
    ) -> int:
        """Write the index anew beside the served one and swap; returns the number of documents. Raises IndexBusy."""

    def compact(self) -> int:
        """Let nothing stay on the disk of documents that were taken out. Raises IndexBusy, IndexNeedsRebuild."""

    def status(self) -> IndexStatus:
        """State, size and age."""
