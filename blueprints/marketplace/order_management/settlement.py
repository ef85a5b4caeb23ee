"""What it means for an order that its payment began, succeeded, failed or went back; registered with the checkout flow.

Each function runs in the flow's transaction, under the order's lock."""
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.clock import now
from app.data.columns import iso
from app.data.money import to_wire
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.errors import RuleViolated
from app.payments.booking import attempts_of
from app.payments.checkout import Bill, Checkout
from app.payments.checkout import Order as AnyOrder
from app.payments.disputes import disputes_of
from app.payments.gateway_records import PaymentDispute
from app.payments.records import PaymentAttempt, PaymentRefund
from app.payments.refunds import given_back, refunds_of
from app.payments.states import FAILED, SENDING
from app.runtime import runtime
from blueprints.marketplace.order_management import history, ledger, rules, topics
from blueprints.marketplace.order_management.audit import record_fix
from blueprints.marketplace.order_management.cart_orders import leave_cart
from blueprints.marketplace.order_management.models import CHECKOUT_NAME, Order, OrderItem
from blueprints.marketplace.order_management.payment_models import OrderPayment, PaymentCustomer, PaymentMethod
from blueprints.marketplace.order_management.placing import EXPIRE_ORDER, items_of
from blueprints.marketplace.order_management.record_models import SURPLUS, SURPLUS_REFUND
from blueprints.marketplace.order_management.rules import CHOSEN_LATER
from blueprints.marketplace.product_listing.stock import has_held
from blueprints.platform.people.queries import inactive_in, standings_of
from blueprints.platform.people.rules import BUYING, SELLING, SETTLING

RELEASE_ORDER = "release-order"


def bill(order: AnyOrder) -> Bill:
    """Return what the order asks for (rules-marketplace §7.3, checkout config)."""
    return Bill(order.total, order.currency or "USD", order.buyer_id,
                f"Order #{order.order_number} for buyerId {order.buyer_id}")


def refuse_unpayable(order: AnyOrder) -> None:
    """Raise RuleViolated unless a payment of the order may start now."""
    if order.paid_at is not None:
        raise RuleViolated("OrderAlreadyPaid", "the order is paid already")
    if not order.items:
        raise RuleViolated("OrderEmpty", "the order has no items")
    if not rules.is_payable(order.status, order.payment_confirmation, was_paid=False,
                            payable_until=order.payable_until, now=now()):
        raise RuleViolated("OrderNotPayable", f"an order that is {order.status} cannot be paid (any more)")
    if not _may_all_trade(order, SELLING, BUYING):
        raise RuleViolated("PartyInactive", "the buyer or a seller of the order is not active at present")
    if has_held(_products_of(order)):
        raise RuleViolated("ListingHeld", "moderation holds a listing of the order; it cannot be paid at present")


def may_be_sold(order: AnyOrder) -> bool:
    """Return whether money that arrives for the order stays: buyer and sellers are here (decision 41).

    Of a suspended party, what was paid already counts, though nothing more may be paid (moderation.md M-7)."""
    return _may_all_trade(order, SETTLING, SETTLING)


def _may_all_trade(order: AnyOrder, as_seller: str, as_buyer: str) -> bool:
    sellers = fetch(select(OrderItem.seller_id).where(OrderItem.order_id == order.id, OrderItem.is_active.is_(True)))
    selling = [row.seller_id for row in sellers]
    known = standings_of("marketplace", [order.buyer_id, *selling])
    return not inactive_in(known, selling, as_seller) and not inactive_in(known, [order.buyer_id], as_buyer)


def _products_of(order: AnyOrder) -> list[str]:
    return [row.product_id for row in fetch(select(OrderItem.product_id).where(
        OrderItem.order_id == order.id, OrderItem.is_active.is_(True)))]


def accepts_payment(order: AnyOrder) -> bool:
    """Return whether money that arrives now is the order's: unpaid, not cancelled for good, its units still held."""
    is_unpaid = order.paid_at is None and order.released_at is None and order.is_active
    return bool(is_unpaid and (order.status == "PENDING_PAYMENT" or order.payment_confirmation == "canceled"))


def wants_payment(order: AnyOrder) -> bool:
    """Return whether payments of the order may still be sent or stay open."""
    is_in_time = order.payable_until is not None and now() < order.payable_until
    return accepts_payment(order) and is_in_time and _may_all_trade(order, SELLING, BUYING)


def on_started(work: UnitOfWork, order: Order, attempt: PaymentAttempt) -> None:
    """A payment is under way; that staff began it for the buyer is recorded."""
    actor = work.actor
    if attempt.state == SENDING and actor.user_id is not None and not actor.is_user(order.buyer_id):
        record_fix(actor, order.id, "payment started for the buyer")
    work.change(order, status="PENDING_PAYMENT", payment_confirmation="processing", cancelled_at=None,
                payment_intent_id=attempt.intent_id or order.payment_intent_id)
    if attempt.state == SENDING:
        history.note(work, order, history.PAYMENT_STARTED, amount=attempt.amount)


def on_paid(work: UnitOfWork, order: Order, attempt: PaymentAttempt) -> None:
    """The order is paid: its units stay taken, the sale is booked, and what was bought leaves the buyer's cart."""
    work.change(order, status="PAID", payment_confirmation="paid", paid_at=now(), cancelled_at=None,
                payable_until=None, payment_intent_id=attempt.intent_id)
    work.schedule(EXPIRE_ORDER, order.id, None)
    items = items_of(work, order.id)
    ledger.book_sale(work, items, attempt)
    history.note(work, order, history.PAID, amount=attempt.amount)
    leave_cart(work, order, items)


def on_unpaid(work: UnitOfWork, order: Order, attempt: PaymentAttempt) -> None:
    """The payment failed: the order stays payable, and its units held, for a day (decision 15).

    The day counts from the first failure, or units could be held for ever by paying badly once a day. A payment that
    was closed because the order's time is up gives it no more."""
    until, made = order.payable_until or now(), attempts_of(work, CHECKOUT, order.id)
    if attempt.state == FAILED or until > now():
        first = min((one.settled_at for one in made if one.settled_at is not None), default=now())
        until = max(until, first + timedelta(hours=runtime().settings.payment_retry_hours))
    work.change(order, status="CANCELLED", payment_confirmation="canceled", cancelled_at=now(), payable_until=until,
                payment_intent_id=attempt.intent_id or order.payment_intent_id)
    work.schedule(EXPIRE_ORDER, order.id, order.payable_until)
    history.note(work, order, history.PAYMENT_FAILED, amount=attempt.amount)


def on_surplus(work: UnitOfWork, order: Order, attempt: PaymentAttempt) -> None:
    """Money came although nothing was due; the flow gives it back."""
    ledger.book_surplus(work, attempt, SURPLUS, attempt.amount)
    history.note(work, order, history.SURPLUS, amount=attempt.amount)


def on_refunded(work: UnitOfWork, order: Order, paid: PaymentAttempt, refund: PaymentRefund) -> None:
    """The gateway gave money back; a whole refund makes the order REFUNDED and frees its units (decision 16)."""
    if refund.is_surplus:
        ledger.book_surplus(work, refund, SURPLUS_REFUND, -refund.amount)
        history.note(work, order, history.SURPLUS_REFUNDED, amount=refund.amount)
        return
    ledger.book_refund(work, items_of(work, order.id, cancelled_too=True), refund)
    work.flush()
    back = given_back(paid, refunds_of(work, CHECKOUT, order.id))
    status = rules.status_after_refund(order.status, paid.amount, back)
    work.change(order, status=status)  # what is due depends on it
    work.change(order, refund_due=ledger.money_due(work, order))
    history.note(work, order, history.REFUNDED, amount=refund.amount)
    if status == "REFUNDED":
        work.schedule(RELEASE_ORDER, order.id, now())


def on_refund_lost(work: UnitOfWork, order: Order, paid: PaymentAttempt, refund: PaymentRefund) -> None:
    """A refund the gateway had confirmed came back: the ledger says so, and `flask payments status` that it is due."""
    ledger.book_refund_lost(work, refund)
    work.flush()
    work.change(order, refund_due=ledger.money_due(work, order))
    history.note(work, order, history.REFUND_LOST, amount=refund.amount)


def on_disputed(work: UnitOfWork, order: Order, dispute: PaymentDispute, is_news: bool) -> None:
    """A bank takes the payment back, or has decided: the order says so, and whoever must act is told (decisions/067).

    Of several disputes the order shows one that is open, else the latest."""
    shown = max(disputes_of(work, CHECKOUT, order.id), key=lambda one: (one.closed_at is None, one.said_at, one.id))
    work.change(order, dispute_status=shown.status)
    history.note(work, order, history.DISPUTED, dispute_status=dispute.status, funds=dispute.funds,
                 amount=dispute.amount if dispute.currency == order.currency else None)
    if is_news:
        work.emit(topics.ORDER_DISPUTED, order.id, _dispute_facts(order, dispute), realm=CHECKOUT.realm)


def _dispute_facts(order: Order, dispute: PaymentDispute) -> dict[str, Any]:
    return {"orderId": order.id, "orderNumber": order.order_number, "disputeId": dispute.id,
            "disputeStatus": dispute.status, "isClosed": dispute.closed_at is not None, "reason": dispute.reason,
            "amount": to_wire(dispute.amount, dispute.currency), "currency": dispute.currency, "funds": dispute.funds,
            "answerUntil": iso(dispute.answer_until)}


def default_method(order: AnyOrder) -> str | None:
    """Return the payment method named when the order was placed, if one was."""
    return None if order.payment_method_id == CHOSEN_LATER else str(order.payment_method_id)


CHECKOUT = Checkout(
    name=CHECKOUT_NAME, label="OrderManagement-OrderManagementOrder-order", realm="marketplace", order=Order,
    reference=OrderPayment, customer=PaymentCustomer, method=PaymentMethod, topics=topics.PAYMENT_STATUS, bill=bill,
    default_method=default_method, refuse_unpayable=refuse_unpayable, accepts_payment=accepts_payment,
    wants_payment=wants_payment, may_be_sold=may_be_sold,
    on_started=on_started, on_paid=on_paid, on_unpaid=on_unpaid, on_surplus=on_surplus, on_refunded=on_refunded,
    on_refund_lost=on_refund_lost, on_disputed=on_disputed, on_corrected=record_fix)
