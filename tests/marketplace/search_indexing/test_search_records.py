"""The records of searchIndexing: who may write them, and that they follow what they describe (rules-marketplace §9)."""
from datetime import timedelta

import pytest

from app.clock import moved_clock, now
from app.data.columns import parse_iso
from app.data.ids import uuid7
from app.events.deliveries import replay
from app.jobs.scheduler import _jobs_to_call, tick
from app.jobs.worker import run_job
from blueprints.marketplace.search_indexing import refreshing
from blueprints.marketplace.search_indexing.commands import REBUILD_JOB
from tests.clients import PASSWORD, ApiClient
from tests.marketplace.search_indexing.conftest import BASE, CATALOGUE, PRODUCTS, Finder, Shop, settle

MEDIAS = "/marketplace/productlisting-api/v1/productlistingmedias"
SOMEBODY = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"
CATEGORY_RECORD = {"documentType": "CATEGORY", "document": {"title": "A"}, "indexedAt": "2025-01-01T00:00:00Z"}


def deep(levels: int) -> dict:
    return {"a": deep(levels - 1)} if levels else {}


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [
    ("POST", "/v1/searchindexs"), ("POST", "/v1/searchindexes"), ("PATCH", f"/v1/searchindexs/{SOMEBODY}"),
    ("DELETE", f"/v1/searchindexes/{SOMEBODY}"), ("POST", "/admin/rebuild-search-index")])
def test_only_staff_writes_records(client: ApiClient, buyer: ApiClient, method: str, path: str) -> None:
    """SE-2, SE-4."""
    assert client.request(method, BASE + path, json={}).status_code == 401
    assert buyer.request(method, BASE + path, json={}).status_code == 403


def test_a_visitor_may_not_search(client: ApiClient) -> None:
    assert client.get(f"{BASE}/v1/searchindexes").status_code == 401
    assert client.get(f"{BASE}/v1/searchindexs/{uuid7()}").status_code == 401


@pytest.mark.parametrize("wrong", [
    {"documentType": "GIFT"}, {"documentType": None}, {"document": None}, {"document": "no json"}, {"document": [1]},
    {"document": {"title": "a\x00b"}}, {"document": {"k\x00": 1}}, {"document": deep(30)}, {"document": deep(600)},
    {"referenceId": "x"}, {"referenceId": None}, {"indexedAt": "yesterday"}, {"searchIndexId": "x"}])
def test_a_record_that_is_none_is_refused(admin: ApiClient, wrong: dict) -> None:
    """SE-2."""
    body = {**CATEGORY_RECORD, "referenceId": uuid7(), **wrong}
    answer = admin.post(f"{BASE}/v1/searchindexs", json=body)
    assert answer.status_code == 400
    assert answer.json["result"] == "ERR"


@pytest.mark.parametrize("body", [{"indexedAt": "2025-01-01T00:00:00Z"}, {"document": {}}, {"referenceId": SOMEBODY}])
def test_a_change_names_document_and_reference(admin: ApiClient, body: dict) -> None:
    """SE-3."""
    made = admin.post(f"{BASE}/v1/searchindexs", json={**CATEGORY_RECORD, "referenceId": uuid7()})
    one = f"{BASE}/v1/searchindexs/{made.json['searchIndex']['id']}"
    assert admin.patch(one, json=body).status_code == 400


def test_a_change_may_not_take_the_reference_of_another_record(admin: ApiClient) -> None:
    first, second = uuid7(), uuid7()
    for reference in (first, second):
        made = admin.post(f"{BASE}/v1/searchindexs", json={**CATEGORY_RECORD, "referenceId": reference})
    answer = admin.patch(f"{BASE}/v1/searchindexs/{made.json['searchIndex']['id']}",
                         json={"document": {}, "referenceId": first})
    assert answer.status_code == 400
    assert answer.json["errCode"] == "SearchIndexAlreadyExists"


# Writing by hand -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", ["searchindexs", "searchindexes"])
def test_creating_a_record_twice_updates_it(admin: ApiClient, find: Finder, collection: str) -> None:
    """SE-2: both 201, same id, one row, the later title."""
    reference, ids = uuid7(), []
    for title in ("A", "B"):
        body = {**CATEGORY_RECORD, "referenceId": reference, "document": {"title": title}}
        answer = admin.post(f"{BASE}/v1/{collection}", json=body)
        assert answer.status_code == 201
        assert answer.json["searchIndex"]["indexedAt"] == "2025-01-01T00:00:00.000Z"
        ids.append(answer.json["searchIndex"]["id"])
    assert ids[0] == ids[1]
    [row] = find(referenceId=reference, documentType="CATEGORY")
    assert row["document"] == {"title": "B"}


@pytest.mark.parametrize("collection", ["searchindexs", "searchindexes"])
def test_both_spellings_answer_every_method(admin: ApiClient, collection: str) -> None:
    """Decision 5."""
    many = f"{BASE}/v1/{collection}"
    made = admin.post(many, json={**CATEGORY_RECORD, "referenceId": uuid7(), "indexedAt": None})
    one = f"{many}/{made.json['searchIndex']['id']}"
    assert abs(parse_iso(made.json["searchIndex"]["indexedAt"]) - now()) < timedelta(minutes=1)
    assert admin.get(one).json["searchIndex"]["document"] == {"title": "A"}
    assert admin.get(many).json["paging"]["totalRowCount"] == 1
    reference = made.json["searchIndex"]["referenceId"]
    changed = admin.patch(one, json={"document": {"title": "C"}, "referenceId": reference})
    assert changed.json["searchIndex"]["document"] == {"title": "C"}
    assert admin.delete(one).json["searchIndex"]["isActive"] is False
    assert admin.get(one).status_code == 404
    assert admin.get(many).json["paging"]["totalRowCount"] == 0


def test_a_deleted_reference_can_be_recorded_anew(admin: ApiClient, find: Finder) -> None:
    body = {**CATEGORY_RECORD, "referenceId": uuid7()}
    first = admin.post(f"{BASE}/v1/searchindexs", json=body).json["searchIndex"]["id"]
    admin.delete(f"{BASE}/v1/searchindexs/{first}")
    assert admin.post(f"{BASE}/v1/searchindexs", json=body).status_code == 201
    assert len(find(referenceId=body["referenceId"])) == 1


# Following events ----------------------------------------------------------------------------------------------------


def test_a_record_follows_its_product(shop: Shop, seller: ApiClient, find: Finder) -> None:
    """SE-1."""
    product = shop.list_phone()
    [row] = find(documentType="PRODUCT", referenceId=product)
    assert row["document"]["title"] == "Phone"
    assert row["document"] | {"price": 100, "sellerName": "Sam Seller", "categoryTitle": "Phones",
                              "subcategoryName": "Smartphones", "mediaUrls": []} == row["document"]
    assert abs(parse_iso(row["indexedAt"]) - now()) < timedelta(minutes=1)

    seller.patch(f"{PRODUCTS}/{product}", json={"title": "Smart phone", "price": 90})
    [changed] = find(documentType="PRODUCT", referenceId=product)
    assert (changed["id"], changed["document"]["title"], changed["document"]["price"]) == (row["id"], "Smart phone", 90)
    assert find(q="smart", documentType="PRODUCT") == [changed]

    seller.delete(f"{PRODUCTS}/{product}")
    assert find(documentType="PRODUCT", referenceId=product) == []
    assert find(q="smart ") == []
    assert [row["documentType"] for row in find(q="smart")] == ["SUBCATEGORY"]


def test_the_same_event_twice_changes_nothing(shop: Shop, find: Finder) -> None:
    product = shop.list_phone()
    [row] = find(referenceId=product)
    assert replay("search_indexing.refresh") > 0
    assert replay("search.search_index") > 0
    assert find(referenceId=product) == [row]
    assert [found["id"] for found in find(q="phone", documentType="PRODUCT")] == [row["id"]]


def test_a_user_is_a_seller_while_he_has_a_live_product(shop: Shop, seller: ApiClient, find: Finder) -> None:
    assert find(documentType="SELLER") == []
    product = shop.list_phone()
    [record] = find(documentType="SELLER")
    assert (record["referenceId"], record["document"]["fullname"]) == (seller.user_id, "Sam Seller")
    assert [row["id"] for row in find(q="sam sell", documentType="SELLER")] == [record["id"]]
    seller.delete(f"{PRODUCTS}/{product}")
    assert find(documentType="SELLER") == []


def test_a_seller_is_not_forgotten_when_the_work_breaks_off_after_his_product(
        shop: Shop, find: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does the work again finds nothing new in the product: its record stands with its seller's or not at all."""
    settle()
    product = shop.list_phone()
    with monkeypatch.context() as broken:
        broken.setattr(refreshing, "brief_users", lambda *_: {}["away"])
        assert find(documentType="SELLER") == []
    with moved_clock(minutes=5):
        settle()
    assert len(find(referenceId=product)) == len(find(documentType="SELLER")) == 1


def test_renaming_a_category_rewrites_what_shows_it(shop: Shop, admin: ApiClient, find: Finder) -> None:
    """§9.3: its own record, its subcategories and its products, whose versions do not change."""
    product = shop.list_phone()
    admin.patch(f"{CATALOGUE}/categories/{shop.category}", json={"title": "Gadgets"})
    assert {row["referenceId"] for row in find(q="gadgets")} == {shop.category, shop.subcategory, product}
    # The product is still called a phone, and a plural finds it.
    assert {row["referenceId"] for row in find(q="phones ")} == {product}
    admin.patch(f"{CATALOGUE}/subcategories/{shop.subcategory}", json={"name": "Handhelds"})
    assert {row["referenceId"] for row in find(q="handhelds")} == {shop.subcategory, product}
    assert find(q="handhelds")[0]["referenceId"] == shop.subcategory


def test_a_deleted_category_leaves_the_search(shop: Shop, admin: ApiClient, find: Finder) -> None:
    product = shop.list_phone()
    admin.delete(f"{CATALOGUE}/categories/{shop.category}")
    assert find(documentType="CATEGORY") == []
    [row] = find(referenceId=product)
    assert row["document"]["categoryTitle"] is None


def test_renaming_a_seller_rewrites_his_products(shop: Shop, seller: ApiClient, find: Finder) -> None:
    product = shop.list_phone()
    settle()
    answer = seller.patch(f"/marketplace/auth-api/v1/profile/{seller.user_id}", json={"fullname": "Zacharias Trader"})
    assert answer.status_code == 200, answer.json
    assert {row["referenceId"] for row in find(q="zacharias")} == {seller.user_id, product}


def test_a_seller_who_returns_is_named_again(shop: Shop, seller: ApiClient, client: ApiClient, find: Finder) -> None:
    product = shop.list_phone()
    assert find(referenceId=product)[0]["document"]["sellerName"] == "Sam Seller"
    auth = "/marketplace/auth-api"
    assert seller.delete(f"{auth}/v1/archiveprofile/{seller.user_id}").status_code == 200
    assert find(referenceId=product) == find(documentType="SELLER") == []  # who rests sells nothing (decision 41)
    login = client.post(f"{auth}/login", json={"username": seller.email, "password": PASSWORD})
    assert login.status_code == 200, login.json
    assert find(referenceId=product)[0]["document"]["sellerName"] == "Sam Seller"
    assert [row["referenceId"] for row in find(documentType="SELLER")] == [seller.user_id]


def test_a_removed_image_leaves_the_records_that_showed_it(shop: Shop, seller: ApiClient, find: Finder) -> None:
    asset = {"mimeType": "image/png", "size": 1000}
    gone, stays = (seller.post(MEDIAS, json=asset | {"url": f"https://cdn.example/{name}.png"})
                   .json["productListingMedia"]["id"] for name in "ab")
    products = [shop.list_phone(mediaAssetIds=[gone, stays]), shop.list_phone(mediaAssetIds=[gone])]
    find()
    assert seller.delete(f"{MEDIAS}/{gone}").status_code == 200
    shown = {row["referenceId"]: row["document"]["mediaUrls"] for row in find(documentType="PRODUCT")}
    assert shown == {products[0]: ["https://cdn.example/b.png"], products[1]: []}


# Rebuilding ----------------------------------------------------------------------------------------------------------


def test_staff_asks_for_a_rebuild(admin: ApiClient, shop: Shop, find: Finder) -> None:
    """SE-4: answered at once, done by a job; a record nobody wrote appears and an orphan goes."""
    product = shop.list_phone()
    [row] = find(referenceId=product)
    admin.delete(f"{BASE}/v1/searchindexs/{row['id']}")
    orphan = uuid7()
    admin.post(f"{BASE}/v1/searchindexs", json={**CATEGORY_RECORD, "referenceId": orphan})
    assert find(referenceId=product) == []

    answer = admin.post(f"{BASE}/admin/rebuild-search-index")
    assert (answer.status_code, answer.json) == (200, {
        "status": 200, "message": "Reindex triggered. Actual rebuild will be handled by backend process queue."})
    run_job(REBUILD_JOB)
    assert len(find(referenceId=product)) == 1
    assert find(referenceId=orphan) == []
    assert len(find(q="phone", documentType="PRODUCT")) == 1


def test_a_rebuild_asked_for_while_the_queue_is_away_is_due_all_the_same(
        admin: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    tick()  # every job has run once and is due again at its time
    assert REBUILD_JOB not in _jobs_to_call()
    monkeypatch.setattr("app.jobs.schedule.wake", lambda job: False)
    assert admin.post(f"{BASE}/admin/rebuild-search-index").status_code == 200
    assert _jobs_to_call() == [REBUILD_JOB]
