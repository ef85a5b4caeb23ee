"""Feedback at once: one per buyer and item; counters equal a recount whoever comes first (issue 17, item 3)."""
from collections import Counter

from app.errors import NotFound
from blueprints.marketplace.feedback.commands import override_feedback
from blueprints.marketplace.feedback.counting import differences
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.concurrency.together import together
from tests.marketplace.feedback.conftest import shop  # noqa: F401
from tests.marketplace.feedback.reviews import FEEDBACK

# ruff: noqa: F811 - that is how pytest hands fixtures over
CLIENTS = 8


def test_of_many_feedbacks_of_one_buyer_on_one_item_one_is_taken(app, shop):
    sale = shop.delivered()
    answers = together(app, *[lambda: shop.review(sale)] * CLIENTS)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: CLIENTS - 1}
    assert {answer.json["errCode"] for answer in answers if answer.status_code == 400} == {"FeedbackExists"}
    assert shop.reputation()["count"] == 1
    assert differences(10) == []


def test_an_edit_an_override_and_a_delete_at_once_leave_true_counters(app, shop):
    given = shop.reviewed(rating=5)
    edited, overridden, deleted, reply = together(
        app, lambda: shop.change(shop.buyer, given["id"], rating=1), lambda: _overridden(shop, given["id"]),
        lambda: shop.delete(shop.buyer, given["id"]), lambda: shop.reply(shop.seller, given["id"], "r"))
    assert deleted.status_code == 200
    assert {edited.status_code, reply.status_code, overridden} <= {200, 404}
    assert shop.reputation()["count"] == 0
    assert differences(10) == []


def test_many_buyers_of_one_seller_at_once_are_all_counted(app, callers, shop):
    buyers = [callers.user(f"buyer{number}") for number in range(CLIENTS)]
    sales = [shop.delivered(buyer) for buyer in buyers]
    answers = together(app, *(lambda buyer=buyer, sale=sale: shop.review(sale, buyer)
                              for buyer, sale in zip(buyers, sales, strict=True)))
    assert {answer.status_code for answer in answers} == {201}
    assert (shop.reputation()["count"], differences(10)) == (CLIENTS, [])


def test_of_many_replies_at_once_two_stand_the_written_and_the_changed(app, shop):
    given = shop.reviewed()
    answers = together(app, *(lambda text=str(number): shop.reply(shop.seller, given["id"], text)
                              for number in range(CLIENTS)))
    assert Counter(answer.status_code for answer in answers) == {200: 2, 400: CLIENTS - 2}
    assert shop.buyer.get(f"{FEEDBACK}/{given['id']}").json["feedback"]["replyChangedAt"] is not None


def _overridden(shop, feedback_id):

    try:
        override_feedback(shop.admin.actor, feedback_id, rating=2, reason="r")
    except NotFound:
        return 404
    return 200
