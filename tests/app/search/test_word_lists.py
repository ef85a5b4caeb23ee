"""The lists of words of a segment say what a plain map of word to documents says, whatever words there are."""
from io import BytesIO
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.search.whoosh.word_lists import WordsColumn

WORDS = ["".join(letters) for size in (1, 2, 3, 4, 5) for letters in product("abé", repeat=size)]


class Stored:
    """The bytes of a column, as its reader asks for them."""

    def __init__(self, rows: dict[int, dict[str, float]], size: int) -> None:
        file = BytesIO()
        writer = WordsColumn.Writer(file)
        for doc, words in rows.items():
            writer.add(doc, words)
        writer.finish(size)
        self.data = file.getvalue()

    def get(self, position: int, length: int) -> bytes:
        return self.data[position:position + length]


def read(rows: dict[int, dict[str, float]], size: int) -> Any:
    stored = Stored(rows, size)
    return WordsColumn.Reader(stored, 0, len(stored.data), size)


def distance(one: str, other: str) -> int:
    """Return in how many letters two words differ."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, row[0] = row[0], place
        for at, known in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != known))
    return row[-1]


def test_a_segment_without_words_has_none() -> None:
    words = read({0: {}}, 1)
    assert (words.count("a"), words.postings("a").docs.tolist(), words.beginning_with("a", 9)) == (0, [], [])
    assert (words.most_frequent("a", 9), words.one_letter_away("abba")) == ([], [])
    words.check()


@settings(max_examples=60)
@given(seed=st.integers(0, 2 ** 32), known=st.integers(0, len(WORDS)), size=st.integers(1, 40),
       asked=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6))
def test_lists_say_what_a_plain_map_says(seed: int, known: int, size: int, asked: list[str]) -> None:
    random = Random(seed)
    there = random.sample(WORDS, known)
    rows = {doc: {word: random.random() for word in random.sample(there, min(known, 30))} for doc in range(0, size, 2)}
    words = read(rows, size)
    held = {word: [doc for doc, row in rows.items() if word in row] for word in sorted(there)}
    held = {word: docs for word, docs in held.items() if docs}
    words.check()
    for word in asked:
        docs, weights = words.postings(word)
        assert docs.tolist() == held.get(word, [])
        assert weights.tolist() == pytest.approx([rows[doc][word] for doc in docs])
        assert words.postings(word, 2).docs.tolist() == held.get(word, [])[:2]
        assert words.count(word) == len(held.get(word, []))
        begun = [other for other in held if other.startswith(word)]
        assert words.beginning_with(word, 5) == begun[:5]
        most = words.most_frequent(word, 5)
        assert sorted((count for _, count in most), reverse=True) == sorted(
            (len(held[other]) for other in begun), reverse=True)[:5]
        assert all(other.startswith(word) and count == len(held[other]) for other, count in most)
        assert words.one_letter_away(word) == [
            other for other in held if other[0] == word[0] and distance(word, other) < 2]


@pytest.mark.parametrize("cut", [1, 8, 40])
def test_lists_that_are_cut_are_refused(cut: int) -> None:
    stored = Stored({0: {"brass": 1.0, "lamp": 2.0}}, 1)
    stored.data = stored.data[:-16 - cut] + stored.data[-16:]
    with pytest.raises(ValueError):
        WordsColumn.Reader(stored, 0, len(stored.data), 1)
