"""The checkout flow knows no marketplace: an order of another kind is paid by the same piece under its own names."""
from typing import Any

import pytest

from app.actor import Actor
from app.clock import moved_clock
from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from app.errors import Forbidden, RuleViolated
from app.jobs.worker import run_job
from app.payments import attempts, booking, refunds
from app.payments.checkout import Bill, Checkout, Checkouts
from app.payments.gateway import circuit_breaker
from app.payments.pay import Payment, present, start
from app.payments.states import CANCELED, FAILED, STARTED, SUCCESS
from app.runtime import runtime
from blueprints.marketplace.order_management.models import Order
from blueprints.marketplace.order_management.payment_models import OrderPayment, PaymentCustomer, PaymentMethod
from tests.app.payments.memory_gateway import DECLINED, GOOD, LOST, MemoryGateway

MEMBER, STRANGER = (Actor("network", uuid7(), role="user") for _ in range(2))
TOPICS = {STARTED: "membership-started", SUCCESS: "membership-paid", FAILED: "membership-failed",
          CANCELED: "membership-failed"}


def says(**values: str) -> Any:
    """Return what happens to a membership: its columns change to `values`."""
    return lambda work, order, *_: work.change(order, **values)


def refuse_paid(order: Any) -> None:
    if order.payment_confirmation == "paid":
        raise RuleViolated("AlreadyMember", "the membership is paid")


def is_unpaid(order: Any) -> bool:
    return bool(order.payment_confirmation != "paid")


MEMBERSHIP = Checkout(
    name="membership", label="Profile-Membership-order", realm="network", order=Order, reference=OrderPayment,
    customer=PaymentCustomer, method=PaymentMethod, topics=TOPICS,
    bill=lambda order: Bill(1999, "EUR", order.buyer_id, "A month of membership"), default_method=lambda order: None,
    refuse_unpayable=refuse_paid, accepts_payment=is_unpaid, wants_payment=is_unpaid, may_be_sold=lambda order: True,
    on_started=says(payment_confirmation="processing"), on_paid=says(payment_confirmation="paid", carrier="member"),
    on_unpaid=says(payment_confirmation="canceled"), on_surplus=says(carrier="paid twice"),
    on_refunded=says(carrier="guest"), on_refund_lost=says(carrier="member"),
    on_disputed=says(carrier="disputed"))


@pytest.fixture
def gateway(app, monkeypatch):
    memory = MemoryGateway()
    monkeypatch.setattr(circuit_breaker, "gateway_of", lambda _: memory)
    monkeypatch.setitem(runtime().part(Checkouts), MEMBERSHIP.name, MEMBERSHIP)
    return memory


@pytest.fixture
def membership(gateway) -> str:
    with unit_of_work(MEMBER) as work:
        order = work.insert(Order(order_number="M-1", buyer_id=MEMBER.user_id, payment_method_id="", summary={},
                                  stripe_customer_id="", shipping_address={}, items=[]))
        work.commit()
    return str(order.id)


def pay(membership: str, card: str, actor: Actor = MEMBER) -> Payment:
    return start(MEMBERSHIP, actor, membership, {"paymentMethodId": card})


def test_only_its_payer_pays_it_and_once(membership):
    with pytest.raises(Forbidden):
        pay(membership, GOOD, STRANGER)
    pay(membership, GOOD)
    with pytest.raises(RuleViolated, match="membership is paid"):
        pay(membership, GOOD)


def test_it_is_paid_at_its_price_and_told_under_its_names(membership, gateway, sent):
    assert pay(membership, DECLINED).order["_paymentConfirmation"] == "canceled"
    paid = pay(membership, GOOD)
    assert (paid.order["_paymentConfirmation"], paid.order["carrier"]) == ("paid", "member")
    assert (paid.result["amount"], paid.result["currency"], paid.result["statusLiteral"]) == (19.99, "EUR", "success")
    assert paid.result["metadata"] | {"attempt": ""} == {
        "order": "Profile-Membership-order", "orderId": membership, "checkoutName": "membership", "attempt": ""}
    assert [len(sent(topic)) for topic in ("membership-started", "membership-failed", "membership-paid")] == [2, 1, 1]
    assert {event.realm for event in sent("membership-paid")} == {"network"}


def test_a_lost_answer_is_found_by_the_job_that_serves_every_checkout(membership, gateway):
    pay(membership, LOST)
    with moved_clock(minutes=2):
        run_job("settle-payments")
    assert [one.state for one in attempts.read_all(MEMBERSHIP, membership)] == [SUCCESS]
    assert present(MEMBERSHIP, membership, {}).order["carrier"] == "member"


def test_its_money_goes_back_by_the_same_way(membership, gateway):
    pay(membership, GOOD)
    with unit_of_work(MEMBER) as work:
        order = booking.lock_order(work, MEMBERSHIP, membership)
        refund = refunds.request_refund(work, MEMBERSHIP, order, amount=1999, reason="changed their mind")
        work.commit()
    assert refunds.send_refund(MEMBERSHIP, MEMBER, refund.id) is None
    assert present(MEMBERSHIP, membership, {}).order["carrier"] == "guest"
    assert [one.amount for one in gateway.refunds.values()] == [1999]
