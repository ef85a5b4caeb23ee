"""pageNumber=0 with words: staff get every match, however many there are; pages keep their window."""
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.actor import system_actor
from app.data.ids import uuid7
from app.runtime import runtime_of
from app.search.catalogue import OpenIndexes
from app.search.whoosh import ranking
from blueprints.marketplace.search_indexing import queries
from blueprints.marketplace.search_indexing.commands import delete_document, put_document
from tests.clients import ApiClient
from tests.marketplace.search_indexing.conftest import BASE, settle

_SYSTEM = system_actor("marketplace")
WHOLE = f"{BASE}/v1/searchindexes?q=phone&pageNumber=0"
WINDOW, BATCH, MATCHES = 4, 2, 11


@pytest.fixture
def small(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application whose pages of a search end after four rows, and hold two at most."""
    monkeypatch.setattr(queries, "WINDOW", WINDOW)
    monkeypatch.setattr(ranking, "WINDOW", WINDOW)
    return make_app(PAGE_SIZE_LIMIT=str(BATCH), READ_EVENTS="off")


@pytest.fixture
def staff(small: Flask, admin: ApiClient) -> ApiClient:
    return ApiClient(small, token=admin.token)


def record(title: str) -> str:
    return put_document(_SYSTEM, document_type="CATEGORY", reference_id=uuid7(), document={"title": title}).id


@pytest.fixture
def phones(small: Flask) -> list[str]:
    """Eleven matches, each a little worse than the one before, and a record that is none."""
    ids = [record("Phone " + "and more " * number) for number in range(MATCHES)]
    record("Lamp")
    settle()
    return ids


def ids_of(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [row["id"] for row in answer.json["searchIndices"]]


def streamed(staff: ApiClient) -> Iterator[bytes]:
    """Return the pieces of the list as the server takes them, one by one."""
    response = staff._client.get(WHOLE, headers={"Authorization": f"Bearer {staff.token}"})
    return response.iter_encoded()


def lose_the_index(app: Flask) -> None:
    shutil.rmtree(app.extensions["guildhall"].settings.home / "search" / "searchIndex")
    runtime_of(app).part(OpenIndexes).clear()


def test_pages_end_at_the_window(staff: ApiClient, small: Flask, buyer: ApiClient, phones: list[str]) -> None:
    others = ApiClient(small, token=buyer.token)
    assert len(ids_of(others.get(WHOLE))) == BATCH
    for caller in (staff, others):
        pages = [ids_of(caller.get(WHOLE.replace("=0", f"={number}&pageRowCount=2"))) for number in (1, 2, 3)]
        assert pages == [phones[:2], phones[2:4], []]


def test_staff_get_every_match_once_and_best_first(staff: ApiClient, phones: list[str]) -> None:
    answer = staff.get(WHOLE)
    assert ids_of(answer) == phones
    assert (answer.json["rowCount"], answer.json["paging"]["totalRowCount"]) == (MATCHES, MATCHES)
    assert ids_of(staff.get(WHOLE)) == phones, "from the second answer on the first batch is a kept one"


def test_filters_hold_behind_the_first_batch(staff: ApiClient, phones: list[str]) -> None:
    other = put_document(_SYSTEM, document_type="SUBCATEGORY", reference_id=uuid7(), document={"title": "Phone"}).id
    settle()
    assert other not in ids_of(staff.get(f"{WHOLE}&documentType=CATEGORY"))
    assert ids_of(staff.get(f"{WHOLE}&documentType=SUBCATEGORY")) == [other]


def test_better_matches_that_come_meanwhile_bring_no_row_twice_and_lose_none(
        staff: ApiClient, phones: list[str]) -> None:
    pieces = streamed(staff)
    said = [next(pieces)]
    record("Phone")
    settle()
    said.append(next(pieces))
    for _ in range(BATCH + 1):
        record("Phone")
    delete_document(_SYSTEM, phones[-1])
    settle()
    text = b"".join([*said, *pieces])
    assert [text.count(f'"id":"{one}"'.encode()) for one in phones] == [1] * (MATCHES - 1) + [0]


def test_without_an_index_the_table_tells_every_match_once(
        small: Flask, staff: ApiClient, phones: list[str]) -> None:
    lose_the_index(small)
    assert ids_of(staff.get(WHOLE)) == phones


def test_an_index_that_is_lost_after_the_first_batch_loses_no_row(
        small: Flask, staff: ApiClient, phones: list[str]) -> None:
    pieces = streamed(staff)
    said = next(pieces)
    lose_the_index(small)
    said += b"".join(pieces)
    assert [said.count(f'"id":"{one}"'.encode()) for one in phones] == [1] * MATCHES


def test_a_first_batch_of_which_nothing_may_be_shown_is_no_end(
        staff: ApiClient, phones: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_of_active_sellers", lambda: [queries.SearchIndex.id.not_in(phones[:BATCH])])
    assert ids_of(staff.get(WHOLE)) == phones[BATCH:]
