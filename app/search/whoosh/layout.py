"""How a document lies in Whoosh: as columns, one of them with the finished weight of each word, nothing else.

Whoosh's own column readers decode row by row and its scorers run per posting; both are too slow for filtered search.
"""

import struct
from array import array
from collections import defaultdict
from collections.abc import Mapping
from itertools import chain
from typing import Any

import orjson
from whoosh import columns, fields

from app.folding import indexed_words, words_and_codes
from app.search.fields import IndexSchema
from app.search.port import Document
from app.search.text import as_text, column_value, packed, value_of
from app.search.whoosh.word_lists import WordsColumn

ID = "id"
VERSION = "version"
SOURCE = "source"
WORDS = "words"

# BM25 with a fixed typical length, so that a weight is final when written and scores do not depend on segmentation.
_K1, _B, _TYPICAL_LENGTH = 1.2, 0.75, 40.0
_FOOTER = struct.Struct("<II")
_DOUBLE = struct.Struct("=d")
MISSING = float("nan")


def own_words(name: str) -> str:
    """The Whoosh field holding the words of one text field alone."""
    return f"w_{name}"


def column_name(name: str) -> str:
    """The Whoosh field holding a field's column."""
    return f"c_{name}"


def whoosh_schema(schema: IndexSchema) -> fields.Schema:
    """The Whoosh schema of an index description."""
    described: dict[str, Any] = {
        ID: fields.COLUMN(KeywordColumn()),
        VERSION: fields.COLUMN(NumberColumn()),
        SOURCE: fields.COLUMN(columns.VarBytesColumn()),
        WORDS: fields.COLUMN(WordsColumn()),
    }
    for field in schema.fields:
        if field.has_column:
            numeric = field.kind in ("number", "instant")
            described[column_name(field.name)] = fields.COLUMN(NumberColumn() if numeric else KeywordColumn())
        if field.has_own_words:
            described[own_words(field.name)] = fields.COLUMN(WordsColumn())
    return fields.Schema(**described)


def whoosh_document(schema: IndexSchema, document: Document) -> dict[str, Any]:
    """The keyword arguments of Whoosh's add_document for a document."""
    made: dict[str, Any] = {
        ID: document.id,
        VERSION: float(document.version),
        SOURCE: packed(document.fields),
        WORDS: word_weights(schema, document.fields),
    }
    for field in schema.fields:
        value = value_of(document.fields, field.name)
        if value is None:
            continue
        if field.has_column and (held := column_value(field, value)) is not None:
            made[column_name(field.name)] = held
        if field.has_own_words:
            made[own_words(field.name)] = dict.fromkeys(indexed_words(as_text(value)), 1.0)
    return made


def whoosh_tombstone(id: str, version: int) -> dict[str, Any]:
    """The mark of a removed document: a version below zero, no words, no source."""
    return {ID: id, VERSION: float(-version - 1), SOURCE: b"", WORDS: {}}


def word_weights(schema: IndexSchema, values: Mapping[str, Any]) -> dict[str, float]:
    """Word to BM25 weight over all worded fields, each occurrence counting its field's boost.

    A code written without its separators is no word more in the length of the document."""
    counts: dict[str, float] = defaultdict(float)
    length = 0
    for field in schema.worded:
        found, codes = words_and_codes(as_text(value_of(values, field.name)))
        length += len(found)
        for word in chain(found, codes):
            counts[word] += field.boost
    norm = _K1 * (1 - _B + _B * length / _TYPICAL_LENGTH)
    return {word: count * (_K1 + 1) / (count + norm) for word, count in counts.items()}


class NumberColumn(columns.Column):
    """One double per row, NaN where missing, loaded into an array in one step."""

    _default = MISSING

    class Writer(columns.ColumnWriter):
        """Collects the rows of one segment."""

        def __init__(self, dbfile: Any) -> None:
            self._dbfile = dbfile
            self._rows = array("d")

        def add(self, docnum: int, value: float) -> None:
            """Sets a row; rows skipped are missing."""
            self._rows.extend([MISSING] * (docnum - len(self._rows)))
            self._rows.append(value)

        def finish(self, doccount: int) -> None:
            """Writes all rows."""
            self._rows.extend([MISSING] * (doccount - len(self._rows)))
            self._dbfile.write(self._rows.tobytes())

    class Reader(columns.ColumnReader):
        """Reads one row (when Whoosh merges) or all of them."""

        def __getitem__(self, docnum: int) -> float:
            return float(_DOUBLE.unpack(self._dbfile.get(self._basepos + 8 * docnum, 8))[0])

        def rows(self) -> "array[float]":
            """All rows."""
            rows = array("d")
            rows.frombytes(self._dbfile.get(self._basepos, 8 * self._doccount))
            return rows


class KeywordColumn(columns.Column):
    """A code per row into the list of distinct values; code 0 is missing."""

    _default = None

    class Writer(columns.ColumnWriter):
        """Collects the rows of one segment."""

        def __init__(self, dbfile: Any) -> None:
            self._dbfile = dbfile
            self._rows = array("I")
            self._codes: dict[str, int] = {}

        def add(self, docnum: int, value: str | bytes | None) -> None:
            """Sets a row; rows skipped are missing."""
            if value is None:
                return
            known = value.decode() if isinstance(value, bytes) else value
            self._rows.extend([0] * (docnum - len(self._rows)))
            self._rows.append(self._codes.setdefault(known, len(self._codes) + 1))

        def finish(self, doccount: int) -> None:
            """Writes rows, values and the footer that tells their lengths."""
            self._rows.extend([0] * (doccount - len(self._rows)))
            values = orjson.dumps(list(self._codes))
            self._dbfile.write(self._rows.tobytes())
            self._dbfile.write(values)
            self._dbfile.write(_FOOTER.pack(len(self._rows), len(values)))

    class Reader(columns.ColumnReader):
        """Reads one row (when Whoosh merges) or all of them."""

        _loaded: "tuple[array[int], list[str | None]] | None" = None

        def __getitem__(self, docnum: int) -> str | None:
            codes, values = self.rows()
            return values[codes[docnum]]

        def rows(self) -> "tuple[array[int], list[str | None]]":
            """All rows as (codes, values by code)."""
            if self._loaded is None:
                end = self._basepos + self._length
                rows, size = _FOOTER.unpack(self._dbfile.get(end - _FOOTER.size, _FOOTER.size))
                if rows != self._doccount:
                    raise ValueError(f"column holds {rows} rows instead of {self._doccount}")
                codes = array("I")
                codes.frombytes(self._dbfile.get(self._basepos, codes.itemsize * rows))
                values = [None, *orjson.loads(self._dbfile.get(end - _FOOTER.size - size, size))]
                if max(codes, default=0) >= len(values) or not all(isinstance(value, str) for value in values[1:]):
                    raise ValueError("column names values that it does not hold")
                self._loaded = codes, values
            return self._loaded
