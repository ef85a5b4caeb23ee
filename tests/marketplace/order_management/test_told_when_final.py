"""Who hears of a cancel, and when: once, when nobody can pay the order any more (decision 15, decisions/067)."""
import pytest

from app.clock import moved_clock
from app.notify.mailbox import read_outbox
from tests.app.payments.stand_in import DECLINED_AT_CHARGE, VISA
from tests.marketplace.order_management.shop import ok

KINDS = ("ORDER_CANCELLED", "ORDER_PAID")


def told(shop, party):
    return {kind: len(shop.notices(party, kind)) for kind in KINDS}


def letters(party):
    return [one["template"] for one in read_outbox(party.email) if one["template"] in KINDS]


@pytest.fixture
def declined(shop, settle):
    """An order whose card was declined twice."""
    order = shop.order(shop.list_product())
    for _ in range(2):
        answer = ok(shop.start(order["id"], DECLINED_AT_CHARGE))
        assert answer["orderManagementOrder"]["status"] == "CANCELLED"
        settle()
    return order


def test_of_a_declined_card_nobody_hears_a_cancel(shop, declined):
    for party in (shop.buyer, shop.seller):
        assert told(shop, party) == {"ORDER_CANCELLED": 0, "ORDER_PAID": 0}
        assert letters(party) == []


def test_of_a_declined_card_and_then_a_good_one_all_hear_that_it_is_paid(shop, settle, declined):
    ok(shop.start(declined["id"], VISA))
    settle()
    for party in (shop.buyer, shop.seller):
        assert told(shop, party) == {"ORDER_CANCELLED": 0, "ORDER_PAID": 1}
        assert letters(party) == ["ORDER_PAID"]


def test_an_order_nobody_paid_in_time_is_told_as_cancelled_once(shop, settle, declined):
    with moved_clock(hours=25):
        settle()
    settle()
    for party in (shop.buyer, shop.seller):
        assert told(shop, party) == {"ORDER_CANCELLED": 1, "ORDER_PAID": 0}
        assert letters(party) == ["ORDER_CANCELLED"]


def test_an_order_that_was_never_paid_is_told_as_cancelled_when_its_time_is_up(shop, settle):
    shop.order(shop.list_product())
    with moved_clock(hours=25):
        settle()
    assert [told(shop, party)["ORDER_CANCELLED"] for party in (shop.buyer, shop.seller)] == [1, 1]


@pytest.mark.parametrize("was_declined", [True, False])
def test_a_buyers_cancel_is_final_at_once(shop, settle, was_declined):
    order = shop.order(shop.list_product())
    if was_declined:
        ok(shop.start(order["id"], DECLINED_AT_CHARGE))
    ok(shop.cancel(shop.buyer, order["id"]))
    settle()
    assert [told(shop, party)["ORDER_CANCELLED"] for party in (shop.buyer, shop.seller)] == [1, 1]


def test_staffs_cancel_of_a_paid_order_is_final_at_once(shop, settle):
    order = shop.paid_order()
    ok(shop.move(shop.admin, order["id"], "CANCELLED"))
    settle()
    assert [told(shop, party)["ORDER_CANCELLED"] for party in (shop.buyer, shop.seller)] == [1, 1]


def test_a_line_taken_out_of_an_order_whose_card_was_declined_is_told_to_its_buyer(shop, settle):
    order = shop.order(shop.list_product(), shop.list_product(shop.other_seller))
    ok(shop.start(order["id"], DECLINED_AT_CHARGE))
    [line] = [one for one in shop.read(order["id"])["orderItems"] if one["sellerId"] == shop.other_seller.user_id]
    path = f"/marketplace/ordermanagement-api/v1/ordermanagementorderitems/{line['id']}"
    ok(shop.other_seller.delete(path))
    settle()
    [notice] = shop.notices(shop.buyer, "ORDER_CANCELLED")
    assert notice["payload"]["productId"] == line["productId"]
    assert shop.notices(shop.seller, "ORDER_CANCELLED") == []
