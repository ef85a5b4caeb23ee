"""What staff put right, with its entry in the record: AM-6 and X-5 of the rules, §1.3, M-24 and M-25."""
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.clock import moved_clock, now
from app.data.columns import iso
from app.data.due_work import DueWork
from app.data.moderated_kinds import ModeratedKinds
from app.data.reads import fetch
from app.jobs.scheduler import _jobs_to_call, tick
from app.jobs.worker import run_all_due_work
from app.runtime import runtime
from blueprints.marketplace.admin_moderation import corrections
from blueprints.marketplace.feedback.counting import differences
from blueprints.marketplace.notification_management.commands import create_notification, delete_notification
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.search_indexing.commands import REBUILD_JOB
from blueprints.platform.auth.commands import create_user, delete_user
from blueprints.platform.notification.unread import check_unread
from tests.clients import ApiClient, Callers
from tests.marketplace.auction_offer.saleroom import Saleroom
from tests.marketplace.feedback.reviews import ReviewedShop
from tests.marketplace.order_management.shop import ORDERS, PRODUCTS, Shop, ok

MOUNT = "/marketplace/adminmoderation-api"
ACTIONS = f"{MOUNT}/v1/moderationactions"
MEDIAS = "/marketplace/productlisting-api/v1/productlistingmedias"
CATEGORIES = "/marketplace/categorymanagement-api/v1/categories"
RECORDS = "/marketplace/searchindexing-api/v1/searchindexes"
USERS = "/marketplace/auth-api/v1/users"
SOMETHING = str(uuid4())
NIL = "00000000-0000-0000-0000-000000000000"
GOOD: dict[str, dict[str, Any]] = {
    "rebuild-search-index": {},
    "fix-payment-record": {"orderId": SOMETHING, "fixParams": {"status": "PAID"}},
    "override-feedback": {"feedbackId": SOMETHING, "updateParams": {"rating": 3}},
    "flag-media-asset": {"mediaAssetId": SOMETHING},
    "restore-soft-deleted-entity": {"entityType": "PRODUCT", "entityId": SOMETHING},
}
BAD = [
    ("rebuild-search-index", {"reason": 7}, "reason"),
    ("fix-payment-record", {}, "orderId"),
    ("fix-payment-record", {"orderId": "ALL", "fixParams": {"status": "PAID"}}, "orderId"),
    ("fix-payment-record", {"orderId": SOMETHING}, "fixParams"),
    ("fix-payment-record", {"orderId": SOMETHING, "fixParams": []}, "fixParams"),
    ("fix-payment-record", {"orderId": SOMETHING, "fixParams": {}}, "fixParams"),
    ("fix-payment-record", {"orderId": SOMETHING, "fixParams": {"total": 1}}, "total"),
    ("fix-payment-record", {"orderId": SOMETHING, "fixParams": {"status": "SHIPPED"}}, "status"),
    ("fix-payment-record", {"orderId": SOMETHING, "fixParams": {"paidAt": "2999-01-01"}}, "paidAt"),
    ("fix-payment-record", {"orderId": SOMETHING, "fixParams": {
        "status": "PAID", "_paymentConfirmation": "canceled"}}, "_paymentConfirmation"),
    ("fix-payment-record", {"orderId": SOMETHING, "fixParams": {
        "status": "REFUNDED", "paidAt": "2020-01-01"}}, "status"),
    ("override-feedback", {"updateParams": {"rating": 3}}, "feedbackId"),
    ("override-feedback", {"feedbackId": SOMETHING}, "updateParams"),
    ("override-feedback", {"feedbackId": SOMETHING, "updateParams": {}}, "updateParams"),
    ("override-feedback", {"feedbackId": SOMETHING, "updateParams": {"rating": 6}}, "rating"),
    ("override-feedback", {"feedbackId": SOMETHING, "updateParams": {"buyerId": SOMETHING}}, "buyerId"),
    ("flag-media-asset", {"mediaAssetId": 1}, "mediaAssetId"),
    ("restore-soft-deleted-entity", {"entityId": SOMETHING}, "entityType"),
    ("restore-soft-deleted-entity", {"entityType": "BID", "entityId": SOMETHING}, "entityType"),
    ("restore-soft-deleted-entity", {"entityType": "PRODUCT", "entityId": "x"}, "entityId"),
]
RESTORABLE = ("USER", "PRODUCT", "FEEDBACK", "MEDIA", "CATEGORY", "NOTIFICATION", "ORDER", "SEARCHINDEX")


def correct(actor: ApiClient, route: str, **options: Any) -> TestResponse:
    """Call one of the routes with a body."""
    headers = options.pop("headers", {})
    return actor.post(f"{MOUNT}/{route}", json=options, headers=headers)


def restore(actor: ApiClient, entity_type: str, entity_id: str, **options: Any) -> TestResponse:
    """Ask that something comes back."""
    return correct(actor, "restore-soft-deleted-entity", entityType=entity_type, entityId=entity_id, **options)


@pytest.fixture
def entries(as_admin: ApiClient) -> Callable[[], list[tuple[str, str, str]]]:
    """Call it: (actionType, entityId, reason) of every entry of the record, the latest first."""
    def read() -> list[tuple[str, str, str]]:
        rows = ok(as_admin.get(f"{ACTIONS}?caching=false"))["moderationActions"]
        return [(row["actionType"], row["entityId"], row["reason"]) for row in rows]
    return read


Entries = Callable[[], list[tuple[str, str, str]]]


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", GOOD)
def test_a_visitor_is_asked_to_log_in_and_a_user_is_forbidden(
        client: ApiClient, callers: Callers, entries: Entries, route: str) -> None:
    assert correct(client, route, **GOOD[route]).status_code == 401
    refused = correct(callers.user("ben"), route, **GOOD[route])
    assert (refused.status_code, refused.json) == (403, {"status": 403, "message": "Forbidden"})
    assert entries() == []


@pytest.mark.parametrize(("route", "body", "field"), BAD)
def test_bad_input_is_refused_by_name(
        as_admin: ApiClient, entries: Entries, route: str, body: dict[str, Any], field: str) -> None:
    refused = correct(as_admin, route, **body)
    assert (refused.status_code, field in str(refused.json["detail"])) == (400, True), refused.json
    assert entries() == []


@pytest.mark.parametrize(("route", "body"), [
    ("fix-payment-record", {"orderId": SOMETHING, "fixParams": {"status": status}})
    for status in ("PAID", "CANCELLED", "REFUNDED")] + [
    (route, GOOD[route]) for route in ("flag-media-asset", "override-feedback")] + [
    ("restore-soft-deleted-entity", {"entityType": kind, "entityId": SOMETHING}) for kind in RESTORABLE])
def test_what_is_unknown_is_not_found_and_nothing_is_logged(
        as_admin: ApiClient, entries: Entries, route: str, body: dict[str, Any]) -> None:
    assert correct(as_admin, route, **body).status_code == 404
    assert entries() == []


def test_a_type_that_nothing_can_be_restored_of_is_refused_by_name(
        as_admin: ApiClient, entries: Entries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(runtime().part(ModeratedKinds), ("marketplace", "FEEDBACK"))
    refused = restore(as_admin, "FEEDBACK", SOMETHING)
    assert (refused.status_code, list(refused.json["detail"])) == (400, ["entityType"])
    assert entries() == []


# The search index ----------------------------------------------------------------------------------------------------


def test_a_rebuild_is_due_at_once_and_its_entry_says_all(as_admin: ApiClient, entries: Entries) -> None:
    tick()  # every job has run once and is due again at its time
    assert REBUILD_JOB not in _jobs_to_call()
    answer = correct(as_admin, "rebuild-search-index")
    assert (answer.status_code, answer.json) == (
        200, {"status": 200, "message": "Triggered search index rebuild & logged action."})
    assert entries() == [("INDEX_REBUILD", NIL, "ALL: Manual search index rebuild")]
    assert REBUILD_JOB in _jobs_to_call()


# Media ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def picture(callers: Callers) -> dict[str, str]:
    """A media asset of Sara's, and the listing that shows it."""
    sara = callers.user("sara")
    media = ok(sara.post(MEDIAS, json={"mimeType": "image/png", "url": "https://a.example/b.png", "size": 5}), 201)
    media_id = media["productListingMedia"]["id"]
    listing = ok(sara.post(PRODUCTS, json=fixed(mediaAssetIds=[media_id])), 201)["productListingProduct"]
    return {"media": media_id, "listing": listing["id"]}


def fixed(**fields: Any) -> dict[str, Any]:
    """Return the body of a fixed-price listing."""
    return {"title": "Phone", "description": "d", "condition": "NEW", "type": "FIXED", "price": 100, "currency": "USD",
            "shipping": 5, "shippingCurrency": "USD", "shippingMethod": "STANDARD", "categoryId": SOMETHING,
            "subcategoryId": SOMETHING} | fields


def shown(actor: ApiClient, listing: str) -> list[str]:
    """Return the media that a listing shows."""
    row = ok(actor.get(f"{PRODUCTS}/{listing}?caching=false"))["productListingProduct"]
    return [one["id"] for one in row["media"]]


def test_a_flagged_picture_is_gone_and_comes_back_when_it_is_restored(
        as_admin: ApiClient, picture: dict[str, str], entries: Entries, settle: Callable[[], None]) -> None:
    answer = correct(as_admin, "flag-media-asset", mediaAssetId=picture["media"])
    assert (answer.status_code, answer.json) == (
        200, {"status": 200, "message": "Media asset flagged/removed and moderation action logged."})
    settle()
    assert as_admin.get(f"{MEDIAS}/{picture['media']}").status_code == 404
    assert (shown(as_admin, picture["listing"]), searched_urls(as_admin, picture["listing"])) == ([], [])
    assert correct(as_admin, "flag-media-asset", mediaAssetId=picture["media"]).status_code == 404
    assert entries() == [("MEDIA_FLAG", picture["media"], "Media flagged & removed by admin")]

    ok(restore(as_admin, "MEDIA", picture["media"], reason="is fine"))
    settle()
    assert shown(as_admin, picture["listing"]) == [picture["media"]]
    assert searched_urls(as_admin, picture["listing"]) == ["https://a.example/b.png"]
    assert entries()[0] == ("RESTORE", picture["media"], "is fine")


def searched_urls(actor: ApiClient, listing: str) -> list[str]:
    """Return the pictures in the search record of a listing."""
    rows = ok(actor.get(f"{RECORDS}?referenceId={listing}&caching=false"))["searchIndices"]
    return [url for row in rows for url in row["document"]["mediaUrls"]]


def test_an_entry_that_cannot_be_written_takes_its_effect_back(
        as_admin: ApiClient, picture: dict[str, str], entries: Entries, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("the record is broken")

    with monkeypatch.context() as broken:
        broken.setattr(corrections, "record_action", refuse)
        assert correct(as_admin, "flag-media-asset", mediaAssetId=picture["media"]).status_code == 500
    assert as_admin.get(f"{MEDIAS}/{picture['media']}").status_code == 200
    assert entries() == []


# Payments ------------------------------------------------------------------------------------------------------------


def fix(actor: ApiClient, order_id: str, **params: Any) -> TestResponse:
    """Correct the payment of an order."""
    return correct(actor, "fix-payment-record", orderId=order_id, fixParams=params, reason="r")


def test_x_5_moderation(shop: Shop, picture: dict[str, str], entries: Entries) -> None:
    """X-5"""
    ok(correct(shop.admin, "flag-media-asset", mediaAssetId=picture["media"]))
    assert shop.admin.get(f"{MEDIAS}/{picture['media']}").status_code == 404
    order = shop.order(shop.list_product())
    answer = fix(shop.admin, order["id"], status="PAID")
    assert (answer.status_code, answer.json) == (
        200, {"status": 200, "message": "Order payment correction logged. (See audit trail)"})
    assert shop.read(order["id"])["status"] == "PAID"
    [fixed_entry, flagged] = entries()
    assert (fixed_entry[:2], fixed_entry[2].startswith("r: PENDING_PAYMENT/pending → PAID/paid")) == (
        ("PAYMENT_FIX", order["id"]), True)
    assert flagged[:2] == ("MEDIA_FLAG", picture["media"])
    for route, body in GOOD.items():
        assert correct(shop.buyer, route, **body).json == {"status": 403, "message": "Forbidden"}
    assert len(entries()) == 2


def test_m_25_what_does_not_hold_for_the_order_is_refused_and_nothing_is_logged(shop: Shop, entries: Entries) -> None:
    order, other = shop.order(shop.list_product()), shop.paid_order()
    for params, field in (({"paidAt": "2020-01-01"}, "paidAt"),
                          ({"_paymentConfirmation": "paid"}, "_paymentConfirmation"),
                          ({"status": "CANCELLED", "_paymentConfirmation": "paid"}, "_paymentConfirmation"),
                          ({"paymentIntentId": other["paymentIntentId"]}, "paymentIntentId")):
        refused = fix(shop.admin, order["id"], **params)
        assert (refused.status_code, list(refused.json["detail"])) == (400, [field]), refused.json
    for wrong in ("PAID", "REFUNDED"):
        assert fix(shop.admin, (other if wrong == "PAID" else order)["id"], status=wrong).json["errCode"] == "OrderStep"
    assert (shop.read(order["id"])["status"], entries()) == ("PENDING_PAYMENT", [])


def test_m_25_a_confirmation_that_agrees_and_a_corrected_time_are_one_entry_each(shop: Shop, entries: Entries) -> None:
    order = shop.paid_order()
    ok(fix(shop.admin, order["id"], _paymentConfirmation="paid", paymentIntentId=order["paymentIntentId"]))
    ok(fix(shop.admin, order["id"], paidAt="2020-01-01T00:00:00Z"))
    assert shop.read(order["id"])["paidAt"] == "2020-01-01T00:00:00.000Z"
    assert [(kind, target) for kind, target, _ in entries()] == [("PAYMENT_FIX", order["id"])] * 2


def test_m_25_a_fix_to_refunded_asks_the_gateway_once_for_a_key(shop: Shop, entries: Entries) -> None:
    order = shop.paid_order()
    body = {"orderId": order["id"], "fixParams": {"status": "REFUNDED"}, "headers": {"Idempotency-Key": "k1"}}
    assert ok(correct(shop.admin, "fix-payment-record", **body)) == ok(
        correct(shop.admin, "fix-payment-record", **body))
    run_all_due_work()
    assert shop.read(order["id"])["status"] == "REFUNDED"
    assert [kind for kind, *_ in entries()] == ["PAYMENT_FIX"]
    assert fix(shop.admin, order["id"], status="REFUNDED").status_code == 400
    assert len(entries()) == 1


def test_m_25_a_cancelled_order_does_not_come_back(shop: Shop, entries: Entries) -> None:
    order = shop.order(shop.list_product())
    ok(restore(shop.admin, "ORDER", order["id"]))
    ok(shop.cancel(shop.buyer, order["id"]))
    refused = restore(shop.admin, "ORDER", order["id"])
    assert (refused.status_code, refused.json["errCode"]) == (400, "OrderCancelled")
    assert shop.buyer.get(f"{ORDERS}/v1/ordermanagementorders/{order['id']}").status_code == 404
    assert entries() == []


# What was deleted ----------------------------------------------------------------------------------------------------


def test_am_6_a_deleted_product_comes_back(
        callers: Callers, as_admin: ApiClient, entries: Entries, settle: Callable[[], None]) -> None:
    """AM-6"""
    sara = callers.user("sara")
    product = ok(sara.post(PRODUCTS, json=fixed()), 201)["productListingProduct"]["id"]
    ok(sara.delete(f"{PRODUCTS}/{product}"))
    settle()
    assert restore(sara, "PRODUCT", product).json == {"status": 403, "message": "Forbidden"}
    answer = restore(as_admin, "PRODUCT", product)
    assert (answer.status_code, answer.json) == (
        200, {"status": 200, "message": "Entity restore triggered and audit logged."})
    restored = ok(sara.get(f"{PRODUCTS}/{product}"))["productListingProduct"]
    assert (restored["isActive"], restored["recordVersion"]) == (True, 3)
    settle()
    assert len(ok(as_admin.get(f"{RECORDS}?referenceId={product}"))["searchIndices"]) == 1
    once = [("RESTORE", product, "Entity manually restored by admin")]
    assert entries() == once
    ok(restore(as_admin, "PRODUCT", product))  # it is there: nothing changes, nothing is logged
    assert (entries(), ok(sara.get(f"{PRODUCTS}/{product}"))["productListingProduct"]["recordVersion"]) == (once, 3)


@pytest.fixture
def room(callers: Callers) -> Saleroom:
    """Sellers and bidders."""
    return Saleroom(callers)


def closes_at(auction: str) -> list[str | None]:
    """Return when the close of an auction is due, if it is."""
    return [iso(row.due_at) for row in fetch(DueWork.__table__.select().where(DueWork.subject == auction))]


def stored(auction: str) -> Any:
    """Return the row of a listing."""
    return fetch(Product.__table__.select().where(Product.id == auction))[0]


def test_m_25_a_running_auction_that_is_restored_at_once_goes_on(
        room: Saleroom, as_admin: ApiClient, settle: Callable[[], None]) -> None:
    auction = room.auction(endBidDate=iso(now().replace(year=2999)))
    room.placed(room.ben, auction, 60)
    ok(as_admin.delete(f"{PRODUCTS}/{auction}"))
    assert closes_at(auction) == []
    ok(restore(as_admin, "PRODUCT", auction))
    assert closes_at(auction) == [iso(stored(auction).effective_end)]
    settle()  # the news of the withdrawal comes late
    assert (stored(auction).closed_at, stored(auction).highest_bidder_id) == (None, room.ben.user_id)
    room.placed(room.cleo, auction, 70)


def test_m_25_an_auction_that_ended_while_it_was_away_comes_back_unsold(
        room: Saleroom, as_admin: ApiClient, entries: Entries, settle: Callable[[], None]) -> None:
    auction = room.auction()
    bid = room.placed(room.ben, auction, 60)
    ok(as_admin.delete(f"{PRODUCTS}/{auction}"))
    with moved_clock(hours=2):
        refused = restore(as_admin, "PRODUCT", auction)  # it would be sold to Ben: its bids are not taken out yet
        assert (refused.status_code, refused.json["errCode"], entries()) == (400, "AuctionEnding", [])
        settle()
        ok(restore(as_admin, "PRODUCT", auction))
        settle()
    after = stored(auction)
    assert (after.is_active, after.closed_at is not None, after.winner_bid_id) == (True, True, None)
    assert room.bid_seen(room.ben, bid)["status"] == "CANCELLED"


def test_m_25_a_listing_of_who_is_gone_for_good_does_not_come_back(
        callers: Callers, as_admin: ApiClient, as_super_admin: ApiClient, entries: Entries) -> None:
    sara = callers.user("sara")
    product = ok(sara.post(PRODUCTS, json=fixed()), 201)["productListingProduct"]["id"]
    ok(sara.delete(f"{PRODUCTS}/{product}"))
    delete_user(as_super_admin.actor, sara.user_id)
    assert restore(as_admin, "PRODUCT", product).json["errCode"] == "SellerInactive"
    assert entries() == []
    ok(restore(as_admin, "USER", sara.user_id))
    ok(restore(as_admin, "PRODUCT", product))
    assert [kind for kind, *_ in entries()] == ["RESTORE"] * 2


def test_m_25_a_user_comes_back_unless_the_address_is_taken_or_the_role_is_higher(
        callers: Callers, as_admin: ApiClient, as_super_admin: ApiClient, entries: Entries) -> None:
    ben, other_admin = callers.user("ben"), callers.admin("otto")
    for gone in (ben, other_admin):
        delete_user(as_super_admin.actor, gone.user_id)
    assert restore(as_admin, "USER", other_admin.user_id).json["errCode"] == "AHigherUserCantBeRestored"
    namesake = create_user(as_super_admin.actor, email=ben.email, password_hash="x", fullname="Ben the other")
    assert restore(as_admin, "USER", ben.user_id).json["errCode"] == "EmailAlreadyExists"
    assert entries() == []
    delete_user(as_super_admin.actor, namesake.id)
    ok(restore(as_admin, "USER", ben.user_id))
    assert as_admin.get(f"{USERS}/{ben.user_id}").status_code == 200
    assert entries() == [("RESTORE", ben.user_id, "Entity manually restored by admin")]


def test_a_notification_counts_as_unread_again(
        callers: Callers, as_admin: ApiClient, entries: Entries) -> None:
    ben = callers.user("ben")
    notice = create_notification(as_admin.actor, notification_type="SYSTEM_ALERT", user_id=ben.user_id,
                                 channel="IN_APP", payload={"text": "t"})
    delete_notification(ben.actor, notice.id)
    for _ in range(2):
        ok(restore(as_admin, "NOTIFICATION", notice.id))
        assert check_unread() == ("ok", "1 unread, as a recount says")
    assert len(entries()) == 1


def test_m_25_a_category_and_a_search_record_come_back_unless_another_took_the_place(
        as_admin: ApiClient, entries: Entries) -> None:
    category = ok(as_admin.post(CATEGORIES, json={"title": "Toys"}), 201)["category"]["id"]
    ok(as_admin.delete(f"{CATEGORIES}/{category}"))
    ok(restore(as_admin, "CATEGORY", category))
    assert as_admin.get(f"{CATEGORIES}/{category}").status_code == 200
    body = {"documentType": "CATEGORY", "referenceId": category, "document": {"title": "Toys"}}
    gone = ok(as_admin.post(RECORDS, json=body), 201)["searchIndex"]["id"]
    ok(as_admin.delete(f"{RECORDS}/{gone}"))
    ok(as_admin.post(RECORDS, json=body), 201)
    refused = restore(as_admin, "SEARCHINDEX", gone)
    assert (refused.status_code, refused.json["errCode"]) == (400, "SearchIndexAlreadyExists")
    assert [kind for kind, *_ in entries()] == ["RESTORE"]


# Feedback ------------------------------------------------------------------------------------------------------------


def test_an_overridden_and_a_restored_feedback_count_and_have_one_entry_each(
        reviewed_shop: ReviewedShop, entries: Entries) -> None:
    given = reviewed_shop.reviewed(rating=5)
    admin = reviewed_shop.admin
    answer = correct(admin, "override-feedback", feedbackId=given["id"], updateParams={"rating": 3}, reason="r")
    assert (answer.status_code, answer.json) == (
        200, {"status": 200, "message": "Feedback override performed & logged."})
    assert reviewed_shop.reputation()["average"] == 3
    ok(reviewed_shop.delete(reviewed_shop.buyer, given["id"]))
    for _ in range(2):
        ok(restore(admin, "FEEDBACK", given["id"]))
    assert (reviewed_shop.reputation()["count"], differences(10)) == (1, [])
    assert [entry for entry in entries() if entry[1] == given["id"]] == [
        ("RESTORE", given["id"], "Entity manually restored by admin"), ("FEEDBACK_OVERRIDE", given["id"], "r")]
