"""M-14: nobody judges what concerns themselves; a feedback concerns its seller as well as who wrote it."""
import pytest

from blueprints.marketplace.feedback.counting import differences
from tests.marketplace.feedback.reviews import refusal
from tests.marketplace.order_management.shop import ok

MODERATION = "/marketplace/adminmoderation-api"


def act(kind, **terms):
    return lambda shop, staff, feedback: staff.post(f"{MODERATION}/v1/acts", json={
        "kind": kind, "entityType": "FEEDBACK", "entityId": feedback, "reason": "r", **terms})


WAYS = {
    "a change": lambda shop, staff, feedback: shop.change(staff, feedback, rating=5),
    "a deletion": lambda shop, staff, feedback: shop.delete(staff, feedback),
    "a correction": lambda shop, staff, feedback: staff.post(f"{MODERATION}/override-feedback", json={
        "feedbackId": feedback, "updateParams": {"rating": 5}}),
    "an override": act("OVERRIDE_FEEDBACK", changes={"rating": 5}),
    "hiding": act("HIDE"),
    "removal": act("REMOVE"),
}


@pytest.fixture
def given(shop):
    """What ben says, one star, of a listing that a member of staff has sold."""
    return shop.reviewed(seller=shop.admin, rating=1)["id"]


def stars(shop):
    assert differences(10) == []
    seen = shop.reputation(shop.admin)
    return seen["count"], seen["average"]


@pytest.mark.parametrize("way", WAYS)
def test_m_14_staff_who_sell_do_not_judge_what_is_said_of_them(shop, given, way):
    assert refusal(WAYS[way](shop, shop.admin, given)) == (400, "OwnCase")
    assert stars(shop) == (1, 1)


def test_m_14_nor_do_they_bring_back_what_was_deleted(shop, given, callers):
    ok(shop.delete(callers.admin("eve"), given))
    body = {"entityType": "FEEDBACK", "entityId": given}
    assert shop.admin.post(f"{MODERATION}/restore-soft-deleted-entity", json=body).status_code == 400
    assert stars(shop) == (0, None)
    ok(callers.admin("eve").post(f"{MODERATION}/restore-soft-deleted-entity", json=body))
    assert stars(shop) == (1, 1)


@pytest.mark.parametrize("way", WAYS)
def test_m_14_another_member_of_staff_does(shop, given, callers, way):
    assert WAYS[way](shop, callers.admin("eve"), given).status_code in (200, 201)
    assert stars(shop) in ((0, None), (1, 5))


def test_m_14_the_seller_still_answers_it(shop, given):
    assert ok(shop.reply(shop.admin, given, "sorry"))["feedback"]["reply"] == "sorry"
