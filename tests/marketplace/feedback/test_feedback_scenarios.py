"""The scenarios of rules-marketplace §4.5."""
import pytest

from tests.marketplace.feedback.reviews import FEEDBACK, refusal
from tests.marketplace.order_management.shop import ok

MODERATION = "/marketplace/adminmoderation-api"
SHELVES, CARTS = "/marketplace/categorymanagement-api/v1", "/marketplace/watchlistcart-api/v1"


def test_fb_1_a_delivered_item_is_reviewed_once_and_its_seller_is_told(shop, settle):
    """FB-1"""
    sale = shop.delivered()
    given = ok(shop.review(sale), 201)["feedback"]
    assert (given["buyerId"], given["_owner"]) == (shop.buyer.user_id, shop.buyer.user_id)
    assert given | sale == given
    assert refusal(shop.review(sale)) == (400, "FeedbackExists")
    settle()
    [told] = shop.notices(shop.seller, "FEEDBACK_RECEIVED")
    assert told["payload"] == {"feedbackId": given["id"], "rating": 5, "productId": sale["productId"]}


def test_fb_2_nothing_is_reviewed_before_it_arrived(shop):
    """FB-2"""
    sale = shop.sale()
    for actor, status in ((shop.admin, "PAID"), (shop.admin, "SHIPPED")):
        ok(shop.move(actor, sale["orderId"], status))
        assert refusal(shop.review(sale)) == (400, "OrderNotDelivered")


def test_fb_2_nobody_reviews_what_another_bought(shop):
    """FB-2"""
    sale = shop.delivered()
    for stranger in (shop.buyer2, shop.seller, shop.admin, shop.super_admin):
        assert shop.review(sale, stranger).status_code == 403


@pytest.mark.parametrize("wrong", [{"rating": 0}, {"rating": 6}, {"rating": "a"}, {"rating": 4.5}, {"rating": None},
                                   {"comment": "x" * 501}, {"comment": 5}, {"orderItemId": "x"}, {"sellerId": None},
                                   {"productId": None}, {"orderId": None}])
def test_fb_2_a_review_that_is_none_is_refused(shop, wrong):
    """FB-2"""
    refused = shop.review(shop.delivered(), **wrong)
    assert refused.status_code == 400
    assert next(iter(wrong)) in refused.json["detail"]


def test_fb_3_everybody_logged_in_reads_feedback(shop):
    """FB-3"""
    given = shop.reviewed()
    assert ok(shop.buyer2.get(f"{FEEDBACK}/{given['id']}?getJoins=false"))["feedback"] == given
    assert ok(shop.buyer2.get(f"{FEEDBACK}?sellerId={shop.seller.user_id}&getJoins=false"))["feedbacks"] == [given]


def test_fb_4_only_its_buyer_changes_it_and_only_what_he_said(shop):
    """FB-4"""
    given = shop.reviewed()
    for other in (shop.buyer2, shop.seller):
        assert shop.change(other, given["id"], rating=1).status_code == 403
    changed = ok(shop.change(shop.buyer, given["id"], rating=3, sellerId=shop.buyer2.user_id))["feedback"]
    assert (changed["rating"], changed["sellerId"]) == (3, shop.seller.user_id)


def test_fb_4_staff_override_it_with_a_record(shop):
    """FB-4"""
    given = shop.reviewed()
    ok(shop.admin.post(f"{MODERATION}/override-feedback", json={
        "feedbackId": given["id"], "updateParams": {"rating": 4}, "reason": "a slip"}))
    assert ok(shop.buyer.get(f"{FEEDBACK}/{given['id']}"))["feedback"]["rating"] == 4
    [record] = ok(shop.admin.get(f"{MODERATION}/v1/moderationactions?entityId={given['id']}"))["moderationActions"]
    assert (record["entityType"], record["actionType"], record["reason"], record["adminId"]) == \
        ("FEEDBACK", "FEEDBACK_OVERRIDE", "a slip", shop.admin.user_id)


def test_fb_5_a_deleted_feedback_is_gone(shop):
    """FB-5"""
    given = shop.reviewed()
    assert shop.delete(shop.buyer2, given["id"]).status_code == 403
    assert ok(shop.delete(shop.buyer, given["id"]))["feedback"]["isActive"] is False
    assert shop.buyer.get(f"{FEEDBACK}/{given['id']}").status_code == 404
    assert shop.delete(shop.buyer, given["id"]).status_code == 404


def test_x_1_a_fixed_price_purchase_from_the_category_to_the_feedback(shop, settle):
    """X-1"""
    category = ok(shop.admin.post(f"{SHELVES}/categories", json={"title": "Electronics"}), 201)["category"]["id"]
    subcategory = ok(shop.admin.post(f"{SHELVES}/subcategories", json={
        "categoryId": category, "name": "Phones", "group": "MORE"}), 201)["subcategory"]["id"]
    product = shop.list_product(categoryId=category, subcategoryId=subcategory)
    ok(shop.buyer.post(f"{CARTS}/cartitems", json={"productId": product, "quantity": 1}), 201)
    order = shop.place()
    line = ok(shop.add(order["id"], product), 201)["orderManagementOrderItem"]
    ok(shop.start(order["id"]))
    assert ok(shop.buyer.get(f"{CARTS}/usercartitems"))["cartItems"] == []
    ok(shop.move(shop.seller, order["id"], "SHIPPED", trackingNumber="T1"))
    ok(shop.move(shop.buyer, order["id"], "DELIVERED"))
    sale = {"rating": 5, "orderId": order["id"], "orderItemId": line["id"], "sellerId": shop.seller.user_id,
            "productId": product}
    ok(shop.review(sale), 201)
    assert refusal(shop.review(sale)) == (400, "FeedbackExists")
    settle()
    for person, kind in ((shop.buyer, "ORDER_PAID"), (shop.seller, "ORDER_PAID"), (shop.buyer, "FEEDBACK_REQUESTED"),
                         (shop.seller, "FEEDBACK_RECEIVED")):
        assert len(shop.notices(person, kind)) == 1, kind
