"""Normal forms of Unicode in time that grows with the text alone: no letter keeps more marks than a language has."""
import sys
from unicodedata import combining, normalize

import pytest

from app.folding import compact, fold
from app.mail_addresses import typed_address
from app.plain_text import _MANY_MARKS, identifier_key, normal_form

FORMS = ("NFC", "NFD", "NFKC", "NFKD")
# Marks that change places when they are put in order, which takes quadratic time where there is no end of them.
RUNS = {"accents": "\u0323\u0301", "points": "\u05b4\u05b0", "half width": "\uff9e\u0301", "tibetan": "\u0f73"}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("form", FORMS)
def test_no_letter_keeps_more_marks_than_thirty_take_apart(form: str, run: str) -> None:
    assert len(normal_form(form, f"a{run * 500}b{run * 500}")) <= 2 * (1 + 60)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_so_do_addresses_identifiers_and_what_is_searched(run: str) -> None:
    for read in (typed_address, identifier_key, fold, compact):
        assert len(read(f"a{run * 500}@b.example")) <= 80, read


@pytest.mark.parametrize("form", FORMS)
def test_what_people_write_is_normalized_as_python_does(form: str) -> None:
    for text in ("Café", "Cafe\u0301", "ǟ\u0323\u0301", "שָׁלוֹם", "한국어", "ﬁne ＡＢＣ ①²", "ｶﾞｷﾞ",
                 "a" + "\u0301" * 30, "«»—…" * 20):
        assert normal_form(form, text) == normalize(form, text)


def test_every_sign_that_can_be_a_mark_is_counted() -> None:
    beside_a_letter = [sign for sign in map(chr, range(sys.maxunicode + 1)) if combining(normalize("NFKD", sign)[0])]
    assert [sign for sign in beside_a_letter if not _MANY_MARKS.fullmatch(sign * 31)] == []
