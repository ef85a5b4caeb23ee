"""What else is meant by a word: the grammar of synonyms.txt, what is found by it, and what that weighs."""
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import SearchQuery, SearchResult, WhooshIndex
from app.search.synonyms import MAX_BYTES, MAX_LINES, SynonymsFile, parsed
from tests.app.search.conftest import SCHEMA, listing


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "synonyms.txt"


@pytest.fixture
def index(tmp_path: Path, file: Path) -> WhooshIndex:
    made = WhooshIndex(tmp_path / "search", SCHEMA, synonyms=SynonymsFile(file).current)
    made.create()
    return made


def titled(index: WhooshIndex, *titles: str) -> None:
    index.apply([listing(title, title=title, description="") for title in titles])


def found(index: WhooshIndex, text: str, **how: object) -> SearchResult:
    return index.search(SearchQuery(text, forgiving=True, **how))  # type: ignore[arg-type]


def titles(index: WhooshIndex, text: str) -> list[str]:
    return [hit.id for hit in found(index, text).hits]


# What is no line, and hostile files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("line", "says"), [
    ("sofa", "a word alone"), ("sofa,", "missing beside"), (", sofa", "missing beside"), ("sofa =>", "missing beside"),
    ("=> sofa", "missing beside"), ("a => b => c", "one => at most"), ("a, !!!", "missing beside"),
    ("one two three four five, six", "at most 4 words"), ("a, " * 25 + "b", "at most 20 phrases")])
def test_a_line_that_makes_no_sense_is_told_by_its_number_and_the_others_hold(line: str, says: str) -> None:
    read = parsed(f"# mine\n\nsofa, couch\n{line}\ntv => television\n".encode())
    assert read.of(("sofa",)) == (("couch",),)
    assert read.of(("tv",)) == (("television",),)
    [fault] = read.faults
    assert fault.startswith("line 4: ")
    assert says in fault


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff\xfe", b"=>", b",,,,\n=>\n#", b"a" * 100_000, b"\r\n\r\n"])
def test_bytes_that_are_no_text_are_no_synonyms_and_no_error(content: bytes) -> None:
    assert parsed(content).ways == {}


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    parsed(content)


def test_a_file_that_is_too_large_or_none_has_no_synonyms_and_says_so(file: Path) -> None:
    file.write_bytes(b"sofa, couch\n" * (MAX_BYTES // 12 + 1))
    read = SynonymsFile(file).current()
    assert (read.ways, len(read.faults)) == ({}, 1)
    file.unlink()
    os.mkfifo(file)  # to open it would wait for ever
    assert len(SynonymsFile(file).current().faults) == 1
    file.unlink()
    file.mkdir()
    assert len(SynonymsFile(file).current().faults) == 1
    assert SynonymsFile(file / "missing").current().faults == ()


def test_more_lines_than_are_read_are_told() -> None:
    read = parsed(b"a, b\n" * (MAX_LINES + 1))
    assert read.faults == (f"line {MAX_LINES + 1}: only the first {MAX_LINES} lines are read",)


def test_a_query_that_is_not_forgiving_takes_words_as_they_are(index: WhooshIndex, file: Path) -> None:
    file.write_text("sofa, couch\n")
    titled(index, "couch")
    assert index.search(SearchQuery("sofa ")).total == 0


# What is found -------------------------------------------------------------------------------------------------------


def test_both_ways_and_one_way(index: WhooshIndex, file: Path) -> None:
    file.write_text("sofa, Couch\ntv => television\n")
    titled(index, "sofa", "couch", "tv", "television")
    assert titles(index, "sofa ") == ["sofa", "couch"]
    assert titles(index, "couch ") == ["couch", "sofa"]
    assert titles(index, "TV ") == ["tv", "television"]
    assert titles(index, "television ") == ["television"]


def test_what_was_typed_comes_first_even_where_the_synonym_is_rarer(index: WhooshIndex, file: Path) -> None:
    file.write_text("sofa, couch\n")
    index.apply([listing(f"sofa{n:02}", title="sofa", description="") for n in range(20)])
    titled(index, "couch")
    assert titles(index, "sofa ")[-1] == "couch"


def test_several_words_mean_one_and_one_means_several(index: WhooshIndex, file: Path) -> None:
    file.write_text("new york, nyc\n")
    titled(index, "new york", "nyc", "new shoes", *"abcdefg")
    assert titles(index, "nyc hotel ")[:2] == ["nyc", "new york"]
    assert set(titles(index, "new york ")) == {"new york", "nyc", "new shoes"}
    assert titles(index, "new york ")[:2] == ["new york", "nyc"]


def test_the_other_number_of_a_word_has_its_synonyms(index: WhooshIndex, file: Path) -> None:
    file.write_text("sofa, couch\n")
    titled(index, "couches")
    assert titles(index, "sofas ") == ["couches"]


def test_a_code_may_be_a_synonym(index: WhooshIndex, file: Path) -> None:
    file.write_text("GR-49, gasket kit\n")
    titled(index, "gasket kit", "GR 49")
    assert set(titles(index, "gr49 ")) == {"gasket kit", "GR 49"}
    assert set(titles(index, "gasket kit ")) == {"gasket kit", "GR 49"}


def test_a_synonym_is_whole_while_the_word_is_being_typed(index: WhooshIndex, file: Path) -> None:
    file.write_text("sofa, couch\n")
    titled(index, "sofabed", "couchette")
    assert titles(index, "sofa") == ["sofabed"]


def test_a_word_with_a_synonym_is_not_corrected(index: WhooshIndex, file: Path) -> None:
    file.write_text("sofa, couch\n")
    titled(index, "sofia", "couch")
    answer = found(index, "sofa ")
    assert ([hit.id for hit in answer.hits], answer.corrected) == (["couch"], None)


def test_relaxed_answers_and_facets_know_synonyms(index: WhooshIndex, file: Path) -> None:
    file.write_text("sofa, couch\n")
    titled(index, "red couch", "red", "green sofa", *"abcdefg")
    answer = found(index, "red sofa ", facets=("type",))
    assert answer.hits[0].id == "red couch"
    assert (answer.total, answer.relaxed, answer.facets) == (3, True, {"type": {"FIXED": 3}})


# When ----------------------------------------------------------------------------------------------------------------


def test_a_change_of_the_file_holds_at_the_next_search_and_so_does_its_end(index: WhooshIndex, file: Path) -> None:
    titled(index, "couch", "settee")
    for content, wanted in (("sofa, couch\n", ["couch"]), ("sofa, settee", ["settee"]), ("sofa, couch\n", ["couch"])):
        file.write_text(content)
        assert titles(index, "sofa ") == wanted
    file.unlink()
    assert titles(index, "sofa ") == []


def test_a_file_that_does_not_change_is_not_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("sofa, couch\n")
    long_ago = SynonymsFile(file)
    monkeypatch.setattr("app.search.synonyms._SETTLED", -1.0)
    first = long_ago.current()
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read again"))
    assert long_ago.current() is first
