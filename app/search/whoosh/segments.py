"""One immutable segment of an index with its columns and recent posting lists held in arrays.

Whoosh's posting readers share a file position, so they are used under a lock and only to fill these arrays.
"""

import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from heapq import nlargest
from itertools import islice
from math import isfinite
from typing import Any, NamedTuple, TypeVar

import orjson
from whoosh.fields import Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.reading import SegmentReader, TermNotFound

from app.folding import fold
from app.search.text import SEPARATOR
from app.search.whoosh.layout import ID, SOURCE, VERSION, column_name
from app.search.whoosh.mapped import MappedStorage

# Postings remembered per segment, eight bytes each; a list of them costs as much as so many more.
_REMEMBERED, _A_LIST = 100_000, 60
# Beginnings whose most frequent words are remembered per segment: those that very many words begin with.
_REMEMBERED_BEGINNINGS, _SHORT_BEGINNING = 256, 3

_T = TypeVar("_T")


class SegmentDamaged(RuntimeError):
    """The bytes of a segment make no sense."""


class Postings(NamedTuple):
    """The documents of a word, ascending, with the word's weight in each."""

    docs: "array[int]"
    weights: "array[float]"


class KeywordRows:
    """A keyword column: `codes[doc]` indexes `values`; code 0 is missing."""

    def __init__(self, codes: "array[int]", values: list[str | None]) -> None:
        self.codes = codes
        self.values = values
        self._code_of: dict[str | None, int] | None = None
        self._holding: dict[str, list[int]] | None = None

    def code_of(self, value: str) -> int | None:
        """The code of a value, None when no document has it."""
        if self._code_of is None:
            self._code_of = {known: code for code, known in enumerate(self.values)}
        return self._code_of.get(value)

    def codes_holding(self, item: str, folded: bool) -> Sequence[int]:
        """The codes of the values that hold this item; of a folded field all are compared in that form."""
        if self._holding is None:
            holding: dict[str, list[int]] = {}
            for code, value in enumerate(self.values):
                for one in () if value is None else value.split(SEPARATOR):
                    holding.setdefault(fold(one) if folded else one, []).append(code)
            self._holding = holding
        return self._holding.get(item, ())


_NONE = Postings(array("I"), array("f"))


class SegmentData:
    """Everything a search needs of a segment; safe to share between threads."""

    def __init__(self, storage: FileStorage, schema: Schema, segment: Any) -> None:
        self.id: str = segment.segment_id()
        self._reader = SegmentReader(storage, schema, _mapped(segment))
        self.size: int = self._reader.doc_count_all()
        self._lock = threading.Lock()
        self._columns: dict[str, Any] = {}
        self._postings: OrderedDict[tuple[str, str], Postings] = OrderedDict()
        self._remembered = 0
        self._beginnings: OrderedDict[tuple[str, str, int], tuple[str, array[int]]] = OrderedDict()
        self._removed: tuple[int, ...] | None = None

    def keywords(self, name: str) -> KeywordRows:
        """The keyword (or lower-cased text) column of a field."""
        return self._column(column_name(name), self._load_keywords)

    def ids(self) -> KeywordRows:
        """The id of each document."""
        return self._column(ID, self._load_keywords)

    def numbers(self, name: str) -> "array[float]":
        """The number or instant column of a field, NaN where missing."""
        return self._column(column_name(name), self._load_numbers)

    def versions(self) -> "array[float]":
        """The version of each document, below zero for removed ones."""
        return self._column(VERSION, self._load_versions)

    def removed(self) -> tuple[int, ...]:
        """The documents that only mark a removal."""
        if self._removed is None:
            self._removed = tuple(doc for doc, version in enumerate(self.versions()) if version < 0)
        return self._removed

    def source(self, doc: int) -> bytes:
        """The JSON of a document."""
        rows = self._column(SOURCE, lambda name: self._reader.column_reader(name, translate=False))
        return self._guarded(lambda: bytes(rows[doc]))

    def document(self, doc: int) -> Any:
        """The document as it was put in; raises SegmentDamaged when its bytes are no JSON any more."""
        return self._guarded(lambda: dict(orjson.loads(self.source(doc))))

    def frequency(self, field: str, word: str) -> int:
        """In how many documents of the segment a word occurs."""
        return self._guarded(lambda: int(self._reader.doc_frequency(field, word.encode())))

    def postings(self, field: str, word: str) -> Postings:
        """Where a word occurs; empty when nowhere."""
        key = (field, word)
        with self._lock:
            found = self._postings.get(key)
            if found is not None:
                self._postings.move_to_end(key)
                return found
        found = self._guarded(lambda: self._read_postings(field, word))
        with self._lock:
            self._remember(key, found)
        return found

    def doc_of(self, id: str) -> int | None:
        """The document with an id, wherever it stands in its life."""
        found = self._guarded(lambda: self._read_postings(ID, id))
        return found.docs[-1] if found.docs else None

    def beginning_with(self, field: str, prefix: str, limit: int) -> list[str]:
        """Up to `limit` words that begin so, in order."""

        def read() -> list[str]:
            if field not in self._reader.indexed_field_names():
                return []
            with self._lock:
                return [word.decode() for word in islice(self._reader.expand_prefix(field, prefix.encode()), limit)]

        return self._guarded(read)

    def most_frequent(self, field: str, prefix: str, most: int) -> list[tuple[str, int]]:
        """The words that begin so and stand in most documents, with in how many, removed ones too; in no order."""
        key = (field, prefix, most)
        with self._lock:
            known = self._beginnings.get(key)
            if known is not None:
                self._beginnings.move_to_end(key)
        if known is None:
            known = self._guarded(lambda: self._count_beginning(field, prefix, most))
            if len(prefix) <= _SHORT_BEGINNING:
                with self._lock:
                    self._beginnings[key] = known
                    while len(self._beginnings) > _REMEMBERED_BEGINNINGS:
                        self._beginnings.popitem(last=False)
        return list(zip(known[0].split(), known[1], strict=True))

    def _count_beginning(self, field: str, prefix: str, most: int) -> tuple[str, "array[int]"]:
        if field not in self._reader.indexed_field_names():
            return "", array("I")
        with self._lock:
            found = nlargest(most, ((info.doc_frequency(), word) for word, info in self._reader.iter_prefix(
                field, prefix.encode())))
        return " ".join(word.decode() for _, word in found), array("I", (count for count, _ in found))

    def first_docs(self, field: str, word: str, most: int) -> "array[int]":
        """The first documents of a word, as many as asked for; quicker than all of them."""
        with self._lock:
            found = self._postings.get((field, word))
        if found is not None:
            return found.docs[:most]
        return self._guarded(lambda: self._read_postings(field, word, most).docs)

    def one_letter_away(self, field: str, word: str) -> list[str]:
        """The words that begin with the same letter and differ in one letter that is there, missing or another."""

        def read() -> list[str]:
            if field not in self._reader.indexed_field_names():
                return []
            with self._lock:
                return list(self._reader.terms_within(field, word, 1, prefix=1))

        return self._guarded(read)

    def check(self) -> None:
        """Read what every search needs. Raises SegmentDamaged."""
        self.ids(), self.versions()
        self._guarded(lambda: next(iter(self._reader.all_terms()), None))

    def _column(self, name: str, load: Callable[[str], _T]) -> _T:
        loaded = self._columns.get(name)
        if loaded is None:
            loaded = self._guarded(lambda: load(name))
            self._columns[name] = loaded
        return loaded

    def _load_keywords(self, name: str) -> KeywordRows:
        if not self._reader.has_column(name):
            return KeywordRows(array("I", bytes(4 * self.size)), [None])
        column: Any = self._reader.column_reader(name, translate=False)
        return KeywordRows(*column.rows())

    def _load_numbers(self, name: str) -> "array[float]":
        if not self._reader.has_column(name):
            return array("d", [float("nan")]) * self.size
        column: Any = self._reader.column_reader(name, translate=False)
        rows: array[float] = column.rows()
        return rows

    def _load_versions(self, name: str) -> "array[float]":
        rows = self._load_numbers(name)
        if not all(map(isfinite, rows)):
            raise ValueError("a version is no number")
        return rows

    def _read_postings(self, field: str, word: str, most: int | None = None) -> Postings:
        docs, weights = array("I"), array("f")
        with self._lock:
            try:
                matcher = self._reader.postings(field, word.encode())
            except TermNotFound:
                return _NONE
            for doc, weight in islice(_walk(matcher), most):
                docs.append(doc)
                weights.append(weight)
        if max(docs, default=0) >= self.size:
            raise ValueError(f"{word} stands in document {max(docs)} of {self.size}")
        return Postings(docs, weights)

    def _remember(self, key: tuple[str, str], found: Postings) -> None:
        if key in self._postings:
            return
        self._postings[key] = found
        self._remembered += len(found.docs) + _A_LIST
        while self._remembered > _REMEMBERED and len(self._postings) > 1:
            _, forgotten = self._postings.popitem(last=False)
            self._remembered -= len(forgotten.docs) + _A_LIST

    def _guarded(self, read: Callable[[], _T]) -> _T:
        # Damaged bytes may raise nearly anything while they are decoded.
        try:
            return read()
        except Exception as error:
            raise SegmentDamaged(f"segment {self.id}: {type(error).__name__}: {error}") from error


def _mapped(segment: Any) -> Any:
    """Return the segment so that its files are opened without a copy; the one given may yet be written."""
    found = copy(segment)
    found.open_compound_file = lambda storage: MappedStorage(
        storage.open_file(found.make_filename(found.COMPOUND_EXT)), use_mmap=storage.supports_mmap)
    return found


def _walk(matcher: Any) -> Iterator[tuple[int, float]]:
    while matcher.is_active():
        yield matcher.id(), matcher.weight()
        matcher.next()
