"""`flask doctor --fix NAME`: money and the audit are mended by name alone, with a reason, by staff, and nothing that
was written is changed (docs/decisions/117)."""
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, func, select, update

from app.actor import system_actor
from app.clock import now
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.errors import RuleViolated
from app.ops import checks
from app.ops.checks import CHECKS, FAIL, OK, WARN, ServiceChecks
from app.ops.mends import NamedMend, mends
from app.payments.records import PaymentAttempt, PaymentRefund
from app.runtime import runtime
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.marketplace.auction_offer.models import Bid
from blueprints.marketplace.order_management import won_auctions
from blueprints.marketplace.order_management.ledger_corrections import correct_ledger
from blueprints.marketplace.order_management.ledger_entries import check_ledger
from blueprints.marketplace.order_management.models import RELEASED, Order, OrderItem
from blueprints.marketplace.order_management.record_models import LedgerEntry
from blueprints.marketplace.order_management.settlement import CHECKOUT
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.audit_mend import acknowledge_break
from blueprints.platform.moderation.audit_models import AuditEntry
from tests.cli.market import ORDERS, Market
from tests.cli.test_doctor_fix import ID, add, paid_premium, premium, told, write
from tests.concurrency.in_between import meet
from tests.concurrency.together import together
from tests.platform.moderation.chains import entries, entry_set, head_set, noted, row_of, tampered

Run = Callable[..., Result]
ONCE = pytest.mark.once("the rules of a mend; one of each is mended on both databases")
ALL_BOOKINGS = select(*LedgerEntry.__table__.columns).order_by(LedgerEntry.id)


@pytest.fixture
def only(app: Flask, callers: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Call it with a check's name: the doctor asks that one alone. Both realms have their superAdmin."""
    every = runtime().part(ServiceChecks)
    for realm in runtime().settings.realms:
        callers.super_admin(realm=realm)

    def keep(name: str) -> None:
        monkeypatch.setattr(checks, "CHECKS", {name: CHECKS[name]} if name in CHECKS else {})
        monkeypatch.setitem(runtime()._parts, ServiceChecks, ServiceChecks({name: every[name]}))

    return keep


def named(run: Run, name: str, *words: str, code: int = 0) -> Result:
    done = run("doctor", "--fix", name, "--reason", "the disk broke", "--as", "admin@admin.com", *words)
    assert done.exit_code == code, done.output
    return done


def change(model: Any, where: Any, **values: Any) -> None:
    """Change rows past the application."""
    write("marketplace", lambda work: work.execute(update(model).where(where).values(values).execution_options(
        synchronize_session=False)))


def forget(model: Any, *where: Any) -> None:
    write("marketplace", lambda work: work.execute(delete(model).where(*where)))


def assert_mended(run: Run, name: str, *, as_found: str = OK) -> str:
    """Break it first. A bare --fix only says how to name it; a dry run changes nothing; named, it is mended; a second
    run finds nothing. Returns what the mend said."""
    wrong, bookings = told(name), [tuple(row) for row in fetch(ALL_BOOKINGS)]
    assert wrong[0] == FAIL
    bare = run("doctor", "--fix", "--yes")
    assert f"{name}: mended only by name: flask doctor --fix" in bare.stderr
    assert "nothing is wrong that can be mended here" in bare.stderr
    rehearsed = named(run, name, "--dry-run", code=1)
    assert "dry run: nothing was changed" in rehearsed.stderr
    assert told(name) == wrong
    assert [tuple(row) for row in fetch(ALL_BOOKINGS)] == bookings
    [row] = json.loads(named(run, name, "--yes", "--json").stdout)["mended"]
    assert (row["check"], row["mended"], row["error"]) == (name, 1, None)
    assert told(name)[0] == as_found
    kept = [tuple(row) for row in fetch(ALL_BOOKINGS)]
    assert kept[:len(bookings)] == bookings
    again = named(run, name, "--yes", "--json")
    assert json.loads(again.stdout)["mended"] == []
    assert "nothing is wrong that --fix" in again.stderr
    return str(row["says"])


# Who may, and how it is named.


@ONCE
@pytest.mark.parametrize(("words", "said"), [
    (("--fix", "bokos"), "Did you mean books?"), (("--fix", "books"), "--reason is missing"),
    (("--fix", "books", "--reason", " "), "--reason is missing"), (("--reason", "so"), "belong to --fix")])
def test_a_named_mend_wants_its_name_and_a_reason(run: Run, only: Callable[[str], None], words: Any, said: str) -> None:
    only("books")
    refused = run("doctor", *words)
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())


@ONCE
def test_a_named_mend_wants_to_know_who_of_the_staff_it_acts_for(
        run: Run, only: Callable[[str], None], market: Market) -> None:
    only("books")
    a_sale_that_was_not_booked(market)
    assert "who acts is not named" in run("doctor", "--fix", "books", "--reason", "so").output
    refused = run("doctor", "--fix", "books", "--reason", "so", "--as", market.cleo.email, "--yes")
    assert "no member of staff" in refused.output
    assert told("books")[0] == FAIL


@ONCE
def test_a_mend_that_counts_can_be_named_too(run: Run, only: Callable[[str], None]) -> None:
    only("company tallies")
    done = run("doctor", "--fix", "company tallies", "--yes")
    assert done.exit_code == 0
    assert "nothing is wrong that can be mended here" in done.stderr


@ONCE
def test_every_named_mend_has_its_test_here(app: Flask) -> None:
    assert {name for name, mend in mends().items() if isinstance(mend, NamedMend)} == {
        "books", "auction orders", "premium", "audit"}


# The ledger.


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


# Auctions.


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


# Premium.


def test_premium_that_counts_twice_at_a_time_counts_one_after_the_other(run: Run, only: Callable[[str], None]) -> None:
    only("premium")
    for number, starts in enumerate((0, 30, 59)):
        premium(number, starts=starts)
        paid_premium(number)
    periods = select(Premiumsubscription.period_start, Premiumsubscription.period_end).order_by(Premiumsubscription.id)
    before = fetch(periods)
    assert_mended(run, "premium")
    first, second, third = fetch(periods)
    assert [first, second] == before[:2]
    assert (third.period_start, third.period_end) == (second.period_end, second.period_end + timedelta(days=30))
    [entry] = [one for one in entries("network") if one["what"] == "premium.periods-parted"]
    assert entry["facts"]["reason"] == "the disk broke"


@ONCE
def test_premium_that_no_payment_paid_is_for_people(run: Run, only: Callable[[str], None]) -> None:
    only("premium")
    premium(1, starts=0)
    left = named(run, "premium", "--yes", code=1)
    assert "whoever keeps the books" in " ".join(left.output.split())


# The audit.


def chain() -> list[tuple[Any, ...]]:
    columns = select(*AuditEntry.__table__.columns).where(AuditEntry.realm == "marketplace")
    return [tuple(row) for row in fetch(columns.order_by(AuditEntry.seq))]


def a_changed_entry() -> None:
    entry_set(2, payload=row_of(2).payload.replace("two", "owt"))


def a_missing_entry() -> None:
    tampered(delete(AuditEntry).where(AuditEntry.seq == 2))


def a_cut_tail() -> None:
    tampered(delete(AuditEntry).where(AuditEntry.seq > 1))


def a_head_that_is_not_ours() -> None:
    head_set(signature="f" * 64)


def entries_behind_the_end() -> None:
    head_set(seq=1, hash=row_of(1).hash)


AUDITS = [a_changed_entry, a_missing_entry, a_cut_tail, a_head_that_is_not_ours, entries_behind_the_end]


@ONCE
@pytest.mark.parametrize("wrong", AUDITS, ids=lambda wrong: wrong.__name__)
def test_a_broken_audit_goes_on_behind_an_entry_that_acknowledges_the_break(
        app: Flask, wrong: Callable[[], None]) -> None:
    noted("one", "two", "three")
    wrong()
    kept, broken = chain(), audit.verify("marketplace").breaks
    said = acknowledge_break(system_actor("marketplace", "root"), "marketplace", "the disk broke")
    assert chain()[:-1] == kept
    assert all(one.says in said for one in broken)
    [seen] = audit.verify("marketplace").acknowledged
    assert (seen.first_broken, seen.reason) == (min(one.seq for one in broken), "the disk broke")
    noted("four", "five")
    assert audit.verify("marketplace").is_intact
    assert f"acknowledged in entry {seen.seq} by system" in audit.check_audit()[1]


def test_an_acknowledged_break_is_told_by_doctor_and_verify(run: Run, only: Callable[[str], None]) -> None:
    only("audit")
    noted("one", "two", "three")
    a_changed_entry()
    assert_mended(run, "audit", as_found=WARN)
    for words in (("doctor",), ("moderate", "audit", "verify")):
        said = run(*words)
        assert said.exit_code == 0
        assert "the disk broke" in " ".join(said.stdout.split())


@ONCE
def test_a_second_break_behind_the_acknowledged_one_is_a_failure_again(run: Run, only: Callable[[str], None]) -> None:
    only("audit")
    noted("one", "two", "three")
    a_changed_entry()
    named(run, "audit", "--yes")
    noted("four")
    entry_set(5, payload=row_of(5).payload.replace("four", "ruof"))
    assert told("audit") == (FAIL, "the audit is not what was written: marketplace: entry 5 was changed")
    verdict = json.loads(run("moderate", "audit", "verify", "--json").stdout)
    assert (verdict["intact"], len(verdict["acknowledged"])) == (False, 1)
    named(run, "audit", "--yes")
    assert [one.seq for one in audit.verify("marketplace").acknowledged] == [4, 6]


@ONCE
def test_what_is_changed_before_the_acknowledged_end_later_is_a_failure_again(
        run: Run, only: Callable[[str], None]) -> None:
    only("audit")
    noted("one", "two", "three")
    a_changed_entry()
    named(run, "audit", "--yes")
    entry_set(2, payload=row_of(2).payload.replace("owt", "wto"))
    assert "what stands before entry 4 is not what it acknowledges" in told("audit")[1]


@ONCE
def test_an_acknowledgement_that_this_server_did_not_write_counts_for_nothing(
        run: Run, only: Callable[[str], None]) -> None:
    only("audit")
    noted("one", "two", "three")
    a_changed_entry()
    part, broken = audit.read_chain("marketplace").part.hexdigest(), row_of(2).payload
    with unit_of_work(system_actor("marketplace")) as work:
        head = audit.lock_head(work, "marketplace")
        audit.append_to(work, head, [{"what": audit.ACKNOWLEDGED, "by": audit.by(work.actor), "facts": {
            "firstBroken": 2, "found": [], "reason": "so", "part": part, "seal": "0" * 64}},
            *({"what": audit.ACKNOWLEDGED, "by": audit.by(work.actor), "facts": facts} for facts in ({}, None))])
        work.commit()
    assert broken == row_of(2).payload
    for seq in (4, 5, 6):
        assert f"entry {seq} acknowledges a break, but not with this server's SECRET_KEY" in told("audit")[1]
    assert "entry 2 was changed" in told("audit")[1]


@ONCE
def test_a_sealed_acknowledgement_that_says_something_else_by_now_keeps_no_chain_from_being_read(app: Flask) -> None:
    noted("one")
    part = audit.read_chain("marketplace").part.hexdigest()
    noted(audit.ACKNOWLEDGED, part=part, seal=audit.seal("marketplace", 2, part), firstBroken=1, found=1, reason="so")
    assert [one.says for one in audit.verify("marketplace").breaks] == ["entry 2 is none of ours"]
    acknowledge_break(system_actor("marketplace"), "marketplace", "so")
    assert audit.verify("marketplace").is_intact


@ONCE
def test_an_acknowledgement_says_how_many_breaks_it_does_not_name(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a theft would be hidden behind twenty entries that were changed before it."""
    monkeypatch.setattr(audit, "MOST_BREAKS", 1)
    noted("two", "two", "two", "two")
    for seq in (1, 2, 4):
        entry_set(seq, payload=row_of(seq).payload.replace("two", "owt"))
    said = acknowledge_break(system_actor("marketplace"), "marketplace", "so")
    assert "entry 1 was changed; 2 more, the last: entry 4 was changed" in said
    assert "2 more, the last: entry 4 was changed" in audit.check_audit()[1]


@ONCE
def test_the_superadmin_alone_acknowledges_a_break(run: Run, only: Callable[[str], None], market: Market) -> None:
    only("audit")
    noted("one", "two", "three")
    a_changed_entry()
    refused = run("doctor", "--fix", "audit", "--reason", "so", "--as", market.ada.email, "--yes")
    assert refused.exit_code == 1
    assert "OnlyTheSuperAdminAcknowledgesABreak" in refused.output
    assert not audit.verify("marketplace").acknowledged


def test_of_several_who_acknowledge_a_break_at_once_one_does(app: Flask) -> None:
    noted("one", "two", "three")
    a_changed_entry()

    def act() -> bool:
        try:
            return bool(acknowledge_break(system_actor("marketplace"), "marketplace", "so"))
        except RuleViolated:
            return False

    assert sorted(together(app, *[act] * 4)) == [False, False, False, True]
    assert audit.verify("marketplace").is_intact


@ONCE
def test_the_entry_names_hashes_operator_and_reason(run: Run, only: Callable[[str], None]) -> None:
    only("audit")
    noted("one", "two", "three")
    stored = row_of(2).hash
    a_changed_entry()
    named(run, "audit", "--yes")
    entry = entries()[-1]
    facts = entry["facts"]
    assert (facts["storedHash"], facts["firstBroken"], facts["entries"]) == (stored, 2, 3)
    assert facts["computedHash"] == audit.hash_behind(row_of(2).prev_hash, row_of(2).payload) != stored
    assert (entry["by"]["role"], facts["reason"]) == ("superAdmin", "the disk broke")
