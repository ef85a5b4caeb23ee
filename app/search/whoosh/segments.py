"""One immutable segment of an index: its columns held in arrays, its lists of words read from the map of its file."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import copy
from math import isfinite
from typing import Any, TypeVar

import orjson
from whoosh.fields import Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.reading import SegmentReader

from app.folding import fold
from app.search.text import SEPARATOR
from app.search.whoosh.layout import ID, SOURCE, VERSION, WORDS, column_name
from app.search.whoosh.mapped import MappedStorage
from app.search.whoosh.word_lists import NOWHERE, Postings

_T = TypeVar("_T")
_NO_WORDS = object()


class SegmentDamaged(RuntimeError):
    """The bytes of a segment make no sense."""


class KeywordRows:
    """A keyword column: `codes[doc]` indexes `values`; code 0 is missing."""

    def __init__(self, codes: "array[int]", values: list[str | None]) -> None:
        self.codes = codes
        self.values = values
        self._code_of: dict[str | None, int] | None = None
        self._holding: dict[str, list[int]] | None = None
        self._docs: dict[int, array[int]] | None = None

    def code_of(self, value: str) -> int | None:
        """The code of a value, None when no document has it."""
        if self._code_of is None:
            self._code_of = {known: code for code, known in enumerate(self.values)}
        return self._code_of.get(value)

    def docs_of(self, code: int) -> Sequence[int]:
        """The documents with a code, ascending; the lists of all codes are made once."""
        if self._docs is None:
            found: dict[int, array[int]] = defaultdict(lambda: array("I"))
            for doc, held in enumerate(self.codes):
                found[held].append(doc)
            self._docs = dict(found)
        return self._docs.get(code, ())

    def codes_holding(self, item: str, folded: bool) -> Sequence[int]:
        """The codes of the values that hold this item; of a folded field all are compared in that form."""
        if self._holding is None:
            holding: dict[str, list[int]] = {}
            for code, value in enumerate(self.values):
                for one in () if value is None else value.split(SEPARATOR):
                    holding.setdefault(fold(one) if folded else one, []).append(code)
            self._holding = holding
        return self._holding.get(item, ())


class SegmentData:
    """Everything a search needs of a segment; safe to share between threads."""

    def __init__(self, storage: FileStorage, schema: Schema, segment: Any) -> None:
        self.id: str = segment.segment_id()
        self._reader = SegmentReader(storage, schema, _mapped(segment))
        self.size: int = self._reader.doc_count_all()
        self._columns: dict[str, Any] = {}
        self._removed: tuple[int, ...] | None = None
        self._docs: dict[str, int] | None = None

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
        return self._of_words(field, lambda words: words.count(word), 0)

    def postings(self, field: str, word: str, most: int | None = None) -> Postings:
        """Where a word occurs, the first so many documents of it; empty when nowhere."""
        return self._of_words(field, lambda words: words.postings(word, most), NOWHERE)

    def doc_of(self, id: str) -> int | None:
        """The document with an id, wherever it stands in its life."""
        if self._docs is None:
            ids = self.ids()
            self._docs = {str(ids.values[code]): doc for doc, code in enumerate(ids.codes)}
        return self._docs.get(id)

    def beginning_with(self, field: str, prefix: str, limit: int) -> list[str]:
        """Up to `limit` words that begin so, in order."""
        return self._of_words(field, lambda words: words.beginning_with(prefix, limit), [])

    def docs_beginning_with(self, field: str, prefix: str) -> Sequence[int]:
        """The documents that hold words that begin so, however many these are: by word, so some more than once."""
        return self._of_words(field, lambda words: words.rows_beginning_with(prefix), ())

    def most_frequent(self, field: str, prefix: str, most: int) -> list[tuple[str, int]]:
        """The words that begin so and stand in most documents, with in how many, removed ones too; in no order."""
        return self._of_words(field, lambda words: words.most_frequent(prefix, most), [])

    def one_letter_away(self, field: str, word: str) -> list[str]:
        """The words that begin with the same letter and differ in one letter that is there, missing or another."""
        return self._of_words(field, lambda words: words.one_letter_away(word), [])

    def check(self) -> None:
        """Read what every search needs. Raises SegmentDamaged."""
        self.ids(), self.versions()
        self._of_words(WORDS, lambda words: words.check(), None)

    def _of_words(self, field: str, read: Callable[[Any], _T], nothing: _T) -> _T:
        words = self._column(field, lambda name: self._reader.column_reader(name, translate=False)
                             if self._reader.has_column(name) else _NO_WORDS)
        return nothing if words is _NO_WORDS else self._guarded(lambda: read(words))

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

