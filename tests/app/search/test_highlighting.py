"""Where the words of a query stand in what it finds: pieces of text, escaped, the words in <em>."""
import re
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.search.highlighting import FRAGMENT, MOST_READ, Marker, highlights
from app.search.synonyms import NONE, parsed
from tests.app.search.conftest import SCHEMA


def marked(query: str, text: object) -> str | None:
    return Marker(f"{query} ", NONE).marked(text)


def plain(piece: str) -> str:
    return unescape(piece.replace("<em>", "").replace("</em>", "").strip("…"))


# What is hostile -----------------------------------------------------------------------------------------------------


def test_what_looks_like_html_is_escaped_inside_and_beside_what_is_marked() -> None:
    text = "<script>alert('phone')</script> & \"phone\" <em>phone"
    assert marked("phone alert", text) == (
        "&lt;script&gt;<em>alert</em>(&#x27;<em>phone</em>&#x27;)&lt;/script&gt; &amp; "
        "&quot;<em>phone</em>&quot; &lt;em&gt;<em>phone</em>")


@pytest.mark.parametrize("value", [None, "", 7, {}, [], [None], "no such word", "phonetic", "pho", ["x"]])
def test_where_no_word_stands_there_is_nothing(value: object) -> None:
    assert marked("phone", value) is None


def test_a_word_longer_than_a_piece_is_shown_and_cut() -> None:
    long = "x" * 1000
    piece = marked(long, f"{'before ' * 50}{long} after")
    assert piece is not None
    assert piece.count("<em>") == 1
    assert len(plain(piece)) <= 2 * FRAGMENT
    assert re.search("<em>x{150,}</em>", piece)


@pytest.mark.parametrize("before", [0, 1, 59, 60, 61, 139, 140, 199, 200, 201, 1000])
@pytest.mark.parametrize("filling", ["word ", "x", "a,", "日", " "])
def test_a_piece_never_loses_the_word_it_was_cut_for(before: int, filling: str) -> None:
    text = (filling * (before + 1))[:before] + " locomotive " + filling * 300
    piece = marked("locomotive", text)
    assert piece is not None
    assert "<em>locomotive</em>" in piece
    assert len(plain(piece)) <= FRAGMENT + 5


@pytest.mark.parametrize("text", [
    "a" * MOST_READ * 50, "a " * MOST_READ, "phone " * MOST_READ, "1-" * MOST_READ, "phone\u00ad" * MOST_READ,
    "\u0301" * MOST_READ, "<" * MOST_READ, "gr-4 " * MOST_READ])
def test_what_is_looked_at_is_bounded(text: str) -> None:
    """Each in a moment: one walk over at most 10,000 characters."""
    piece = marked("phone gr4 11111111111111111111", text)
    assert piece is None or len(plain(piece)) <= FRAGMENT + 5


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=400), query=st.text(max_size=20))
def test_whatever_stands_in_it_a_piece_is_a_part_of_the_text_and_safe(text: str, query: str) -> None:
    from app.plain_text import normal_form

    piece = Marker(query, NONE).marked(text)
    if piece is not None:
        assert not re.search("<(?!/?em>)|&(?!amp;|lt;|gt;|quot;|#x27;)", piece)
        assert piece.count("<em>") == piece.count("</em>") > 0
        inside = unescape(piece.replace("<em>", "").replace("</em>", ""))
        assert inside.strip("…") in normal_form("NFC", text) or "…" in text


# What is marked ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "text", "piece"), [
    ("PHONE", "A phone.", "A <em>phone</em>."),
    ("toys", "toy box", "<em>toy</em> box"),
    ("toy", "Toys!", "<em>Toys</em>!"),
    ("aerodrome", "Ærodrome", "<em>Ærodrome</em>"),
    ("resume", "re\u0301sume\u0301", "<em>résumé</em>"),
    ("strasse", "Straße", "<em>Straße</em>"),
    ("locomotive", "loco\u00admotive", "<em>loco\u00admotive</em>"),
    ("日本", "日本語", "<em>日</em><em>本</em>語"),
    ("हिन्दी", "हिन्दी भाषा", "<em>हिन्दी</em> भाषा"),
    ("gr49", "Gasket GR-49, new", "Gasket <em>GR-49</em>, new"),
    ("gr 49", "Gasket GR49", "Gasket <em>GR49</em>"),
    ("55728", "gasket 55/72/8", "gasket <em>55/72/8</em>"),
    ("iphone15", "iPhone 15", "<em>iPhone 15</em>"),
    ("red car", "a red, red car", "a <em>red</em>, <em>red</em> <em>car</em>"),
])
def test_words_are_marked_as_they_are_written(query: str, text: str, piece: str) -> None:
    found = marked(query, text)
    assert found is not None
    assert found.replace("</em> <em>", " ") == piece.replace("</em> <em>", " ")


def test_what_is_being_typed_marks_what_begins_so() -> None:
    assert Marker("loco", NONE).marked("A locomotive") == "A <em>locomotive</em>"
    assert Marker("loco ", NONE).marked("A locomotive") is None


def test_synonyms_are_marked() -> None:
    marker = Marker("sofa ", parsed(b"sofa, couch\n"))
    assert marker.marked("Red couches") == "Red <em>couches</em>"


def test_the_piece_with_most_different_words_is_shown() -> None:
    text = "red " * 80 + "filling words here " * 40 + "a red car stood there " + "more filling " * 40
    piece = marked("red car", text)
    assert piece is not None
    assert "<em>car</em>" in piece
    assert piece.startswith("…")
    assert piece.endswith("…")
    assert len(plain(piece)) <= FRAGMENT


def test_of_a_list_the_items_that_hold_a_word_are_shown() -> None:
    assert marked("sql", ["PostgreSQL", "SQL", "Python", "sql & <b>"]) == "<em>SQL</em>, <em>sql</em> &amp; &lt;b&gt;"


def test_rows_and_fields_without_a_word_are_missing() -> None:
    rows = {"a": {"title": "Red phone", "description": "none", "type": "phone"}, "b": {"title": "Car"}}
    assert highlights(SCHEMA, "phone ", NONE, rows) == {"a": {"title": "Red <em>phone</em>"}}
