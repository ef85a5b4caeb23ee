"""Who owes something to others of the marketplace is not erased: a sentence names what they wait for (decision 099)."""
import pytest

from app.actor import system_actor
from app.clock import moved_clock
from app.errors import RuleViolated
from blueprints.platform.auth.person_commands import erase_account
from tests.cli.conftest import market  # noqa: F401 - pytest finds it here
from tests.marketplace.auction_offer.saleroom import Saleroom

# ruff: noqa: F811 - that is how pytest hands fixtures over


BOSS = system_actor("marketplace", operator="root")
ORDER_STATUS = "/marketplace/ordermanagement-api/v1/ordermanagementorderstatus"


def refused(person):
    with pytest.raises(RuleViolated) as refusal:
        erase_account(BOSS, person.user_id)
    return refusal.value.message


@pytest.mark.parametrize("status", ["PAID", "SHIPPED"])
def test_buyer_and_seller_of_an_order_that_has_not_arrived_are_not_erased(market, status):
    order = market.paid()
    if status != "PAID":
        market.moved(order, status)
    assert f"order {order['orderNumber']}, bought, is {status}" in refused(market.ben)
    assert f"order {order['orderNumber']}, sold, is {status}" in refused(market.sara)


def test_buyer_and_seller_of_an_unpaid_order_are_not_erased_while_it_may_be_paid(market, settle):
    order = market.ordered()
    assert f"order {order['orderNumber']}, bought, is PENDING_PAYMENT" in refused(market.ben)
    assert f"order {order['orderNumber']}, sold, is PENDING_PAYMENT" in refused(market.sara)
    with moved_clock(days=30):
        settle()
        assert erase_account(BOSS, market.ben.user_id)


def test_whoever_traded_to_the_end_is_erased(market):
    order = market.paid()
    market.moved(order, "SHIPPED")
    arrived = market.ben.patch(f"{ORDER_STATUS}/{order['id']}", json={"status": "DELIVERED"})
    assert arrived.status_code == 200, arrived.text
    for person in (market.ben, market.sara):
        assert erase_account(BOSS, person.user_id)


def test_the_seller_of_an_auction_with_bids_is_not_erased_and_its_bidder_is(callers):
    room = Saleroom(callers)
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    with pytest.raises(RuleViolated, match=r"auction “.*” \(.*\) runs with 1 bids"):
        erase_account(BOSS, room.seller.user_id)
    assert erase_account(BOSS, room.ben.user_id)
