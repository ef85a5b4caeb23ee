"""Shows in a row that was found where the words of the query stand: a piece of each text, escaped, they in `<em>`.

Made of the row as its reader sees it, so nothing is told that the row does not tell; nothing is kept."""
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

from app.folding import INVISIBLE, LETTERS, SPACELESS, other_numbers, words
from app.plain_text import normal_form
from app.search.fields import IndexSchema
from app.search.synonyms import Synonyms, expanded
from app.search.text import as_keyword, ends_open, is_beginning, query_parts, value_of

FRAGMENT = 200
"""The characters of a text that are shown, its words whole."""
MOST_READ = 10_000
"""The characters of a text that are looked through."""
_MOST_ITEMS = 100
_LEAD = 60  # characters before the first word that is marked
_MOST_GROUPS = 8  # of a code that the query writes without separators
_LONGEST_GAP = 3
_TOKEN = re.compile(f"[{SPACELESS}]|(?:[^\\W_{SPACELESS}]|[{LETTERS}]|[{INVISIBLE}])+")
_DIGIT = re.compile(r"\d")


class Span(NamedTuple):
    """Where something that was looked for stands in a text, and as what."""

    start: int
    end: int
    word: str


class Marker:
    """The words of one query, as they may be written in what it finds."""

    def __init__(self, text: str, synonyms: Synonyms) -> None:
        members = expanded(query_parts(text), synonyms).members
        asked = {word for ways in members for way in ways for word in way}
        self._wanted = asked | {form for word in asked for form in other_numbers(word)}
        self._codes = {word for word in asked if _DIGIT.search(word)}
        last = members[-1][0][-1] if members and ends_open(text) else ""
        self._begun = last if is_beginning(last) else None

    def marked(self, value: object) -> str | None:
        """Return a piece of a text, or of texts in a list, with the words marked; None where none stands in it."""
        items = value if isinstance(value, list | tuple) else [value]
        texts = (normal_form("NFC", text[:MOST_READ]) for item in items[:_MOST_ITEMS]
                 if (text := as_keyword(item) if not isinstance(item, str) else item))
        found = [piece for text in texts if (piece := self._piece(text)) is not None]
        return ", ".join(found) if found else None

    def _piece(self, text: str) -> str | None:
        spans = _merged(self._spans(text))
        if not spans:
            return None
        start, end = (0, len(text)) if len(text) <= FRAGMENT else _window(text, spans)
        return "".join(_pieces(text, start, end, spans))

    def _spans(self, text: str) -> Iterator[Span]:
        tokens = [(match.start(), match.end(), words(match[0])) for match in _TOKEN.finditer(text)]
        for start, end, forms in tokens:
            if (word := next(filter(self._is_wanted, forms), None)) is not None:
                yield Span(start, end, word)
        if self._codes:
            yield from self._codes_in(tokens)

    def _is_wanted(self, form: str) -> bool:
        return form in self._wanted or (self._begun is not None and form.startswith(self._begun))

    def _codes_in(self, tokens: Sequence[tuple[int, int, list[str]]]) -> Iterator[Span]:
        """Yield the codes that the query writes without their separators."""
        longest = max(map(len, self._codes))
        for place, (start, end, forms) in enumerate(tokens):
            code, before = "".join(forms), end
            for left, right, more in tokens[place + 1:place + _MOST_GROUPS]:
                code += "".join(more)
                if left - before > _LONGEST_GAP or len(code) > longest:
                    break
                if code in self._codes:
                    yield Span(start, right, code)
                before = right


def highlights(schema: IndexSchema, text: str, synonyms: Synonyms, rows: Mapping[str, Mapping[str, object]]
               ) -> dict[str, dict[str, str]]:
    """Return for each of these rows, by its id, the fields that hold words of the query, with the words marked."""
    marker = Marker(text, synonyms)
    return {id: found for id, row in rows.items() if (found := {
        field.name: piece for field in schema.worded
        if (piece := marker.marked(value_of(row, field.name))) is not None})}


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that overlap as one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start < found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end), found[-1].word)
        else:
            found.append(span)
    return found


def _window(text: str, spans: Sequence[Span]) -> tuple[int, int]:
    """Return the bounds of the piece that holds most of the words, cut between words; a marked one is never cut out.

    One walk: the window begins before each span in turn and holds those that end within it."""
    best, best_start, last = (0, 0), 0, 0
    held: Counter[str] = Counter()
    for place, first in enumerate(spans):
        start = max(0, first.start - _LEAD)
        while last < len(spans) and (last <= place or spans[last].end <= start + FRAGMENT):
            held[spans[last].word] += 1
            last += 1
        worth = (len(held), held.total())
        if worth > best:
            best, best_start = worth, place
        held[first.word] -= 1
        if not held[first.word]:
            del held[first.word]
    first = spans[best_start]
    start = _between_words(text, max(0, first.start - _LEAD), first.start)
    end = max(min(len(text), start + FRAGMENT), min(first.end, first.start + FRAGMENT))
    cut = next((span for span in spans[best_start + 1:] if span.start < end < span.end), None)
    if cut is not None:  # rather a word less than a part of it
        end = cut.start
    return start, end if end == len(text) else _end_between_words(text, end, first)


def _between_words(text: str, start: int, first: int) -> int:
    """Return the first place from `start` on where no word is cut, at most that of the first span."""
    if start == 0 or text[start - 1].isspace():
        return start
    space = text.find(" ", start, first)
    return first if space < 0 else space + 1


def _end_between_words(text: str, end: int, first: Span) -> int:
    if not (text[end - 1].isalnum() and text[end].isalnum()):
        return end
    space = text.rfind(" ", first.end, end)
    return end if space < 0 else space


def _pieces(text: str, start: int, end: int, spans: Sequence[Span]) -> Iterator[str]:
    if start:
        yield "…"
    at = start
    for span in spans:
        if span.start < start or span.start >= end:
            continue
        upto = min(span.end, end)
        yield f"{escape(text[at:span.start])}<em>{escape(text[span.start:upto])}</em>"
        at = upto
    yield escape(text[at:end])
    if end < len(text):
        yield "…"
