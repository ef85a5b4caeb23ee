"""The books: whatever happens, what was paid and not given back is the ledger, what orders hold is the stock."""
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select

from app import clock
from app.actor import Actor, system_actor
from app.data.money import to_minor
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.errors import Forbidden, NotFound, RuleViolated
from app.jobs.worker import run_all_due_work, run_job
from app.payments import pay
from app.payments.booking import book_intent
from app.payments.gateway import circuit_breaker
from app.payments.refunds import book_refunds
from blueprints.marketplace.order_management import commands, ledger_entries, paying, placing, refunds
from blueprints.marketplace.order_management.queries import known_order
from blueprints.marketplace.order_management.record_models import LedgerEntry
from blueprints.marketplace.order_management.settlement import CHECKOUT
from blueprints.marketplace.product_listing.commands import create_product
from blueprints.marketplace.product_listing.stock import stock_figures
from blueprints.platform.auth.models import account_model
from blueprints.platform.checkout.refunds import sent_refund
from tests.app.payments.memory_gateway import ASKS, AWAY, DECLINED, GOOD, LOST, MemoryGateway
from tests.marketplace.order_management.shop import CATEGORY, SUBCATEGORY
from tests.passes import examples

REALM = "marketplace"
SELLER = Actor(REALM, "00000000-0000-7000-8000-00000000000a", role="user")
BUYER = Actor(REALM, "00000000-0000-7000-8000-00000000000b", role="user")
STAFF = system_actor(REALM)
INITIAL = {"scarce": 3, "plenty": 50}


def open_accounts() -> None:
    """Open the accounts of seller and buyer: who has none trades with nobody."""
    with unit_of_work(STAFF) as work:
        for actor in (SELLER, BUYER):
            work.insert(account_model(REALM)(id=actor.user_id, email=f"{actor.user_id}@guildhall.test", password="x",
                                             fullname="Somebody"))
        work.commit()


def list_product(quantity: int, price: str) -> str:
    return create_product(
        SELLER, title="Thing", description="d", condition="NEW", type="FIXED", price=Decimal(price), currency="USD",
        shipping=Decimal("0.37"), shipping_currency="USD", shipping_method="STANDARD", quantity=quantity,
        category_id=CATEGORY, subcategory_id=SUBCATEGORY).id


class Bookkeeping(RuleBasedStateMachine):
    """Orders of one buyer; the machine remembers only their ids, the books must know the rest."""

    gateway: MemoryGateway
    start_anew: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        type(self).start_anew()
        open_accounts()
        self.gateway.__init__()
        self.started = clock.now()
        self.products = {"scarce": list_product(INITIAL["scarce"], "19.99"),
                         "plenty": list_product(INITIAL["plenty"], "0.05")}
        self.orders: list[str] = []

    def teardown(self) -> None:
        clock.set_offset(0)

    @rule(scarce=st.integers(0, 2), plenty=st.integers(0, 3))
    def order(self, scarce, plenty):
        lines = [placing.Wanted(self.products[name], units) for name, units in
                 (("scarce", scarce), ("plenty", plenty)) if units]
        if lines:
            self.quietly(lambda: self.orders.append(placing.place_order(
                BUYER, lines=lines, shipping_address={}, payment_method_id=GOOD, stripe_customer_id="x").id))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99), card=st.sampled_from([GOOD, DECLINED, ASKS, LOST, AWAY]))
    def pay(self, which, card):
        self.quietly(lambda: pay.start(CHECKOUT, BUYER, self.pick(which), {"paymentMethodId": card}))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99))
    def refresh(self, which):
        self.quietly(lambda: pay.refresh(CHECKOUT, BUYER, self.pick(which), {}))

    @precondition(lambda self: self.gateway.intents)
    @rule(which=st.integers(0, 99), success=st.booleans())
    def bank_answers(self, which, success):
        intents = list(self.gateway.intents)
        self.gateway.authenticate(intents[which % len(intents)], success=success)

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99))
    def buyer_cancels(self, which):
        self.quietly(lambda: commands.cancel_order(BUYER, self.pick(which)))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99), status=st.sampled_from(["PAID", "PROCESSING", "SHIPPED", "CANCELLED"]))
    def staff_moves(self, which, status):
        self.quietly(lambda: paying.change_status(STAFF, self.pick(which), status=status))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99), cents=st.none() | st.integers(1, 3000), is_lost=st.booleans())
    def staff_refunds(self, which, cents, is_lost):
        self.gateway.lost_refunds = int(is_lost)
        amount = None if cents is None else Decimal(cents) / 100
        self.quietly(lambda: sent_refund(CHECKOUT, STAFF, refunds.request_order_refund(
            STAFF, self.pick(which), amount=amount, cancelled_too=True)))
        self.gateway.lost_refunds = 0

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99), cents=st.none() | st.integers(1, 3000))
    def money_comes_that_no_attempt_knows(self, which, cents):
        order = known_order(self.pick(which))
        amount = to_minor(order["total"], "USD") if cents is None else cents
        book_intent(CHECKOUT, STAFF, order["id"], self.gateway.takes_a_stray_payment(order["id"], amount))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99))
    def staff_asks_a_surplus_back(self, which):
        self.quietly(lambda: sent_refund(CHECKOUT, STAFF, refunds.request_surplus_refund(
            STAFF, self.pick(which), reason="sent back")))

    @precondition(lambda self: self.gateway.refunds)
    @rule(which=st.integers(0, 99))
    def a_bank_sends_a_refund_back(self, which):
        refund = self.gateway.sends_back(list(self.gateway.refunds)[which % len(self.gateway.refunds)])
        order_id = self.gateway.intents[refund.intent_id].metadata["orderId"]
        book_refunds(CHECKOUT, STAFF, order_id, refund.intent_id, [refund])

    @rule(minutes=st.sampled_from([2, 45, 60 * 13]))
    def time_passes(self, minutes):
        clock.set_offset((clock.now() - self.started + timedelta(minutes=minutes)).total_seconds())
        run_job("settle-payments")
        run_all_due_work()

    @invariant()
    def the_books_agree(self):
        assert ledger_entries.differences() == []

    @invariant()
    def the_house_keeps_its_share_of_what_the_seller_keeps(self):
        left = select(func.sum(LedgerEntry.gross), func.sum(LedgerEntry.commission)).where(LedgerEntry.item_id != "")
        for gross, commission in fetch(left.group_by(LedgerEntry.item_id)):
            assert 0 <= commission <= gross

    @invariant()
    def nothing_is_sold_twice(self):
        taken = stock_figures()
        for name, product_id in self.products.items():
            reserved, sold = taken.get(product_id, (0, 0))
            assert 0 <= reserved + sold <= INITIAL[name]

    def pick(self, which: int) -> str:
        return self.orders[which % len(self.orders)]

    def quietly(self, act) -> None:
        """Do it if the rules let it be done."""
        with suppress(RuleViolated, NotFound, Forbidden):
            act()


@pytest.fixture
def memory_gateway(app, monkeypatch):
    gateway = MemoryGateway()
    monkeypatch.setattr(circuit_breaker, "gateway_of", lambda _: gateway)
    return gateway


@pytest.mark.slow
def test_the_books_agree_after_any_history_of_orders_payments_refunds_and_cancels(memory_gateway, testbed):
    machine = type("Machine", (Bookkeeping,), {"gateway": memory_gateway, "start_anew": staticmethod(testbed.restore)})
    run_state_machine_as_test(machine, settings=settings(
        max_examples=examples(60), stateful_step_count=25, suppress_health_check=list(HealthCheck)))


def test_in_the_end_only_paid_orders_hold_money_and_units(memory_gateway):
    """One history told in full: declined, retried, part given back, cancelled, lost and found."""
    open_accounts()
    product = list_product(10, "10.00")

    def place():
        return placing.place_order(BUYER, lines=[placing.Wanted(product, 2)], shipping_address={},
                                   payment_method_id=GOOD, stripe_customer_id="x").id

    declined, lost, cancelled = place(), place(), place()
    pay.start(CHECKOUT, BUYER, declined, {"paymentMethodId": DECLINED})
    pay.start(CHECKOUT, BUYER, declined, {"paymentMethodId": GOOD})
    paying.refund_order(STAFF, declined, amount=Decimal("5.01"))
    pay.start(CHECKOUT, BUYER, lost, {"paymentMethodId": LOST})
    pay.start(CHECKOUT, BUYER, cancelled, {"paymentMethodId": ASKS})
    commands.cancel_order(BUYER, cancelled)
    run_job("settle-payments")
    pay.refresh(CHECKOUT, BUYER, lost, {})
    assert [known_order(one)["state"] for one in (declined, lost, cancelled)] == \
        ["PAID/paid", "PAID/paid", "CANCELLED/canceled"]
    assert ledger_entries.totals()["USD"] == {"paid": 2 * 2074, "refunded": 501, "ledger": 2 * 2074 - 501}
    assert stock_figures() == {product: (4, 0)}
    assert sorted(one.status for one in memory_gateway.intents.values()) == \
        ["canceled", "canceled", "succeeded", "succeeded"]
