"""The acceptance scenarios PR-1 … PR-7 of rules-marketplace §8.5, through HTTP."""
from collections.abc import Callable

import pytest

from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from blueprints.marketplace.product_listing.models import Product
from tests.clients import ApiClient
from tests.marketplace.product_listing.conftest import OWN_PRODUCTS, PRODUCTS, Body, png, refusal, upload

BIDS = "/marketplace/auctionoffer-api/v1/auctionofferbids"


def test_pr_1_a_fixed_listing_is_created_for_the_seller(seller: ApiClient, fixed: Callable[..., Body]) -> None:
    """PR-1"""
    answer = seller.post(PRODUCTS, json=fixed())
    row = answer.json["productListingProduct"]
    assert answer.status_code == 201
    assert answer.json["dataName"] == "productListingProduct"
    assert (row["sellerId"], row["_owner"]) == (seller.user_id, seller.user_id)
    assert (row["type_idx"], row["condition_idx"], row["shippingMethod_idx"]) == (0, 1, 0)
    assert (row["price"], row["recordVersion"], row["isActive"]) == (100, 1, True)


@pytest.mark.parametrize(("changed", "missing"), [
    ({"price": None}, "price"), ({"type": "AUCTION"}, "startPrice")])
def test_pr_1_a_listing_without_what_its_type_needs_is_refused(
        seller: ApiClient, fixed: Callable[..., Body], changed: Body, missing: str) -> None:
    """PR-1"""
    assert missing in refusal(seller.post(PRODUCTS, json=fixed(**changed)), 400)["detail"]


def test_pr_1_a_visitor_cannot_list(client: ApiClient, fixed: Callable[..., Body]) -> None:
    """PR-1"""
    refusal(client.post(PRODUCTS, json=fixed()), 401)


def test_pr_2_the_current_bid_is_not_the_clients_to_set(seller: ApiClient, auction: Callable[..., Body]) -> None:
    """PR-2"""
    answer = seller.post(PRODUCTS, json=auction(currentBid=999, highestBidderId=seller.user_id))
    row = answer.json["productListingProduct"]
    assert answer.status_code == 201
    assert (row["currentBid"], row["highestBidderId"]) == (None, None)


def test_pr_3_seller_and_admin_edit_type_and_seller_stay(
        seller: ApiClient, buyer: ApiClient, as_admin: ApiClient, fixed: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    """PR-3"""
    path = f"{PRODUCTS}/{listed(fixed())['id']}"
    answer = seller.patch(path, json={"price": 90, "type": "AUCTION", "sellerId": buyer.user_id})
    row = answer.json["productListingProduct"]
    assert (answer.status_code, row["price"], row["type"], row["sellerId"]) == (200, 90, "FIXED", seller.user_id)
    refusal(buyer.patch(path, json={"price": 1}), 403)
    assert as_admin.patch(path, json={"price": 80}).json["productListingProduct"]["price"] == 80


def test_pr_4_any_user_reads_and_filters_the_listings(
        buyer: ApiClient, shelf: dict[str, str], fixed: Callable[..., Body], auction: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    """PR-4"""
    first = listed(fixed())
    listed(fixed(title="Phone 2"))
    listed(auction())
    assert buyer.get(f"{PRODUCTS}/{first['id']}").status_code == 200
    found = buyer.get(f"{PRODUCTS}?type=FIXED&categoryId={shelf['categoryId']}&pageRowCount=1").json
    assert [row["id"] for row in found["productListingProducts"]] == [first["id"]]
    assert found["paging"] | {"next": ""} == {
        "pageNumber": 1, "pageRowCount": 1, "totalRowCount": 2, "pageCount": 2, "next": ""}
    assert buyer.get(OWN_PRODUCTS).json["productListingProducts"] == []


def test_pr_5_a_withdrawn_listing_is_gone_for_everybody(
        seller: ApiClient, buyer: ApiClient, as_admin: ApiClient, fixed: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    """PR-5"""
    path = f"{PRODUCTS}/{listed(fixed())['id']}"
    refusal(buyer.delete(path), 403)
    answer = seller.delete(path)
    assert (answer.status_code, answer.json["productListingProduct"]["isActive"]) == (200, False)
    for caller in (seller, buyer, as_admin):
        refusal(caller.get(path), 404)
        assert caller.get(PRODUCTS).json["productListingProducts"] == []
    assert seller.get(OWN_PRODUCTS).json["productListingProducts"] == []


def test_pr_6_an_uploaded_image_is_shown_with_a_listing(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    """PR-6"""
    uploaded = upload(seller, png())
    assert uploaded.status_code == 200
    media_id = uploaded.json["mediaAssetId"]
    assert uploaded.json | {"url": ""} == {"status": 200, "mediaAssetId": media_id, "mediaAssetIds": [media_id],
                                           "url": "", "mimeType": "image/png", "size": len(png()), "state": "preparing"}
    path = f"{PRODUCTS}/{listed(fixed())['id']}"
    shown = seller.patch(path, json={"mediaAssetIds": [media_id]})
    assert (shown.status_code, shown.json["productListingProduct"]["mediaAssetIds"]) == (200, [media_id])
    removed = seller.patch(path, json={"mediaAssetIds_remove": media_id})
    assert removed.json["productListingProduct"]["mediaAssetIds"] == []
    appended = seller.patch(path, json={"mediaAssetIds_append": media_id})
    assert appended.json["productListingProduct"]["mediaAssetIds"] == [media_id]


@pytest.mark.parametrize(("content", "mime_type", "code"), [
    (b"hello", "text/plain", "invalid_mime"), (b"hello", "image/png", "invalid_mime"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "invalid_mime"),
    (b"\x89PNG" + bytes(11 * 1024 * 1024), "image/png", "too_large"),
    (b"\x89PNG" + bytes(10 * 1024 * 1024), "image/png", "too_large"),
    (None, "", "no_file"), (b"", "image/png", "no_file"),
], ids=["text", "text that claims to be an image", "svg", "11 MB", "4 bytes over 10 MB", "no file", "empty file"])
def test_pr_6_what_is_no_small_image_is_refused(
        seller: ApiClient, content: bytes | None, mime_type: str, code: str) -> None:
    """PR-6"""
    answer = upload(seller, content, mime_type)
    messages = {"no_file": "No file uploaded.", "invalid_mime": "Invalid file type.",
                "too_large": "File too large (10MB max)."}
    assert answer.status_code == 400
    assert answer.json == {"error": {"code": code, "message": messages[code]}}


def test_pr_7_a_listing_with_an_active_bid_cannot_be_edited(
        seller: ApiClient, buyer: ApiClient, as_admin: ApiClient, auction: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    """PR-7; free again once the only bid is withdrawn."""
    product_id = listed(auction())["id"]
    path = f"{PRODUCTS}/{product_id}"
    bid = buyer.post(BIDS, json={"productId": product_id, "bidAmount": 60, "currency": "USD"})
    assert bid.status_code == 201, bid.json
    for caller in (seller, as_admin):
        assert refusal(caller.patch(path, json={"startPrice": 1}), 400)["errCode"] == "ListingHasBids"
    assert refusal(seller.delete(path), 400)["errCode"] == "ListingHasBids"
    assert seller.get(path).json["productListingProduct"]["startPrice"] == 50
    buyer.patch(f"{BIDS}/{bid.json['auctionOfferBid']['id']}", json={"status": "CANCELLED"})
    assert seller.patch(path, json={"startPrice": 1}).status_code == 200


def test_staff_may_withdraw_a_listing_with_bids(
        seller: ApiClient, buyer: ApiClient, as_admin: ApiClient, auction: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    product_id = listed(auction())["id"]
    buyer.post(BIDS, json={"productId": product_id, "bidAmount": 60, "currency": "USD"})
    assert as_admin.delete(f"{PRODUCTS}/{product_id}").status_code == 200


def test_a_won_auction_is_neither_edited_nor_withdrawn_by_its_seller(
        seller: ApiClient, auction: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    product_id = listed(auction())["id"]
    with unit_of_work(seller.actor) as work:
        product = work.lock(Product, product_id)
        work.change(product, closed_at=product.created_at, winner_bid_id=uuid7())
        work.commit()
    path = f"{PRODUCTS}/{product_id}"
    assert refusal(seller.patch(path, json={"title": "x"}), 400)["errCode"] == "ListingClosed"
    assert refusal(seller.delete(path), 400)["errCode"] == "ListingAwaitsPayment"


def test_a_listing_with_open_orders_cannot_be_edited(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    product_id = listed(fixed(quantity=3))["id"]
    with unit_of_work(seller.actor) as work:
        work.change(work.lock(Product, product_id), reserved=1)
        work.commit()
    answer = seller.patch(f"{PRODUCTS}/{product_id}", json={"price": 1})
    assert refusal(answer, 400)["errCode"] == "ListingHasOpenOrders"
