"""Words are cut the same way when indexing and when searching."""

import pytest

from app.folding import MAX_WORD, words
from app.search.text import MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS, ends_open, query_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Red Phone", ["red", "phone"]),
        ("wi-fi, 5GHz!", ["wi", "fi", "5ghz"]),
        ("Café CAFE\u0301", ["cafe", "cafe"]),
        ("Straße", ["strasse"]),
        ("ﬁne ＡＢＣ", ["fine", "abc"]),
        ("ada@example.com", ["ada", "example", "com"]),
        ("東京 tower", ["東", "京", "tower"]),
        ("snake_case", ["snake", "case"]),
        ("한국어", ["한국어"]),
        ("हिन्दी", ["हिन्दी"]),
        ("", []),
        ("*?:[]\"'()&|!~^\\", []),
        ("\x00\ud800", []),
    ],
)
def test_text_is_cut_into_folded_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_words_repeat_as_often_as_they_occur() -> None:
    assert words("a b a") == ["a", "b", "a"]


def test_a_query_is_cut_to_its_first_distinct_words() -> None:
    assert query_words("red red phone") == [(("red",),), (("phone",),)]
    many = [f"{first}{second}" for first in "abcdefghijklmnop" for second in "abcdefghijklmnop"]
    assert len(query_words(" ".join(many))) == MAX_QUERY_WORDS
    assert query_words("x" * 10 * MAX_QUERY_CHARACTERS) == [(("x" * MAX_WORD,),)]


def test_the_last_word_is_open_until_a_space_follows() -> None:
    assert ends_open("red pho")
    assert not ends_open("red pho ")
