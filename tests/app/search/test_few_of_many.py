"""What few documents hold is found by these, and is the same as a walk over all that hold a word finds."""
from pathlib import Path
from random import Random

import pytest

from app.search import AllOf, AnyOf, Filter, SearchQuery, WhooshIndex
from app.search.whoosh import scoring
from tests.app.search.conftest import SCHEMA, listing

TEXTS = ("red phone", "red phones and a case", "Gr.49 gasket", "ready case", "blue gr 49", "red", "a phonetic red one")
SELLERS = [f"seller{number}" for number in range(40)]
OF_TWO = [Filter("seller.id", "in", SELLERS[:1]), AnyOf([Filter("seller.id", "in", SELLERS[:2]),
                                                         Filter("seller.id", "in", ["nobody"])]),
          AllOf([Filter("seller.id", "in", SELLERS[:2]), Filter("type", "in", ["FIXED"])]), AnyOf(()),
          AnyOf([Filter("seller.id", "in", SELLERS[:1]), Filter("seller.id", "not_in", SELLERS[1:])])]


@pytest.mark.parametrize("text", ["red", "red ", "phone", "phon", "gr49 ", "red case", "red gr49", "nowhere"])
def test_few_documents_are_found_and_weighed_as_by_a_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                          text: str) -> None:
    random, index = Random(5), WhooshIndex(tmp_path, SCHEMA)
    index.create()
    index.apply(listing(f"p{number:03}", title=random.choice(TEXTS), seller={"id": random.choice(SELLERS)})
                for number in range(200))

    def found() -> list[list[tuple[str, float]]]:
        return [[(hit.id, hit.score) for hit in index.search(SearchQuery(text, [one], forgiving=True)).hits]
                for one in OF_TWO]

    looked_up = found()
    monkeypatch.setattr(scoring, "_MOST_LOOKED_UP", -1)
    monkeypatch.setattr("app.search.whoosh.matching.FEW_OF", 10 ** 9)
    monkeypatch.setattr(scoring, "FEW_OF", 10 ** 9)
    assert [sorted(one) for one in looked_up] == [sorted(one) for one in found()]
    assert looked_up[3] == []
