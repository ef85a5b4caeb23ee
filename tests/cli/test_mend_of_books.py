"""`flask doctor --fix books`: the ledger is put right by further bookings, and nothing that was written is changed."""
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.clock import now
from app.data.reads import fetch
from app.errors import RuleViolated
from app.ops.checks import FAIL, OK
from app.payments.records import PaymentAttempt, PaymentRefund
from blueprints.marketplace.order_management.ledger_corrections import correct_ledger
from blueprints.marketplace.order_management.ledger_entries import check_ledger
from blueprints.marketplace.order_management.models import Order
from blueprints.marketplace.order_management.record_models import LedgerEntry
from tests.cli.market import ORDERS, Market
from tests.cli.mending import ALL_BOOKINGS, ONCE, Run, assert_mended, change, forget, named
from tests.cli.test_doctor_fix import ID, add, told
from tests.concurrency.together import together
from tests.platform.moderation.chains import entries


def a_sale_that_was_not_booked(market: Market) -> dict[str, Any]:
    paid = market.paid()
    forget(LedgerEntry, LedgerEntry.order_id == paid["id"])
    return paid


def a_sale_that_was_changed(market: Market) -> dict[str, Any]:
    paid = market.paid()
    change(LedgerEntry, LedgerEntry.order_id == paid["id"], gross=9500, commission=900, net=8600)
    return paid


def a_sale_that_does_not_divide(market: Market) -> dict[str, Any]:
    paid = market.paid()
    change(LedgerEntry, LedgerEntry.order_id == paid["id"], net=1)
    return paid


def a_line_that_was_not_booked(market: Market) -> dict[str, Any]:
    paid = market.paid(market.listed(), market.listed())
    [first, _] = fetch(select(LedgerEntry.id).where(LedgerEntry.order_id == paid["id"]).order_by(LedgerEntry.id))
    forget(LedgerEntry, LedgerEntry.id == first.id)
    return paid


def a_booking_of_no_payment(market: Market) -> dict[str, Any]:
    paid = market.paid()
    moment = now()
    add("marketplace", LedgerEntry, id=f"{ID}7", kind="SALE", source_id=f"{ID}8", order_id=paid["id"], item_id=f"{ID}9",
        seller_id=f"{ID}1", category_id=None, currency="USD", percent=10, gross=500, commission=50, net=450,
        booked_at=moment, month=moment.strftime("%Y-%m"))
    return paid


def a_payment_of_more_than_the_lines(market: Market) -> dict[str, Any]:
    paid = market.paid()
    change(PaymentAttempt, PaymentAttempt.order_id == paid["id"], amount=10_600)
    return paid


def money_due_that_nothing_says(market: Market) -> dict[str, Any]:
    paid = market.paid()
    change(Order, Order.id == paid["id"], refund_due=500)
    return paid


LEDGERS = [a_sale_that_was_not_booked, a_sale_that_was_changed, a_sale_that_does_not_divide, a_line_that_was_not_booked,
           a_booking_of_no_payment, a_payment_of_more_than_the_lines, money_due_that_nothing_says]


@ONCE
@pytest.mark.parametrize("wrong", LEDGERS, ids=lambda wrong: wrong.__name__)
def test_a_ledger_is_put_right_by_further_bookings(
        market: Market, wrong: Callable[[Market], dict[str, Any]]) -> None:
    order = wrong(market)
    before = [tuple(row) for row in fetch(ALL_BOOKINGS)]
    assert check_ledger()[0] == FAIL
    said = correct_ledger(market.ada.actor, order["id"], "so")
    assert check_ledger()[0] == OK
    assert [tuple(row) for row in fetch(ALL_BOOKINGS)][:len(before)] == before
    [paid] = fetch(select(func.sum(PaymentAttempt.amount)).where(PaymentAttempt.order_id == order["id"]))
    [booked] = fetch(select(func.sum(LedgerEntry.gross), func.sum(LedgerEntry.commission), func.sum(LedgerEntry.net))
                     .where(LedgerEntry.order_id == order["id"]))
    assert booked[0] == paid[0] == booked[1] + booked[2]
    assert "before: ledger" in said
    assert "after: ledger" in said


def test_a_sale_put_right_is_what_it_would_have_been(run: Run, only: Callable[[str], None], market: Market) -> None:
    only("books")
    paid = a_sale_that_was_changed(market)
    assert_mended(run, "books")
    columns = (LedgerEntry.kind, LedgerEntry.gross, LedgerEntry.commission, LedgerEntry.net)
    assert [tuple(row) for row in fetch(select(*columns).where(LedgerEntry.order_id == paid["id"]).order_by(
        LedgerEntry.id))] == [("SALE", 9500, 900, 8600), ("CORRECTION", 1000, 100, 900)]


@ONCE
def test_what_was_put_right_is_given_back_whole(run: Run, only: Callable[[str], None], market: Market) -> None:
    only("books")
    paid = a_sale_that_was_changed(market)
    named(run, "books", "--yes")
    assert market.ben.delete(f"{ORDERS}/ordermanagementorders/{paid['id']}").status_code == 200
    refunded = run("payments", "refund", paid["id"], "--due", "--yes")
    assert refunded.exit_code == 0, refunded.output
    assert told("books")[0] == OK
    assert fetch(select(func.sum(LedgerEntry.gross), func.sum(LedgerEntry.commission)))[0] == (0, 0)


@ONCE
def test_a_refund_that_was_not_booked_is_booked(run: Run, only: Callable[[str], None], market: Market) -> None:
    only("books")
    paid = market.paid()
    assert run("payments", "refund", paid["id"], "--amount", "10", "--yes").exit_code == 0
    [refund] = fetch(select(PaymentRefund.id, PaymentRefund.amount))
    forget(LedgerEntry, LedgerEntry.source_id == refund.id)
    named(run, "books", "--yes")
    assert told("books")[0] == OK
    assert [(row.kind, row.gross) for row in fetch(select(LedgerEntry.kind, LedgerEntry.gross).where(
        LedgerEntry.source_id == refund.id))] == [("REFUND", -refund.amount)]


@ONCE
def test_a_correction_stands_in_record_and_audit_with_operator_and_reason(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("books")
    paid = a_sale_that_was_not_booked(market)
    named(run, "books", "--yes")
    [entry] = [one for one in entries() if one["what"] == "ledger.corrected"]
    assert (entry["facts"]["orderId"], entry["facts"]["reason"]) == (paid["id"], "the disk broke")
    assert (entry["facts"]["was"]["ledger"], entry["facts"]["now"]["ledger"]) == (0, 10500)
    assert entry["by"]["operator"]
    assert "the disk broke: order" in run("moderate", "record", "--json").stdout


@ONCE
def test_what_was_put_right_and_is_wrong_again_is_for_people(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("books")
    paid = a_sale_that_was_changed(market)
    correct_ledger(market.ada.actor, paid["id"], "so")
    change(LedgerEntry, (LedgerEntry.order_id == paid["id"]) & (LedgerEntry.kind == "SALE"), gross=9400, net=8500)
    refused = named(run, "books", "--yes", code=1)
    assert "CorrectedBefore" in refused.output


@ONCE
def test_a_ledger_that_agrees_by_now_is_left_alone(only: Callable[[str], None], market: Market) -> None:
    paid = market.paid()
    with pytest.raises(RuleViolated, match="agrees"):
        correct_ledger(market.ada.actor, paid["id"], "so")


def test_of_several_who_correct_one_ledger_at_once_one_does(app: Flask, market: Market) -> None:
    paid = a_sale_that_was_changed(market)

    def act() -> bool:
        try:
            return bool(correct_ledger(market.ada.actor, paid["id"], "so"))
        except RuleViolated:
            return False

    assert sorted(together(app, *[act] * 4)) == [False, False, False, True]
