"""`flask doctor --fix auction-orders`: a won auction has one open order."""
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actor import system_actor
from app.clock import now
from app.data.reads import fetch
from app.errors import RuleViolated
from app.ops.checks import OK
from app.payments.records import PaymentAttempt
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.marketplace.auction_offer.models import Bid
from blueprints.marketplace.order_management import won_auctions
from blueprints.marketplace.order_management.models import RELEASED, Order, OrderItem
from blueprints.marketplace.order_management.settlement import CHECKOUT
from tests.cli.market import ORDERS, Market
from tests.cli.mending import ONCE, Run, assert_mended, change, named
from tests.cli.test_doctor_fix import ID, add, told
from tests.concurrency.in_between import meet


def a_won_auction(market: Market) -> str:
    auction = market.auctioned()
    market.bid(market.ben, auction, 20)
    close_auction(system_actor("marketplace"), auction, early=True)
    return auction


def an_auction_that_two_orders_hold(market: Market, buyer: Any = None) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return the auction, its winner's order and the other."""
    auction, sold = a_won_auction(market), market.listed()
    won, other = market.ordered(auction), market.ordered(sold, buyer=buyer or market.cleo)
    change(OrderItem, OrderItem.order_id == other["id"], product_id=auction)
    return auction, won, other


def begin_to_pay(order: dict[str, Any]) -> None:
    add("marketplace", PaymentAttempt, id=order["id"], checkout=CHECKOUT.name, order_id=order["id"], number=1,
        method_id="pm_1", keeps_card=False, amount=2500, currency="USD", description="so", state="failed",
        started_at=now())


def status_of(order: dict[str, Any]) -> str:
    [row] = fetch(select(Order.status).where(Order.id == order["id"]))
    return str(row.status)


def test_of_two_orders_the_one_that_nobody_began_to_pay_is_cancelled(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("auction orders")
    _, won, other = an_auction_that_two_orders_hold(market)
    begin_to_pay(won)
    said = assert_mended(run, "auction orders")
    assert f"order {other['orderNumber']}, which nobody began to pay, is cancelled" in said
    assert (status_of(won), status_of(other)) == ("PENDING_PAYMENT", "CANCELLED")


@ONCE
def test_of_two_that_nobody_began_to_pay_the_winners_stays(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("auction orders")
    _, won, other = an_auction_that_two_orders_hold(market)
    named(run, "auction orders", "--yes")
    assert told("auction orders")[0] == OK
    assert (status_of(won), status_of(other)) == ("PENDING_PAYMENT", "CANCELLED")


@ONCE
def test_of_the_winners_two_the_one_that_is_being_paid_stays(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("auction orders")
    _, won, other = an_auction_that_two_orders_hold(market, market.ben)
    begin_to_pay(other)
    named(run, "auction orders", "--yes")
    assert told("auction orders")[0] == OK
    assert (status_of(won), status_of(other)) == ("CANCELLED", "PENDING_PAYMENT")


@ONCE
def test_two_orders_that_are_both_being_paid_are_for_people(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("auction orders")
    _, won, other = an_auction_that_two_orders_hold(market)
    begin_to_pay(won)
    begin_to_pay(other)
    refused = named(run, "auction orders", "--yes", code=1)
    assert "people decide whose it is" in " ".join(refused.output.split())
    assert (status_of(won), status_of(other)) == ("PENDING_PAYMENT", "PENDING_PAYMENT")


@ONCE
def test_an_auction_that_nobody_holds_any_more_when_the_mend_has_its_lock_is_left_alone(
        app: Flask, monkeypatch: pytest.MonkeyPatch, market: Market) -> None:
    auction, _, _ = an_auction_that_two_orders_hold(market)

    def mend() -> str:
        with pytest.raises(RuleViolated) as refused:
            won_auctions.mend_auction(market.ada.actor, auction, "so")
        return str(refused.value.message)

    met = meet(app, monkeypatch, (won_auctions, "lock_listings"), mend,
               lambda: change(OrderItem, OrderItem.product_id == auction, hold=RELEASED))
    assert met.first == "one order at most holds this auction by now"


def a_win_that_an_ended_order_keeps(market: Market) -> tuple[str, dict[str, Any]]:
    auction = a_won_auction(market)
    order = market.ordered(auction)
    assert market.ben.delete(f"{ORDERS}/ordermanagementorders/{order['id']}").status_code == 200
    change(Bid, Bid.product_id == auction, order_id=order["id"])
    return auction, order


def test_a_won_auction_whose_order_was_lost_gets_it_anew(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("auction orders")
    auction, lost = a_win_that_an_ended_order_keeps(market)
    assert_mended(run, "auction orders")
    [placed] = fetch(select(Order.id, Order.buyer_id, Order.status, Order.total, Order.shipping_address).join(
        OrderItem, OrderItem.order_id == Order.id).where(OrderItem.product_id == auction, Order.id != lost["id"]))
    assert (placed.buyer_id, placed.status, placed.total) == (market.ben.user_id, "PENDING_PAYMENT", 2500)
    assert placed.shipping_address == {"city": "Basel"}
    [bid] = fetch(select(Bid.order_id))
    assert bid.order_id == placed.id


@ONCE
def test_a_win_whose_order_is_gone_can_be_ordered_again(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("auction orders")
    auction = a_won_auction(market)
    change(Bid, Bid.product_id == auction, order_id=f"{ID}5")
    assert "is gone; the winner can order the auction again" in assert_mended(run, "auction orders")
    assert market.ordered(auction)["status"] == "PENDING_PAYMENT"


@ONCE
def test_a_paid_order_that_was_cancelled_is_no_lost_one(only: Callable[[str], None], market: Market) -> None:
    only("auction orders")
    order = market.paid(a_won_auction(market))
    assert market.ben.delete(f"{ORDERS}/ordermanagementorders/{order['id']}").status_code == 200
    assert told("auction orders")[0] == OK
