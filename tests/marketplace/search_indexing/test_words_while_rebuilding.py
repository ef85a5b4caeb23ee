"""While the index is being rebuilt, the table answers, and the same words find the same records."""
import shutil
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.actor import system_actor
from app.data.ids import uuid7
from app.search.catalogue import rebuild_index, search_index
from app.search.whoosh.folder import Folder
from blueprints.marketplace.search_indexing.commands import change_document, put_document
from tests.clients import ApiClient
from tests.marketplace.search_indexing.conftest import BASE, settle

_SYSTEM = system_actor("marketplace")
TITLES = ("Gr.49 gasket 55/72/8", "GR49 ring 55728", "gr 4 gasket", "Лев Толстой", "Ærø ferry", "Straße 5", "100% wool",
          "wi-fi aerial", "東京 tower")
PARTS = ("gr", "49", "gr49", "55", "72", "8", "5572", "gasket", "ring", "лев", "wi", "fi")


def record(title: str, **document: Any) -> str:
    return put_document(_SYSTEM, document_type="CATEGORY", reference_id=uuid7(),
                        document={"title": title, **document}).id


def lose_the_index(app: Flask) -> None:
    shutil.rmtree(app.extensions["guildhall"].settings.home / "search" / "searchIndex")
    search_index("searchIndex").refresh()


def titles(caller: ApiClient, words: str) -> set[str]:
    answer = caller.get(f"{BASE}/v1/searchindexes", query_string={"q": words})
    assert answer.status_code == 200, answer.json
    return {row["document"]["title"] for row in answer.json["searchIndices"]}


def test_the_same_words_find_the_same_records_with_and_without_the_index(app: Flask, buyer: ApiClient) -> None:
    expected = {
        "лев": {"Лев Толстой"}, "ТОЛСТО": {"Лев Толстой"}, "aero": {"Ærø ferry"}, "ÆRØ": {"Ærø ferry"},
        "aer": {"Ærø ferry", "wi-fi aerial"}, "strasse": {"Straße 5"}, "京": {"東京 tower"},
        "gr49": {*TITLES[:2]}, "GR-49": {*TITLES[:2]}, "gr 49 ": {*TITLES[:2]}, "55728": {*TITLES[:2]},
        "55/72/8": {*TITLES[:2]}, "55 72 8": {*TITLES[:2]}, "gasket gr49": {TITLES[0]},
        "gasket ": {TITLES[0], TITLES[2]}, "wool": {"100% wool"},
        "title": set(), "%": set(), "---": set(), '"': set(), "_": set(), "\\": set(),
    }
    for title in TITLES:
        record(title)
    settle()
    with_index = {words: titles(buyer, words) for words in expected}
    lose_the_index(app)
    assert with_index == {words: titles(buyer, words) for words in expected} == expected


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.lists(st.sampled_from(PARTS), min_size=1, max_size=4), sign=st.sampled_from([" ", "-", "/", ""]))
def test_any_query_finds_the_same_with_and_without_the_index(app: Flask, buyer: ApiClient, query: list[str],
                                                             sign: str) -> None:
    if not titles(buyer, "gasket"):
        for title in TITLES:
            record(title)
    words = sign.join(query)
    rebuild_index("searchIndex")
    with_index = titles(buyer, words)
    lose_the_index(app)
    assert titles(buyer, words) == with_index


def test_a_changed_record_is_found_by_its_new_words_only(app: Flask, buyer: ApiClient) -> None:
    changed = record("Red")
    settle()
    document = {"title": "Blue", "description": "Sky of glass"}
    change_document(_SYSTEM, changed, document=document)
    lose_the_index(app)
    assert (titles(buyer, "red"), titles(buyer, "glass sky")) == (set(), {"Blue"})
    assert "words" not in buyer.get(f"{BASE}/v1/searchindexes/{changed}").json["searchIndex"]


def test_an_index_of_the_format_before_is_rebuilt_by_itself(app: Flask, buyer: ApiClient) -> None:
    record("Ærø ferry")
    settle()
    folder = Folder(app.extensions["guildhall"].settings.home / "search" / "searchIndex")
    about = folder.current() / "about.json"
    about.write_text('{"fingerprint": "of the format before"}')
    search_index("searchIndex").refresh()
    search_index("searchIndex")._reader.forget()
    assert search_index("searchIndex").status().state == "outdated"
    assert titles(buyer, "aero") == {"Ærø ferry"}
    record("Another")
    settle()  # the feeding of a record asks for the rebuild
    assert search_index("searchIndex").status().state == "ready"
    assert titles(buyer, "aero") == {"Ærø ferry"}
