"""Searching records over HTTP: hostile words, pages, a broken index, and a large catalogue through rebuilds."""
import shutil
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.actor import system_actor
from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from app.jobs.worker import run_job
from app.runtime import runtime_of
from app.search import Removal
from app.search.catalogue import REPAIR, OpenIndexes, rebuild_index, search_index
from blueprints.marketplace.category_management.commands import create_category, create_subcategory
from blueprints.marketplace.product_listing.commands import create_product
from blueprints.marketplace.search_indexing.commands import put_document
from blueprints.marketplace.search_indexing.documents import SOURCE
from tests.clients import ApiClient
from tests.marketplace.search_indexing.conftest import BASE, Finder, Shop, settle
from tests.passes import LONG

_SYSTEM = system_actor("marketplace")
MANY = f"{BASE}/v1/searchindexes"


def record(title: str, document_type: str = "CATEGORY", **document: Any) -> str:
    document = {"title": title, **document}
    return put_document(_SYSTEM, document_type=document_type, reference_id=uuid7(), document=document).id


def folder_of(app: Flask) -> Path:
    path: Path = app.extensions["guildhall"].settings.home / "search" / "searchIndex"
    return path


# Refusals and hostile input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filters", [{"documentType": "GIFT"}, {"referenceId": "x"}, {"indexedAt": "soon"}])
def test_a_malformed_filter_is_refused_with_and_without_words(buyer: ApiClient, filters: dict[str, str]) -> None:
    for arguments in (filters, {"q": "phone", **filters}):
        assert buyer.get(MANY, query_string=arguments).status_code == 400


@pytest.mark.parametrize("words", [
    "*", "**", "title:*", "[a TO z]", '"', "a AND NOT b", "'; DROP TABLE x;--", "%", "%25", "\\", "𝔘", "e\u0301" * 100])
def test_signs_and_syntax_never_list_everything_and_never_break(app: Flask, buyer: ApiClient, words: str) -> None:
    record("Phone")
    settle()
    for broken in (False, True):
        if broken:
            shutil.rmtree(folder_of(app))
            search_index("searchIndex").refresh()
        answer = buyer.get(MANY, query_string={"q": words})
        assert answer.status_code == 200
        assert answer.json["searchIndices"] == []


@pytest.mark.parametrize("name", ["documentType", "referenceId", "indexedAt"])
@pytest.mark.parametrize("words", ["", "phone"])
def test_null_asks_for_records_without_a_value_and_finds_none(
        app: Flask, buyer: ApiClient, name: str, words: str) -> None:
    record("Phone")
    settle()
    answer = buyer.get(MANY, query_string={"q": words, name: "null"})
    assert (answer.status_code, answer.json["searchIndices"]) == (200, [])


def test_a_filter_means_the_same_with_and_without_words(app: Flask, buyer: ApiClient) -> None:
    """A UUID in capitals, a date whose plus sign the address has turned into a blank."""
    record("Phone")
    settle()
    [row] = buyer.get(MANY).json["searchIndices"]
    spaced = row["indexedAt"].replace("Z", " 00:00")
    for filters in ({"referenceId": row["referenceId"].upper()}, {"indexedAt": spaced},
                    {"referenceId": f"{uuid7()},{row['referenceId']}", "documentType": "CATEGORY,null"}):
        for words in ("", "phone"):
            found = buyer.get(MANY, query_string={"q": words, **filters}).json
            assert found["searchIndices"] == [row], (filters, words)


@pytest.mark.parametrize("words", ["x" * 256, "a\x00b"])
def test_overlong_words_are_refused_not_failed(buyer: ApiClient, words: str) -> None:
    assert buyer.get(MANY, query_string={"q": words}).status_code == 400


# Finding -------------------------------------------------------------------------------------------------------------


def test_words_and_filters_together(find: Finder) -> None:
    phone, case = record("Phone", subtitle="and more"), record("Phone case", "SUBCATEGORY", tags=["Leather"])
    assert [row["id"] for row in find(q="phone")] == [phone, case]
    assert [row["id"] for row in find(q="phone", documentType="SUBCATEGORY")] == [case]
    assert [row["id"] for row in find(q="pho", documentType="SUBCATEGORY,CATEGORY")] == [phone, case]
    assert [row["id"] for row in find(q="leath")] == [case]
    [row] = find(q="case")
    assert find(q="phone", referenceId=row["referenceId"], indexedAt=row["indexedAt"]) == [row]


def test_ids_and_addresses_are_no_words(find: Finder) -> None:
    record("Lamp", imageUrl="http://example.com/phone.png", sellerId=uuid7(), avatar="/media/phone.png",
           ownerIds=["cafe"])
    for words in ("phone", "http", "png", "cafe", "01"):
        assert find(q=words) == []


def test_pages_of_a_search(buyer: ApiClient) -> None:
    ids = {record(f"Phone {number}") for number in range(30)}
    settle()
    seen: list[str] = []
    for number in (1, 2, 3):
        answer = buyer.get(MANY, query_string={"q": "phone", "pageNumber": number, "pageRowCount": 12}).json
        assert answer["paging"] | {"next": ""} == {
            "pageNumber": number, "pageRowCount": 12, "totalRowCount": 30, "pageCount": 3, "next": ""}
        seen += [row["id"] for row in answer["searchIndices"]]
    assert (len(seen), set(seen)) == (30, ids)
    beyond = buyer.get(MANY, query_string={"q": "phone", "pageNumber": 1_000_000}).json
    assert (beyond["searchIndices"], beyond["paging"]["totalRowCount"]) == ([], 30)
    everything = buyer.get(MANY, query_string={"q": "phone", "pageNumber": 0}).json
    assert len(everything["searchIndices"]) == 30


def test_a_search_goes_on_after_its_cursor_with_the_same_words_only(buyer: ApiClient) -> None:
    for number in range(5):
        record(f"Phone {number}")
    settle()
    everything = [row["id"] for row in buyer.get(MANY, query_string={"q": "phone"}).json["searchIndices"]]
    seen: list[str] = []
    first = after = buyer.get(MANY, query_string={"q": "phone", "pageRowCount": 2}).json
    while True:
        seen += [row["id"] for row in after["searchIndices"]]
        cursor = after["paging"]["next"]
        if cursor is None:
            break
        after = buyer.get(MANY, query_string={"q": "phone", "pageRowCount": 2, "after": cursor}).json
    assert seen == everything
    for query in ({"q": "lamp"}, {"q": ""}, {"q": "phone", "pageNumber": 2}):
        refused = buyer.get(MANY, query_string=query | {"after": first["paging"]["next"]})
        assert (refused.status_code, list(refused.json["detail"])) == (400, ["after"])


def test_an_answer_kept_for_the_next_caller_knows_what_was_indexed_meanwhile(buyer: ApiClient) -> None:
    record("Phone one")
    settle()
    counts = [len(buyer.get(MANY, query_string={"q": "phone"}).json["searchIndices"])]
    record("Phone two")
    counts.append(len(buyer.get(MANY, query_string={"q": "phone"}).json["searchIndices"]))  # not indexed yet
    settle()
    counts.append(len(buyer.get(MANY, query_string={"q": "phone"}).json["searchIndices"]))
    assert counts == [1, 1, 2]


# A broken index ------------------------------------------------------------------------------------------------------


def test_without_an_index_words_are_looked_for_in_the_table_and_the_repair_is_called(
        app: Flask, buyer: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr("app.search.catalogue.wake", calls.append)
    phone = record("Phone")
    record("Lamp")
    answer = buyer.get(MANY, query_string={"q": "PHON", "documentType": "CATEGORY"})
    assert [row["id"] for row in answer.json["searchIndices"]] == [phone]
    assert calls == [REPAIR]
    before = runtime_of(app).cache_versions.read("search:searchIndex")
    assert "rebuilt, 2 documents" in run_job(REPAIR)
    assert runtime_of(app).cache_versions.read("search:searchIndex") != before, "kept answers are made anew"
    assert search_index("searchIndex").status().documents == 2
    assert len(buyer.get(MANY, query_string={"q": "PHON"}).json["searchIndices"]) == 1


def test_a_damaged_index_is_mended_by_the_next_record(app: Flask, find: Finder) -> None:
    record("Phone")
    settle()
    for file in folder_of(app).rglob("MAIN_*"):
        file.write_bytes(b"nonsense")
    runtime_of(app).part(OpenIndexes).clear()
    record("Phone case")
    assert len(find(q="phone")) == 2


def test_the_nightly_repair_mends_what_differs(app: Flask, find: Finder) -> None:
    kept, lost = record("Phone"), record("Phone case")
    settle()
    index = search_index("searchIndex")
    index.apply([Removal(lost)])
    put_document(_SYSTEM, document_type="CATEGORY", reference_id=uuid7(), document={"title": "Phone late"})
    assert "2 mended" in run_job(REPAIR)
    assert "0 mended" in run_job(REPAIR)
    index.refresh()
    assert {kept, lost} < {id for id, _ in index.versions()}
    assert len(find(q="phone")) == 3


@pytest.mark.parametrize("words", ["", "phone"])
def test_a_search_takes_as_many_statements_for_many_rows_as_for_few(
        app: Flask, buyer: ApiClient, count_statements: Callable[[], AbstractContextManager[list[str]]],
        words: str) -> None:
    for number in range(12):
        record(f"Phone {number}")
    settle()

    def statements_for(rows: int) -> int:
        arguments = {"q": words, "caching": "false", "pageRowCount": str(rows)}
        buyer.get(MANY, query_string=arguments)
        with count_statements() as told:
            assert len(buyer.get(MANY, query_string=arguments).json["searchIndices"]) == rows
        return len(told)

    assert statements_for(2) == statements_for(10) == 1


# A large catalogue ---------------------------------------------------------------------------------------------------

CATEGORIES = 100 if LONG else 30


@pytest.fixture
def market(shop: Shop, seller: ApiClient, admin: ApiClient) -> dict[str, str]:
    """Categories of ten products, each with a word of its own: word → referenceId."""
    found = {}
    with unit_of_work(admin.actor) as work:
        for number in range(CATEGORIES):
            category = create_category(admin.actor, title=f"Kind{number:03} things")
            work.flush()
            found[f"kind{number:03} "] = category.id
            subcategory = create_subcategory(
                admin.actor, category_id=category.id, name=f"Sort{number:03}", group="MORE")
            for product in range(10):
                word = f"item{number:03}x{product}"
                found[word] = create_product(
                    seller.actor, title=f"Thing {word}", description="worth having", condition="NEW", type="FIXED",
                    price=10 + number, currency="USD", shipping=1, shipping_currency="USD", shipping_method="STANDARD",
                    category_id=category.id, subcategory_id=subcategory.id).id
        work.commit()
    settle()
    return found


@pytest.mark.slow
def test_everything_is_found_while_eight_threads_search_through_rebuilds(
        app: Flask, buyer: ApiClient, market: dict[str, str]) -> None:
    for word, reference in market.items():
        kind = "PRODUCT" if word.startswith("item") else "CATEGORY"
        answer = buyer.get(MANY, query_string={"q": word, "documentType": kind})
        assert [row["referenceId"] for row in answer.json["searchIndices"]] == [reference]

    faults: list[Any] = []
    searches = [0] * 8
    done = threading.Event()
    words = list(market)

    def search(thread: int) -> None:
        while not done.is_set():
            word = words[(searches[thread] * 8 + thread) % len(words)]
            kind = "PRODUCT" if word.startswith("item") else "CATEGORY"
            arguments = {"q": word, "documentType": kind, "caching": "false"}
            answer = buyer.get(MANY, query_string=arguments)
            found = [row["referenceId"] for row in (answer.json or {}).get("searchIndices", [])]
            if answer.status_code != 200 or found != [market[word]]:
                faults.append((word, answer.status_code, found))
            searches[thread] += 1

    threads = [threading.Thread(target=search, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    try:
        # and the shop's own category and subcategory, and one seller
        documents = CATEGORIES * 12 + 3
        assert rebuild_index("searchIndex") == documents
        for _ in range(5):
            assert search_index("searchIndex").rebuild(SOURCE) == documents
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert faults == []
    assert min(searches) > 0
