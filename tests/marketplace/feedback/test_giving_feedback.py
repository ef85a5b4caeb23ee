"""Who may say what and until when: buyer, seller, staff (rules-marketplace §4.3, decisions/072)."""
from datetime import timedelta

import pytest

from app.clock import moved_clock, now
from app.errors import Forbidden, RuleViolated
from app.notify.mailbox import read_outbox
from blueprints.marketplace.feedback.commands import change_feedback, give_feedback, override_feedback, restore_feedback
from blueprints.marketplace.feedback.counting import differences
from blueprints.platform.auth.commands import lock_user
from tests.clients import ApiClient
from tests.marketplace.feedback.reviews import FEEDBACK, REPUTATIONS, refusal
from tests.marketplace.order_management.shop import ORDERS, ok

SOMETHING = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"
RECORDS = "/marketplace/adminmoderation-api/v1/moderationactions"


def records(shop, feedback_id):
    rows = ok(shop.admin.get(f"{RECORDS}?entityId={feedback_id}"))["moderationActions"]
    return [row["actionType"] for row in rows]


class TestGiving:
    def test_an_unknown_item_is_not_found_whatever_else_is_wrong(self, shop):
        assert shop.review(shop.sale(), shop.buyer2, orderItemId=SOMETHING, orderId=SOMETHING).status_code == 404

    def test_another_order_is_refused_before_it_is_asked_whose_it_is(self, shop):
        assert refusal(shop.review(shop.sale(), shop.buyer2, orderId=SOMETHING)) == (400, "OrderMismatch")

    def test_a_stranger_is_refused_before_the_delivery_is_asked(self, shop):
        assert shop.review(shop.sale(), shop.buyer2).status_code == 403

    @pytest.mark.parametrize("field", ["sellerId", "productId"])
    def test_what_is_said_of_the_sale_must_be_true(self, shop, field):
        assert refusal(shop.review(shop.delivered(), **{field: SOMETHING})) == (400, "ItemMismatch")

    def test_a_cancelled_order_is_not_reviewed(self, shop):
        sale = shop.sale()
        ok(shop.cancel(shop.buyer, sale["orderId"]))
        assert shop.review(sale).status_code in (400, 404)

    def test_money_given_back_silences_no_buyer(self, shop):
        order = shop.paid_order()
        ok(shop.move(shop.admin, order["id"], "SHIPPED"))
        ok(shop.move(shop.buyer, order["id"], "DELIVERED"))
        ok(shop.move(shop.admin, order["id"], "REFUNDED"))
        item = ok(shop.buyer.get("/marketplace/ordermanagement-api/v1/ordermanagementorderitems/" + order["items"][0]))[
            "orderManagementOrderItem"]
        sale = {"rating": 1, "orderId": order["id"], "orderItemId": item["id"], "sellerId": item["sellerId"],
                "productId": item["productId"]}
        assert shop.review(sale).status_code == 201

    def test_a_delivery_on_the_last_day_that_there_is_is_reviewed(self, shop):
        sale = shop.delivered()
        ok(shop.admin.patch(f"{ORDERS}/v1/ordermanagementorderstatus/{sale['orderId']}",
                            json={"deliveredAt": "9999-12-31T23:59:59.999Z"}))
        ok(shop.review(sale), 201)

    def test_after_sixty_days_it_is_too_late_to_give(self, shop):
        first, second = shop.delivered(), shop.delivered()
        with moved_clock(days=60, minutes=-1):
            ok(shop.review(first), 201)
        with moved_clock(days=60):
            assert refusal(shop.review(second)) == (400, "FeedbackClosed")

    def test_who_is_locked_gives_none(self, shop):
        sale, given = shop.delivered(), shop.reviewed()
        lock_user(shop.super_admin.actor, shop.buyer.user_id, now() + timedelta(days=7))
        names = {"orderId": "order_id", "orderItemId": "order_item_id", "sellerId": "seller_id",
                 "productId": "product_id"}
        with pytest.raises(Forbidden, match="AccountInactive"):
            give_feedback(shop.buyer.actor, rating=5, **{names[name]: sale[name] for name in names})
        with pytest.raises(Forbidden, match="AccountInactive"):
            change_feedback(shop.buyer.actor, given["id"], rating=1)

    def test_a_locked_seller_is_reviewed_all_the_same(self, shop):
        sale = shop.delivered()
        lock_user(shop.super_admin.actor, shop.seller.user_id, now() + timedelta(days=7))
        assert shop.review(sale).status_code == 201

    def test_a_given_id_is_taken_once(self, shop):
        ok(shop.review(shop.delivered(), feedbackId=SOMETHING), 201)
        assert shop.review(shop.delivered(), feedbackId=SOMETHING).status_code == 400

    def test_two_items_of_one_order_are_reviewed_each(self, shop):
        order = shop.order(shop.list_product(), shop.list_product())
        items = ok(shop.buyer.get(f"/marketplace/ordermanagement-api/v1/ordermanagementorders/{order['id']}"))[
            "orderManagementOrder"]["orderItems"]
        sales = [{"rating": 4, "orderId": order["id"], "orderItemId": item["id"], "sellerId": item["sellerId"],
                  "productId": item["productId"]} for item in items]
        shop.deliver(sales[0])
        assert [shop.review(sale).status_code for sale in sales] == [201, 201]

    def test_the_seller_gets_a_letter(self, shop, settle):
        shop.reviewed(rating=2)
        settle()
        assert [letter["subject"] for letter in read_outbox(shop.seller.email)
                if letter["template"] == "FEEDBACK_RECEIVED"] == ["You received feedback"]


class TestChanging:
    def test_after_sixty_days_it_stays_as_it_is(self, shop):
        given = shop.reviewed()
        with moved_clock(days=60):
            assert refusal(shop.change(shop.buyer, given["id"], rating=1)) == (400, "FeedbackClosed")
            ok(shop.delete(shop.buyer, given["id"]))

    @pytest.mark.parametrize("wrong", [{"rating": 0}, {"rating": 6}, {"rating": "a"}, {"comment": "x" * 501}])
    def test_a_wrong_change_is_refused(self, shop, wrong):
        assert shop.change(shop.buyer, shop.reviewed()["id"], **wrong).status_code == 400

    def test_staff_change_it_at_any_age_and_it_is_recorded(self, shop):
        given = shop.reviewed()
        with moved_clock(days=80):
            assert ok(shop.change(shop.admin, given["id"], comment="—"))["feedback"]["comment"] == "—"
            assert records(shop, given["id"]) == ["FEEDBACK_OVERRIDE"]

    def test_staff_who_review_their_own_purchase_are_buyers(self, shop):
        given = shop.reviewed(shop.admin)
        ok(shop.change(shop.admin, given["id"], rating=2))
        ok(shop.delete(shop.admin, given["id"]))
        assert records(shop, given["id"]) == []

    def test_an_override_is_for_staff(self, shop):
        given = shop.reviewed()
        with pytest.raises(Forbidden):
            override_feedback(shop.buyer.actor, given["id"], rating=5, reason="r")


class TestDeleting:
    def test_the_buyer_may_write_again(self, shop):
        sale = shop.delivered()
        ok(shop.delete(shop.buyer, ok(shop.review(sale), 201)["feedback"]["id"]))
        assert shop.review(sale).status_code == 201

    def test_staff_delete_it_with_a_record(self, shop):
        given = shop.reviewed()
        ok(shop.delete(shop.admin, given["id"]))
        assert records(shop, given["id"]) == ["SOFT_DELETE"]


    def test_only_staff_bring_it_back(self, shop):
        given = shop.reviewed()
        ok(shop.delete(shop.buyer, given["id"]))
        with pytest.raises(Forbidden):
            restore_feedback(shop.buyer.actor, given["id"])

    def test_it_does_not_come_back_beside_another(self, shop):
        sale = shop.delivered()
        first = ok(shop.review(sale), 201)["feedback"]
        ok(shop.delete(shop.buyer, first["id"]))
        ok(shop.review(sale), 201)
        with pytest.raises(RuleViolated, match="already gave feedback"):
            restore_feedback(shop.admin.actor, first["id"])
        assert differences(10) == []

    def test_staff_bring_it_back_once_and_it_counts_again(self, shop):
        given = shop.reviewed()
        ok(shop.delete(shop.admin, given["id"]))
        for _ in range(2):
            restore_feedback(shop.admin.actor, given["id"])
        assert shop.reputation()["count"] == 1
        assert records(shop, given["id"]) == ["SOFT_DELETE"]  # who restores records it (adminModeration)
        assert differences(10) == []


class TestReplying:
    def test_only_the_seller_replies(self, shop):
        given = shop.reviewed()
        for other in (shop.buyer, shop.buyer2, shop.other_seller, shop.admin):
            assert shop.reply(other, given["id"], "r").status_code == 403

    @pytest.mark.parametrize("wrong", [None, "", "x" * 501, 5])
    def test_a_reply_that_is_none_is_refused(self, shop, wrong):
        assert shop.reply(shop.seller, shop.reviewed()["id"], wrong).status_code == 400

    def test_it_is_written_once_and_changed_once(self, shop):
        given = shop.reviewed()
        written = ok(shop.reply(shop.seller, given["id"], "Thanks"))["feedback"]
        assert (written["reply"], written["replyChangedAt"]) == ("Thanks", None)
        assert written["repliedAt"] is not None
        assert ok(shop.reply(shop.seller, given["id"], "Thanks"))["feedback"]["replyChangedAt"] is None
        changed = ok(shop.reply(shop.seller, given["id"], "Thank you"))["feedback"]
        assert (changed["reply"], changed["repliedAt"]) == ("Thank you", written["repliedAt"])
        assert refusal(shop.reply(shop.seller, given["id"], "Again")) == (400, "ReplyIsFinal")
        assert ok(shop.buyer2.get(f"{FEEDBACK}/{given['id']}"))["feedback"]["reply"] == "Thank you"

    def test_the_super_admin_replies_for_a_seller_with_a_record(self, shop):
        given = shop.reviewed()
        ok(shop.reply(shop.super_admin, given["id"], "On his behalf"))
        assert records(shop, given["id"]) == ["MANUAL_CORRECTION"]


class TestReading:
    def test_visitors_read_nothing_unless_reads_are_public(self, shop, client):
        given = shop.reviewed()
        for path in (FEEDBACK, f"{FEEDBACK}/{given['id']}", f"{REPUTATIONS}/{shop.seller.user_id}"):
            assert client.get(path).status_code == 401

    def test_public_reads_open_them(self, shop, make_app):
        given = shop.reviewed()
        visitor = ApiClient(make_app(MARKETPLACE_PUBLIC_READS="1"))
        for path in (FEEDBACK, f"{FEEDBACK}/{given['id']}", f"{REPUTATIONS}/{shop.seller.user_id}"):
            assert visitor.get(path).status_code == 200
        assert visitor.post(FEEDBACK, json={}).status_code == 401

    def test_a_list_is_filtered(self, shop):
        first, second = shop.reviewed(), shop.reviewed(shop.buyer2, shop.other_seller, rating=1)
        for name in ("buyerId", "sellerId", "productId", "orderId", "orderItemId", "rating"):
            for given in (first, second):
                found = ok(shop.buyer.get(f"{FEEDBACK}?{name}={given[name]}&getJoins=false"))["feedbacks"]
                assert found == [given]

    def test_a_list_takes_as_many_statements_for_many_rows_as_for_few(self, shop, count_statements):
        path = f"{FEEDBACK}?caching=false"
        shop.reviewed()
        ok(shop.buyer.get(path))  # the session and who rests are known from now on
        shop.reviewed()
        with count_statements() as few_rows:
            ok(shop.buyer.get(path))
        for _ in range(3):
            shop.reviewed()
        with count_statements() as many_rows:
            ok(shop.buyer.get(path))
        assert len(many_rows) == len(few_rows)
