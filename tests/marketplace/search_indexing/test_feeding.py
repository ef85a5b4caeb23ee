"""How a title reaches the search index: in one go with its record, whatever breaks off or comes in between."""
from typing import Any

import pytest

from app.clock import moved_clock
from app.events.deliveries import deliver_batch
from app.events.relay import relay_all
from app.search import Change, SearchQuery
from app.search.catalogue import apply_or_rebuild, search_index
from blueprints.marketplace.product_listing.commands import update_product
from blueprints.marketplace.search_indexing import refreshing, subscribers
from blueprints.marketplace.search_indexing.topics import INDEX_UPDATED
from tests.app.search.conftest import document_of
from tests.clients import ApiClient
from tests.flow import sent
from tests.marketplace.search_indexing.conftest import BASE, CATALOGUE, PRODUCTS, Finder, Shop, settle


def title_of(record: dict[str, Any]) -> Any:
    index = search_index("searchIndex")
    index.refresh()
    hit = document_of(index, record["id"])
    return hit and hit.fields["title"]


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The ids of each call that feeds the index from the records' own events."""
    calls: list[list[str]] = []
    monkeypatch.setattr(subscribers, "apply_or_rebuild", lambda name, changes: calls.append(
        [change.id for change in changes]) or apply_or_rebuild(name, changes))
    return calls


def test_a_title_is_found_as_soon_as_its_event_was_delivered(shop: Shop, find: Finder) -> None:
    """Without the second way through the outbox: one relay, one round of deliveries."""
    find()
    product = shop.list_phone(title="Grammophone")
    relay_all()
    while deliver_batch():
        pass
    index = search_index("searchIndex")
    index.refresh()
    assert {row.fields["referenceId"] for row in index.search(SearchQuery("grammophone")).hits} == {product}


def test_what_a_refresh_wrote_is_not_fed_a_second_time(shop: Shop, find: Finder, fed: list[list[str]]) -> None:
    product = shop.list_phone()
    assert len(find(q="phone", referenceId=product)) == 1
    assert fed == []


def test_what_a_refresh_wrote_carries_the_request_ids_of_its_causes(
        admin: ApiClient, shop: Shop, find: Finder, fed: list[list[str]]) -> None:
    """Of each change its own, though both are refreshed together, and of a renamed category what shows its name."""
    first, second = (shop.make_category(title) for title in ("Gramophones", "Records"))
    find()
    for category, request_id in ((first, "request-1"), (second, "request-2")):
        admin.patch(f"{CATALOGUE}/categories/{category}", json={"title": "Sold out"},
                    headers={"X-Request-Id": request_id})
    find()
    written = {event.payload["referenceId"]: event.request_id for event in sent(INDEX_UPDATED)}
    assert (written[first], written[second]) == ("request-1", "request-2")
    assert fed == []


def test_what_staff_write_is_fed_by_its_event(admin: ApiClient, shop: Shop, find: Finder, fed: list[list[str]]) -> None:
    """Whatever request id they give."""
    [record] = find(referenceId=shop.category)
    changed = admin.patch(f"{BASE}/v1/searchindexs/{record['id']}", headers={"X-Request-Id": "search_indexing.refresh"},
                          json={"document": {"title": "Gramophones"}, "referenceId": shop.category})
    assert changed.status_code == 200, changed.json
    assert [row["id"] for row in find(q="gramophones")] == [record["id"]]
    assert fed == [[record["id"]]]
    assert admin.delete(f"{BASE}/v1/searchindexs/{record['id']}").status_code == 200
    settle()
    assert title_of(record) is None


def test_a_document_is_not_lost_when_the_work_breaks_off_before_the_index_is_fed(
        shop: Shop, seller: ApiClient, find: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its record stands already, and its seller's: the repetition writes nothing and feeds both."""
    settle()
    product = shop.list_phone()
    with monkeypatch.context() as broken:
        broken.setattr(refreshing, "apply_or_rebuild", lambda *_: {}["killed"])
        settle()
        records = find(referenceId=f"{product},{seller.user_id}")
        assert {row["documentType"] for row in records} == {"PRODUCT", "SELLER"}
        assert find(q="phone", documentType="PRODUCT") == []
    with moved_clock(minutes=5):
        assert [row["referenceId"] for row in find(q="phone", documentType="PRODUCT")] == [product]
        assert [row["referenceId"] for row in find(q="sam", documentType="SELLER")] == [seller.user_id]
        assert {row["recordVersion"] for row in find(referenceId=f"{product},{seller.user_id}")} == {1}


def test_a_withdrawn_listing_leaves_the_index_when_the_work_breaks_off_before(
        shop: Shop, seller: ApiClient, find: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    product = shop.list_phone()
    [record] = find(referenceId=product)
    assert title_of(record) == "Phone"
    seller.delete(f"{PRODUCTS}/{product}")
    with monkeypatch.context() as broken:
        broken.setattr(refreshing, "apply_or_rebuild", lambda *_: {}["killed"])
        settle()
        assert title_of(record) == "Phone"
    with moved_clock(minutes=5):
        settle()
        assert title_of(record) is None


def test_an_older_document_never_replaces_a_newer_one(
        shop: Shop, seller: ApiClient, find: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rival changes the title, refreshes and feeds between our commit and our feeding."""
    product = shop.list_phone(title="First")
    [record] = find(referenceId=product)
    rivals = ["Third"]

    def overtaken(name: str, changes: list[Change]) -> None:
        if rivals:
            update_product(seller.actor, product, title=rivals.pop())
            refreshing.refresh("PRODUCT", {product: None})
        apply_or_rebuild(name, changes)

    monkeypatch.setattr(refreshing, "apply_or_rebuild", overtaken)
    update_product(seller.actor, product, title="Second")
    refreshing.refresh("PRODUCT", {product: None})
    assert title_of(record) == "Third"
    settle()
    assert title_of(record) == "Third"
