"""Feedback that moderation holds is not seen and not counted (moderation.md M-1); what staff correct of it (M-25)."""
from typing import Any

import pytest

from app.actor import system_actor
from app.data.moderated_kinds import ModeratedKinds
from app.data.unit_of_work import unit_of_work
from app.errors import InvalidInput
from app.runtime import runtime
from blueprints.marketplace.feedback.counting import differences
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.marketplace.feedback.reviews import FEEDBACK, ReviewedShop
from tests.marketplace.moderation.holding import hold, seen, show_again, subject


@pytest.fixture
def shop(paying_app, callers, flaky):  # noqa: F811
    return ReviewedShop(callers, flaky)


def edit(feedback_id: str, **values: Any) -> Any:
    with unit_of_work(system_actor("marketplace")) as work:
        before = runtime().part(ModeratedKinds)["marketplace", "FEEDBACK"].edit(work, feedback_id, values)
        work.commit()
    return before


def test_m_1_held_feedback_is_seen_by_its_buyer_and_staff_and_not_counted(shop):
    feedback = shop.reviewed(rating=2)["id"]
    one = f"{FEEDBACK}/{feedback}"
    hold("FEEDBACK", feedback)
    assert [seen(viewer, one) for viewer in (shop.seller, shop.buyer2, shop.buyer, shop.admin)] == [404, 404, 200, 200]
    assert shop.admin.get(one).json["feedback"]["held"] == "HIDDEN"
    assert [len(viewer.get(FEEDBACK).json["feedbacks"]) for viewer in (shop.seller, shop.admin)] == [0, 1]
    assert shop.reputation()["count"] == 0
    assert differences(5) == []
    show_again("FEEDBACK", feedback)
    assert (shop.reputation()["count"], shop.reputation()["average"]) == (1, 2)
    assert differences(5) == []


def test_m_1_held_feedback_that_changes_or_goes_is_not_counted_either(shop):
    feedback = shop.reviewed(rating=2)["id"]
    hold("FEEDBACK", feedback)
    assert shop.change(shop.buyer, feedback, rating=4).status_code == 200
    assert shop.reputation()["count"] == 0
    assert shop.delete(shop.buyer, feedback).status_code == 200
    assert shop.reputation()["count"] == 0
    assert differences(5) == []
    show_again("FEEDBACK", feedback)
    assert shop.reputation()["count"] == 0
    assert differences(5) == []


def test_m_1_removed_feedback_is_its_buyers_no_more_and_leaves_no_room_for_another(shop):
    sale = shop.delivered()
    feedback = shop.review(sale).json["feedback"]["id"]
    hold("FEEDBACK", feedback, "REMOVED")
    assert seen(shop.buyer, f"{FEEDBACK}/{feedback}") == 404
    assert shop.change(shop.buyer, feedback, rating=1).status_code == 404
    assert shop.review(sale).status_code == 400


def test_m_25_feedback_is_corrected_with_its_stars(shop):
    feedback = shop.reviewed(rating=1, comment="thief")["id"]
    assert edit(feedback, comment="-", rating=3) == {"comment": "thief", "rating": 1}
    assert shop.reputation()["average"] == 3
    assert edit(feedback, comment="thief", rating=1) == {"comment": "-", "rating": 3}
    assert differences(5) == []


@pytest.mark.parametrize("values", [{"rating": 6}, {"rating": "5"}, {"comment": "x" * 501}, {"sellerId": "x"}])
def test_m_25_an_unfit_correction_is_refused(shop, values):
    feedback = shop.reviewed()["id"]
    with pytest.raises(InvalidInput):
        edit(feedback, **values)


def test_moderation_reads_feedback_as_its_buyers(shop):
    read = subject("FEEDBACK", shop.reviewed(rating=1, comment="thief")["id"])
    assert read is not None
    assert (read.person_id, read.words, read.parties) == (shop.buyer.user_id, "thief", None)


def test_m_7_an_unpaid_order_of_a_held_listing_is_not_paid(shop):
    listing = shop.list_product()
    order = shop.order(listing)["id"]
    hold("PRODUCT", listing)
    refused = shop.start(order)
    assert (refused.status_code, refused.json["errCode"]) == (400, "ListingHeld")
    show_again("PRODUCT", listing)
    assert shop.start(order).json["orderManagementOrder"]["status"] == "PAID"


def test_m_7_what_was_paid_before_the_hold_counts(shop):
    listing = shop.list_product()
    order = shop.paid_order(listing)
    hold("PRODUCT", listing)
    assert shop.refresh(order["id"]).status_code == 200
    assert shop.read(order["id"])["status"] == "PAID"


def test_moderation_reads_an_order_without_address_and_cards(shop):
    order = shop.order(shop.list_product())
    read = subject("ORDER", order["id"])
    assert read is not None
    assert read.person_id == shop.seller.user_id
    assert read.parties == {shop.buyer.user_id, shop.seller.user_id}
    assert not {"shippingAddress", "stripeCustomerId", "paymentMethodId"} & read.content.keys()
