"""A picture that moderation holds: in no listing, no search record, and not by its address (moderation.md M-1)."""
import pytest

from blueprints.marketplace.admin_moderation.corrections import flag_media
from blueprints.platform.moderation.restoring import restore_thing
from tests.flow import settle
from tests.marketplace.moderation.holding import hold, seen, show_again, subject
from tests.marketplace.product_listing.conftest import (  # noqa: F401 - pytest finds them here
    MEDIAS,
    PRODUCTS,
    buyer,
    fixed,
    listed,
    png,
    seller,
    shelf,
    upload,
)

SEARCH = "/marketplace/searchindexing-api/v1/searchindexes"


@pytest.fixture
def picture(seller):  # noqa: F811
    answer = upload(seller, png())
    assert answer.status_code == 200, answer.json
    settle()
    return answer.json


def test_m_1_a_held_picture_is_in_no_listing_of_others_and_not_by_its_address(
        picture, seller, buyer, as_admin, fixed, listed):  # noqa: F811
    media, path = picture["mediaAssetId"], "/" + picture["url"].split("/", 3)[3]
    product = listed(fixed(mediaAssetIds=[media]))["id"]
    settle()
    assert seen(buyer, path) == 200
    hold("MEDIA", media)
    settle()
    assert seen(buyer, path) == 404
    assert [seen(viewer, f"{MEDIAS}/{media}") for viewer in (buyer, seller, as_admin)] == [404, 200, 200]
    assert seller.get(f"{MEDIAS}/{media}").json["productListingMedia"]["held"] == "HIDDEN"
    assert buyer.get(f"{PRODUCTS}/{product}").json["productListingProduct"]["media"] == []
    records = buyer.get(f"{SEARCH}?documentType=PRODUCT").json["searchIndices"]
    assert [row["document"]["mediaUrls"] for row in records] == [[]]
    show_again("MEDIA", media)
    settle()
    assert seen(buyer, path) == 200
    assert [row["id"] for row in buyer.get(f"{PRODUCTS}/{product}").json["productListingProduct"]["media"]] == [media]
    records = buyer.get(f"{SEARCH}?documentType=PRODUCT").json["searchIndices"]
    assert [row["document"]["mediaUrls"] for row in records] == [[picture["url"]]]


def test_m_1_a_removed_picture_is_staffs_alone_and_goes_into_no_new_listing(
        picture, seller, as_admin, fixed):  # noqa: F811
    media = picture["mediaAssetId"]
    hold("MEDIA", media, "REMOVED")
    assert [seen(viewer, f"{MEDIAS}/{media}") for viewer in (seller, as_admin)] == [404, 200]
    assert seller.get(MEDIAS).json["productListingMedias"] == []
    assert seller.post(PRODUCTS, json=fixed(mediaAssetIds=[media])).status_code == 400


def test_moderation_reads_a_picture_as_its_uploaders(picture, seller):  # noqa: F811
    read = subject("MEDIA", picture["mediaAssetId"])
    assert read is not None
    assert read.person_id == seller.user_id
    assert read.content["url"] == picture["url"]


def test_m_1_a_held_category_is_listed_for_staff_alone(shelf, buyer, as_admin):  # noqa: F811
    hold("CATEGORY", shelf["categoryId"])
    categories = "/marketplace/categorymanagement-api/v1/categories"
    assert [len(viewer.get(categories).json["categories"]) for viewer in (buyer, as_admin)] == [0, 1]
    assert seen(buyer, f"{categories}/{shelf['categoryId']}") == 404
    show_again("CATEGORY", shelf["categoryId"])
    assert len(buyer.get(categories).json["categories"]) == 1


def test_a_flagged_picture_does_not_load_by_its_address_until_it_is_restored(picture, buyer, as_admin):  # noqa: F811
    media, path = picture["mediaAssetId"], "/" + picture["url"].split("/", 3)[3]
    flag_media(as_admin.actor, media_asset_id=media, reason="stolen")
    assert seen(buyer, path) == 404
    assert restore_thing(as_admin.actor, entity_type="MEDIA", entity_id=media, reason="mistaken")
    assert seen(buyer, path) == 200
