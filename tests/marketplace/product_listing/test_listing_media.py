"""Media of listings: who may record, show and remove them (rules-marketplace §8.2, PR4, PR6)."""
from collections.abc import Callable

import pytest

from app.data.ids import uuid7
from tests.clients import ApiClient
from tests.marketplace.product_listing.conftest import MEDIAS, PRODUCTS, Body, png, refusal, upload

ASSET = {"mimeType": "image/png", "url": "https://cdn.example/a.png", "size": 1000}


def recorded(caller: ApiClient, **changed: object) -> str:
    answer = caller.post(MEDIAS, json=ASSET | changed)
    assert answer.status_code == 201, answer.json
    media_id: str = answer.json["productListingMedia"]["id"]
    return media_id


def media_ids(caller: ApiClient) -> list[str]:
    return [row["id"] for row in caller.get(MEDIAS).json["productListingMedias"]]


@pytest.mark.parametrize(("changed", "field"), [
    ({"mimeType": "text/html"}, "mimeType"), ({"size": 10_485_761}, "size"), ({"size": 0}, "size"),
    ({"size": "1"}, "size"), ({"url": "javascript:alert(1)"}, "url"), ({"url": "x" * 2049}, "url"),
    ({"productId": "x"}, "productId")])
def test_a_record_is_checked_like_an_upload(seller: ApiClient, changed: Body, field: str) -> None:
    assert set(refusal(seller.post(MEDIAS, json=ASSET | changed), 400)["detail"]) == {field}


def test_all_missing_fields_of_a_record_are_named(seller: ApiClient) -> None:
    assert set(refusal(seller.post(MEDIAS, json={}), 400)["detail"]) == {"mimeType", "url", "size"}


def test_a_record_for_somebody_elses_product_is_refused(
        seller: ApiClient, buyer: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    product_id = listed(fixed())["id"]
    refusal(buyer.post(MEDIAS, json=ASSET | {"productId": product_id}), 403)
    refusal(buyer.post(MEDIAS, json=ASSET | {"productId": uuid7()}), 404)
    assert recorded(seller, productId=product_id)


def test_the_uploader_is_remembered_but_not_shown(seller: ApiClient) -> None:
    row = seller.post(MEDIAS, json=ASSET).json["productListingMedia"]
    assert row["_owner"] == seller.user_id
    assert "uploaderId" not in row


def test_users_list_their_own_media_staff_list_all(
        seller: ApiClient, buyer: ApiClient, as_admin: ApiClient, fixed: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    product_id = listed(fixed())["id"]
    of_seller, of_buyer = recorded(seller), recorded(buyer)
    by_staff = recorded(as_admin, productId=product_id)
    assert media_ids(seller) == [of_seller, by_staff]
    assert media_ids(buyer) == [of_buyer]
    assert media_ids(as_admin) == [of_seller, of_buyer, by_staff]


def test_any_user_gets_a_media_asset(seller: ApiClient, buyer: ApiClient) -> None:
    assert buyer.get(f"{MEDIAS}/{recorded(seller)}").json["productListingMedia"]["url"] == ASSET["url"]


def test_uploader_seller_of_the_product_and_staff_remove_media(
        seller: ApiClient, buyer: ApiClient, as_admin: ApiClient, fixed: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    product_id = listed(fixed())["id"]
    own, shown, other = recorded(seller), recorded(as_admin, productId=product_id), recorded(seller)
    refusal(buyer.delete(f"{MEDIAS}/{own}"), 403)
    for caller, media_id in ((seller, own), (seller, shown), (as_admin, other)):
        removed = caller.delete(f"{MEDIAS}/{media_id}")
        assert removed.json["productListingMedia"]["isActive"] is False
        refusal(caller.get(f"{MEDIAS}/{media_id}"), 404)


def test_somebody_elses_media_cannot_be_shown_with_a_listing(
        seller: ApiClient, buyer: ApiClient, as_admin: ApiClient, fixed: Callable[..., Body]) -> None:
    foreign = recorded(buyer)
    refusal(seller.post(PRODUCTS, json=fixed(mediaAssetIds=[foreign])), 403)
    assert as_admin.post(PRODUCTS, json=fixed(mediaAssetIds=[foreign])).status_code == 201


def test_the_first_product_that_shows_an_asset_is_noted_on_it(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    """PR4"""
    media_id = recorded(seller)
    first = listed(fixed(mediaAssetIds=[media_id, media_id]))
    second = listed(fixed(mediaAssetIds=[media_id]))
    assert (first["mediaAssetIds"], second["mediaAssetIds"]) == ([media_id], [media_id])
    def noted() -> object:
        return seller.get(f"{MEDIAS}/{media_id}").json["productListingMedia"]["productId"]
    assert noted() == first["id"]
    seller.patch(f"{PRODUCTS}/{second['id']}", json={"mediaAssetIds": []})
    assert noted() == first["id"]
    seller.patch(f"{PRODUCTS}/{first['id']}", json={"mediaAssetIds_remove": media_id})
    assert noted() is None


def test_a_removed_asset_stays_listed_but_is_no_longer_shown(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    media_id = recorded(seller)
    path = f"{PRODUCTS}/{listed(fixed(mediaAssetIds=[media_id]))['id']}"
    seller.delete(f"{MEDIAS}/{media_id}")
    assert seller.get(path).json["productListingProduct"]["media"] == []
    edited = seller.patch(path, json={"mediaAssetIds": [media_id], "title": "Still fine"})
    assert edited.status_code == 200


def test_a_listing_shows_at_most_24_assets(seller: ApiClient, fixed: Callable[..., Body]) -> None:
    many = [recorded(seller) for _ in range(25)]
    assert seller.post(PRODUCTS, json=fixed(mediaAssetIds=many[:24])).status_code == 201
    assert "mediaAssetIds" in refusal(seller.post(PRODUCTS, json=fixed(mediaAssetIds=many)), 400)["detail"]


def test_an_uploaded_image_can_be_downloaded_by_anybody(
        seller: ApiClient, client: ApiClient, settle: Callable[[], None]) -> None:
    uploaded = upload(seller, png(7)).json
    assert uploaded["state"] == "preparing"
    url = uploaded["url"]
    assert client.get(url.removeprefix("http://127.0.0.1:8000")).json["errCode"] == "FileIsBeingPrepared"
    settle()
    answer = client.get(url.removeprefix("http://127.0.0.1:8000"))
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", png(7))


def test_an_image_under_a_wrong_name_of_its_type_is_recorded_as_what_it_is(seller: ApiClient) -> None:
    assert upload(seller, png(), "image/jpeg").json["mimeType"] == "image/png"


def test_a_repeated_upload_with_its_idempotency_key_is_stored_once(seller: ApiClient) -> None:
    """Decision 22; a refused upload leaves the key free, another file under it is refused."""
    key = {"Idempotency-Key": "upload-1"}
    assert upload(seller, b"no image", headers=key).status_code == 400
    first, second = upload(seller, png(), headers=key), upload(seller, png(), headers=key)
    assert (first.status_code, second.json) == (200, first.json)
    assert len(seller.get(MEDIAS).json["productListingMedias"]) == 1
    assert refusal(upload(seller, png(9), headers=key), 400)["errCode"] == "IdempotencyKeyReused"


def test_a_visitor_cannot_upload(client: ApiClient) -> None:
    refusal(upload(client, png()), 401)
