"""The fold: case, accents and compatibility forms go; codes are found with and without their separators."""
import sys
from itertools import permutations
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.folding import compact, fold, indexed_words, query_ways, stored_words, words

GASKET = "Gr.49 gasket 55/72/8"


@pytest.mark.parametrize(("text", "folded"), [
    ("Лев", "лев"), ("ЇЖАК", "іжак"), ("Ёлка", "елка"), ("Ґанок", "ганок"), ("об\u02bcєкт", "об'єкт"),
    ("Ærø", "aero"), ("Łódź", "lodz"), ("Đorđe", "dorde"), ("Straße", "strasse"), ("STRAẞE", "strasse"),
    ("ISPARTA ısparta İsparta", "isparta isparta isparta"), ("Þór", "thor"), ("Œuvre", "oeuvre"), ("ŦÁḤA", "taha"),
    ("Ἀθῆναι", "αθηναι"), ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"), ("ﬁne ＡＢＣ ①²", "fine abc 12"),
    ("Cafe\u0301 Café", "cafe cafe"), ("soft\u00adware zero\u200bwidth", "software zerowidth"),
    ("שָׁלוֹם", "שלום"), ("مُحَمَّد", "محمد"), ("한국어", "한국어"), ("हिन्दी", "हिन्दी"), ("a % _ \\ \"", "a % _ \\ \""),
])
def test_text_loses_case_accents_and_what_is_not_seen(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_every_letter_is_folded_once_for_all() -> None:
    """Of all signs that Unicode has given out: the others have no case and no parts."""
    every = [sign for sign in map(chr, range(sys.maxunicode + 1)) if category(sign) not in ("Cn", "Co", "Cs")]
    once = {sign: fold(sign) for sign in every}
    assert [sign for sign, folded in once.items() if folded != sign and fold(folded) != folded] == []
    assert [sign for sign, folded in once.items() if sign.casefold() != sign and fold(sign.casefold()) != folded] == []


def test_text_is_cut_into_words_at_its_signs() -> None:
    assert words("Société Générale, S.A. — Straße 12") == ["societe", "generale", "s", "a", "strasse", "12"]
    assert stored_words(["Acme Ltd", "", "ÄCME", "%"]) == " acme ltd  acme "


@given(st.text())
def test_folding_twice_adds_nothing(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)
    assert fold(fold(text)) == fold(text)
    assert compact(compact(text)) == compact(text)


@given(st.text())
def test_what_is_stored_is_found_by_its_own_words(text: str) -> None:
    for word in words(text):
        assert f" {word} " in stored_words([text])


@pytest.mark.parametrize("query", ["gr49", "GR-49", "gr 49", "Gr.49", "55728", "55/72/8", "55 72 8", "5572", "728",
                                   "gasket gr49", "GR49 gasket 55728", "gr 49 gasket 55/72/8"])
def test_a_code_is_found_with_and_without_its_separators(query: str) -> None:
    for text in (GASKET, "GR49 gasket 55728" if query != "728" and query != "5572" else GASKET,
                 "gr 49 gasket 55 72 8"):
        assert finds(query, text), text
    assert compact(query) in compact(GASKET) or query == "gasket gr49"


@pytest.mark.parametrize(("query", "text"), [
    ("ab12cd", "AB-12-CD"), ("ab-12-cd", "AB12CD"), ("ab-cd-12", "ABCD12"), ("abcd12", "AB-CD-12"), ("500 g", "500g"),
    ("500g", "500 g"), ("iphone15", "iPhone 15 Pro"), ("a4", "DIN A 4"), ("+380441234567", "+380 44 123-45-67"),
    ("no5", "No. 5"), ("1000", "1,000"), ("x²", "x2"), ("20240115", "2024-01-15")])
def test_other_codes(query: str, text: str) -> None:
    assert finds(query, text)


@pytest.mark.parametrize(("query", "text"), [
    ("gr4", GASKET), ("5528", GASKET), ("redcar", "red car"), ("wifi", "wi-fi"), ("a4", "a red box, 4 pieces")])
def test_words_are_not_written_together_at_will(query: str, text: str) -> None:
    assert not finds(query, text)


@pytest.mark.parametrize("query", ["%", "---", '"', "_", "\\", "%_%", "\u0301", "\u200b", "  ", ""])
def test_nothing_but_signs_asks_for_nothing(query: str) -> None:
    assert (words(query), query_ways(query, 9), compact(query), stored_words([query])) == ([], [], "", "")


def test_long_runs_of_numbers_are_cut_not_multiplied() -> None:
    numbers = " ".join(map(str, range(1000)))
    assert len(indexed_words(numbers)) < 5 * 1000
    assert max(map(len, query_ways(numbers, 99))) <= 32


@given(st.lists(st.sampled_from(["gr", "49", "x2", "a", "7"]), min_size=1, max_size=3),
       st.lists(st.sampled_from(["", "-", "/", "."]), min_size=2, max_size=2))
def test_any_separators_find_what_any_others_wrote(groups: list[str], signs: list[str]) -> None:
    if not any(sign.isdecimal() for group in groups for sign in group):
        return
    written = "".join(a + b for a, b in zip(groups, [*signs, "", ""], strict=False))
    assert finds("-".join(groups), "/".join(groups))
    assert finds("".join(groups), "/".join(groups))
    assert finds("/".join(groups), "".join(groups))
    assert compact(written).replace(" ", "") == "".join(groups)


def test_the_order_of_words_does_not_matter() -> None:
    assert all(finds(" ".join(some), GASKET) for some in permutations(["gasket", "gr49", "55728"]))


def finds(query: str, text: str) -> bool:
    """Whether a text holds a query, every word whole."""
    held, wanted = set(indexed_words(text)), query_ways(query, 99)
    return bool(wanted) and all(any(held.issuperset(way) for way in ways) for ways in wanted)
