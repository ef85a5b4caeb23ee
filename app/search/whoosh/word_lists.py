"""Where words stand in one segment: one column of Whoosh's that holds all of them, written and read as arrays.

Whoosh's own lists cost as much to write as all else together: each word is hashed, pickled and written by itself."""
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from heapq import nlargest
from itertools import pairwise
from struct import Struct
from typing import Any, NamedTuple

from whoosh import columns

_FOOTER = Struct("<IIII")  # words, places, blocks, bytes of all words
_BLOCK = 64  # words that are looked through to find one
_END = "\0"  # behind a word: it is in none, and below all that is


class Postings(NamedTuple):
    """The documents of a word, ascending, with the word's weight in each."""

    docs: "array[int]"
    weights: "array[float]"


NOWHERE = Postings(array("I"), array("f"))


class WordsColumn(columns.Column):
    """A map of word to weight per row; read by word."""

    _default = None

    class Writer(columns.ColumnWriter):
        """Collects the rows of one segment."""

        def __init__(self, dbfile: Any) -> None:
            self._dbfile = dbfile
            self._docs: dict[str, list[int]] = {}
            self._weights: dict[str, list[float]] = {}

        def add(self, docnum: int, value: Mapping[str, float]) -> None:
            """Sets the words of a row; rows come in order."""
            docs, weights = self._docs, self._weights
            for word, weight in value.items():
                if word in docs:
                    docs[word].append(docnum)
                    weights[word].append(weight)
                else:
                    docs[word], weights[word] = [docnum], [weight]

        def finish(self, doccount: int) -> None:
            """Writes places, weights, where those of each word begin, the words in blocks, and the footer."""
            words = sorted(self._docs)
            docs, weights, starts = array("I"), array("f"), array("I", [0])
            for word in words:
                docs.extend(self._docs[word])
                weights.extend(self._weights[word])
                starts.append(len(docs))
            blocks = [_END.join(words[place:place + _BLOCK]).encode() for place in range(0, len(words), _BLOCK)]
            ends = array("I", [0])
            for block in blocks:
                ends.append(ends[-1] + len(block))
            for part in (docs, weights, starts, ends):
                self._dbfile.write(part.tobytes())
            self._dbfile.write(b"".join(blocks))
            self._dbfile.write(_FOOTER.pack(len(words), len(docs), len(blocks), ends[-1]))

    class Reader(columns.ColumnReader):
        """Reads where a word stands, and the words that are there; safe to share between threads."""

        def __init__(self, dbfile: Any, basepos: int, length: int, doccount: int) -> None:
            super().__init__(dbfile, basepos, length, doccount)
            end = basepos + length - _FOOTER.size
            self._size, self._places, blocks, text = _FOOTER.unpack(dbfile.get(end, _FOOTER.size))
            self._text = end - text
            if length != _FOOTER.size + text + 4 * (2 * self._places + self._size + 1 + blocks + 1):
                raise ValueError("a list of words has another length than it says")
            at = basepos + 8 * self._places
            self._starts = _numbers(dbfile.get(at, 4 * (self._size + 1)))
            self._ends = _numbers(dbfile.get(at + 4 * (self._size + 1), 4 * (blocks + 1)))
            if self._starts[-1] != self._places or self._ends[-1] != text or -(-self._size // _BLOCK) != blocks:
                raise ValueError("a list of words does not end where it says")
            if any(left >= right for left, right in pairwise(self._starts)):
                raise ValueError("a list of words has a word that stands nowhere")

        def __len__(self) -> int:
            return self._size

        def count(self, word: str) -> int:
            """In how many rows a word stands."""
            place = self._place_of(word)
            return 0 if place is None else self._starts[place + 1] - self._starts[place]

        def postings(self, word: str, most: int | None = None) -> Postings:
            """The rows of a word, at most so many, with its weights; empty when it stands nowhere."""
            place = self._place_of(word)
            if place is None:
                return NOWHERE
            start, end = self._starts[place], self._starts[place + 1]
            size = 4 * (end - start if most is None else min(most, end - start))
            docs, weights = array("I"), array("f")
            docs.frombytes(self._dbfile.get(self._basepos + 4 * start, size))
            weights.frombytes(self._dbfile.get(self._basepos + 4 * (self._places + start), size))
            if max(docs, default=0) >= self._doccount:
                raise ValueError(f"{word} stands in document {max(docs)} of {self._doccount}")
            return Postings(docs, weights)

        def beginning_with(self, prefix: str, most: int) -> list[str]:
            """Up to so many words that begin so, in order."""
            found: list[str] = []
            for _, word in self._from(prefix):
                if len(found) == most or not word.startswith(prefix):
                    break
                found.append(word)
            return found

        def rows_beginning_with(self, prefix: str) -> Sequence[int]:
            """The rows of all words that begin so, which stand beside each other: they are read at once."""
            first, rows = next(self._from(prefix), None), array("I")
            if first is not None and first[1].startswith(prefix):
                start, end = self._starts[first[0]], self._starts[self._behind(prefix)]
                rows.frombytes(self._dbfile.get(self._basepos + 4 * start, 4 * (end - start)))
            if max(rows, default=0) >= self._doccount:
                raise ValueError(f"a word that begins with {prefix} stands in document {max(rows)} of {self._doccount}")
            return rows

        def most_frequent(self, prefix: str, most: int) -> list[tuple[str, int]]:
            """The words that begin so and stand in most rows, with in how many; in no order."""
            if not (first := next(self._from(prefix), None)) or not first[1].startswith(prefix):
                return []
            start, end = first[0], self._behind(prefix)
            counts = [after - before for before, after in pairwise(self._starts[start:end + 1])]
            best = nlargest(most, range(len(counts)), key=counts.__getitem__)
            return [(self._word(start + place), counts[place]) for place in best]

        def one_letter_away(self, word: str) -> list[str]:
            """The words that begin with the same letter and differ in one letter that is there, missing or another."""
            middle, sizes = len(word) // 2, range(len(word) - 1, len(word) + 2)
            head, tail = word[:middle], word[middle:]  # one of both is whole
            found: list[str] = []
            first, last = self._block_of(word[0]), self._block_of(word[0] + chr(0x10FFFF))
            for number in range(first, last + 1) if self._size else ():
                found += [known for known in self._block(number) if len(known) in sizes and known[0] == word[0]
                          and (known.startswith(head) or known.endswith(tail)) and _is_near(word, known)]
            return found

        def check(self) -> None:
            """Read what every search needs. Raises ValueError for what is no text, or in no order."""
            if any(left >= right for left, right in pairwise(self._firsts)):
                raise ValueError("a list of words is in no order")

        @cached_property
        def _firsts(self) -> list[str]:
            return [self._block(number)[0] for number in range(len(self._ends) - 1)]

        def _block(self, number: int) -> list[str]:
            start, end = self._ends[number], self._ends[number + 1]
            text: str = bytes(self._dbfile.get(self._text + start, end - start)).decode()
            return text.split(_END)

        def _block_of(self, word: str) -> int:
            """The block that holds a word, or the last word before it."""
            return max(0, bisect_right(self._firsts, word) - 1)

        def _place_of(self, word: str) -> int | None:
            if not self._size:
                return None
            number = self._block_of(word)
            block = self._block(number)
            try:
                return number * _BLOCK + block.index(word)
            except ValueError:
                return None

        def _word(self, place: int) -> str:
            return self._block(place // _BLOCK)[place % _BLOCK]

        def _from(self, word: str) -> Iterator[tuple[int, str]]:
            """The words from one on, with their places."""
            for number in range(self._block_of(word) if self._size else 0, len(self._ends) - 1):
                for place, known in enumerate(self._block(number), number * _BLOCK):
                    if known >= word:
                        yield place, known

        def _behind(self, prefix: str) -> int:
            """The place behind the last word that begins so."""
            beyond = prefix + chr(0x10FFFF)
            return next((place for place, _ in self._from(beyond)), self._size)


def _numbers(data: bytes) -> "array[int]":
    found = array("I")
    found.frombytes(data)
    return found


def _is_near(word: str, known: str) -> bool:
    """Tell whether two words differ in one letter at most."""
    same = next((place for place, (one, other) in enumerate(zip(word, known, strict=False)) if one != other),
                min(len(word), len(known)))
    one, other = word[same:], known[same:]
    if len(one) == len(other):
        return one[1:] == other[1:]
    return one[1:] == other if len(one) > len(other) else one == other[1:]
