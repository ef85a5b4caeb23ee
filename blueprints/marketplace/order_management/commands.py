"""What becomes of an order after it was placed: shipped, delivered, cancelled, refunded, expired (§7.3).

Who moves units locks the listings first, then gives agreements back, then locks the order (app/data/lock_order.py); no
command here calls the payment gateway."""
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.serialization import row_serializer
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import InvalidInput, RuleViolated
from app.identity.access import require, require_self_or_staff
from app.payments.booking import attempts_of, book_manual_payment, lock_order
from app.payments.states import OPEN, UNSETTLED_STATES
from blueprints.marketplace.auction_offer.claims import free_claims, lock_claims, release_claims
from blueprints.marketplace.order_management import history, rules, topics
from blueprints.marketplace.order_management.audit import BY_STAFF, record_fix
from blueprints.marketplace.order_management.models import RELEASED, RESERVED, SOLD, Order, OrderItem
from blueprints.marketplace.order_management.placing import EXPIRE_ORDER, items_of, sum_up
from blueprints.marketplace.order_management.refunds import owe_money, settle_soon
from blueprints.marketplace.order_management.settlement import CHECKOUT
from blueprints.marketplace.order_management.steps import refuse_actor, refuse_step, roles_of
from blueprints.marketplace.product_listing.auction_state import forget_winner
from blueprints.marketplace.product_listing.lending import OrderedListing
from blueprints.marketplace.product_listing.stock import lock_listings, release, ship, take_back

SHIPMENT = ("tracking_number", "carrier", "estimated_delivery")
STAMPS = ("paid_at", "shipped_at", "delivered_at", "cancelled_at")
RECHECK = timedelta(minutes=5)
Stock = dict[str, OrderedListing]
Step = Callable[[UnitOfWork, Order, Sequence[OrderItem], Stock], None]


def change_status(actor: Actor, order_id: str, *, status: str | None = None, reason: str = BY_STAFF,
                  **given: Any) -> Order:
    """Take an order to `status`, or note its shipment; times it has may be corrected by staff.

    Not for REFUNDED, which the gateway decides (request_order_refund). What staff changes of the payment is recorded.
    Raises NotFound, Forbidden (wrong actor), RuleViolated (wrong step) (rules-marketplace §7.3)."""
    with unit_of_work(actor) as work:
        order, roles, before = _move(work, order_id, status, given)
        if rules.STAFF in roles and _payment_of(order) != before:
            record_fix(actor, order_id, f"{reason}: {before} → {_payment_of(order)}")
        work.commit()
    return order


def ship_order(actor: Actor, order_id: str, *, carrier: str, tracking_number: str) -> None:
    """Ship a paid order, whose units leave the stock for good; raises as change_status."""
    change_status(actor, order_id, status="SHIPPED", carrier=carrier, tracking_number=tracking_number)


def fix_payment(actor: Actor, order_id: str, *, reason: str, status: str | None = None,
                payment_intent_id: str | None = None, paid_at: datetime | None = None,
                payment_confirmation: str | None = None) -> Order:
    """Correct an order's payment by hand and record it, once a call (rules-marketplace §1.3, M-25).

    `status` is PAID or CANCELLED; `payment_intent_id` one of its payments at the gateway. The confirmation follows from
    the payment: given, it is only compared. Raises NotFound, Forbidden (not staff), RuleViolated (wrong step),
    InvalidInput that names what does not hold for the order."""
    with unit_of_work(actor) as work:
        order, roles, before = _move(work, order_id, status, {"paid_at": paid_at})
        require(rules.STAFF in roles, "errMsg_OnlyStaffCorrectsPayments")
        if paid_at is not None and order.paid_at is None:
            raise _unfit("paidAt", "must not be given for an order that is not paid")
        if payment_confirmation not in (None, order.payment_confirmation):
            raise _unfit("_paymentConfirmation", f"must be {order.payment_confirmation}, as its payment stands")
        if payment_intent_id is not None:
            work.change(order, payment_intent_id=payment_intent_id)
            reason = f"{reason} ({payment_intent_id})"
        record_fix(actor, order_id, f"{reason}: {before} → {_payment_of(order)}")
        work.commit()
    return order


def _unfit(field: str, said: str) -> InvalidInput:
    return InvalidInput(f"{field}: {said}", detail={field: said})


def _move(work: UnitOfWork, order_id: str, status: str | None,
          given: dict[str, Any]) -> tuple[Order, frozenset[str], str]:
    """Take a locked order to `status` and note what is given; returns it, the actor's roles, its payment before."""
    stock = _lock_stock(work, order_id) if status in _MOVES_UNITS else {}
    order = _lock_to_cancel(work, order_id) if status == "CANCELLED" else work.lock(Order, order_id)
    items = items_of(work, order_id)
    roles, before = roles_of(work.actor, order, items), _payment_of(order)
    if status is not None:
        refuse_actor(status, roles)
        refuse_step(order, status)
        _STEPS[status](work, order, items, stock)
    _note(work, order, roles, given, has_status=status is not None)
    return order, roles, before


def restore_order(actor: Actor, order_id: str) -> bool:
    """Refuse to bring an order back that was cancelled: its units and its money went back (M-25).

    Returns whether it was gone. Raises NotFound, RuleViolated OrderCancelled."""
    with unit_of_work(actor) as work:
        order = work.lock(Order, order_id, archived_too=True)
        was_gone = not order.is_active
        if was_gone and order.status in rules.ENDED:
            raise RuleViolated("OrderCancelled", "A cancelled order does not come back; place another one")
        work.restore(order)
        work.commit()
    return was_gone


def cancel_order(actor: Actor, order_id: str) -> Order:
    """Cancel an order that was not shipped, for good: its units go back, an open payment is closed at the gateway.

    For its buyer, the seller of all its items, or staff. What was paid is due from then on (§7.3, 131, decision 42).
    Raises NotFound, Forbidden (NotSellerOfAllLines for a seller of some lines), RuleViolated."""
    with unit_of_work(actor) as work:
        stock = _lock_stock(work, order_id)
        order = _lock_to_cancel(work, order_id)
        items = items_of(work, order_id)
        roles = roles_of(actor, order, items)
        refuse_actor(rules.FOR_GOOD, roles)
        refuse_step(order, rules.FOR_GOOD)
        _cancel_for_good(work, order, items, stock, roles)
        work.commit()
    return order


def cancel_line(actor: Actor, item_id: str) -> OrderItem:
    """Cancel one line of an order that was not shipped, for its seller or staff; the last line cancels the order.

    Its units go back, the summary is what is left, and what was paid for it is due (decision 42). Raises NotFound,
    Forbidden, RuleViolated (shipped, or a payment of the old sum is open)."""
    with unit_of_work(actor) as work:
        order_id = work.get(OrderItem, item_id).order_id
        stock = _lock_stock(work, order_id)
        order = _lock_to_cancel(work, order_id, line=item_id)
        item, items = work.lock(OrderItem, item_id), items_of(work, order_id)
        require_self_or_staff(actor, item.seller_id, message="errMsg_OrderItemBelongsToAnotherSeller")
        refuse_step(order, rules.FOR_GOOD)
        if len(items) == 1:
            _cancel_for_good(work, order, items, stock, roles_of(actor, order, items))
        else:
            _take_line_out(work, order, item, [one for one in items if one is not item], stock)
            if not actor.is_user(item.seller_id):
                record_fix(actor, order_id, f"{BY_STAFF}: line {item_id} cancelled")
        work.archive(item)
        owe_money(work, order, item=item if len(items) > 1 else None)
        work.commit()
    return item


def _cancel_for_good(work: UnitOfWork, order: Order, items: Sequence[OrderItem], stock: Stock,
                     roles: frozenset[str]) -> None:
    before = _payment_of(order)
    _cancel(work, order, items, stock)
    if roles <= {rules.STAFF, rules.SUPER_ADMIN, rules.SOME_SELLER}:
        record_fix(work.actor, order.id, f"{BY_STAFF}: {before} → {_payment_of(order)}")
    work.archive(order)


def _take_line_out(work: UnitOfWork, order: Order, item: OrderItem, others: Sequence[OrderItem], stock: Stock) -> None:
    if order.paid_at is None and any(one.state in UNSETTLED_STATES for one in attempts_of(work, CHECKOUT, order.id)):
        raise RuleViolated("PaymentInProgress", "a payment of this order is under way; try again when it is settled")
    if item.hold == RESERVED:
        release(work, _listing(stock, item), item.quantity)
        work.change(item, hold=RELEASED)
    work.change(order, items=[one for one in order.items if one != item.id])
    sum_up(work, order, others)
    history.note(work, order, history.LINE_CANCELLED, item=item)


def expire_order(work: UnitOfWork, order_id: str) -> None:
    """Cancel an order that was not paid in its time and give its units back; anything else changes nothing.

    A payment that is open at the gateway is closed there first, and the order looked at again a little later."""
    order = work.find(Order, Order.id == order_id)
    if order is None or not _has_lapsed(order):
        return
    if _close_open_payments(work, order_id):
        work.schedule(EXPIRE_ORDER, order_id, now() + RECHECK)
        return
    stock = _lock_stock(work, order_id)
    release_claims(work.actor, order_id)
    order = lock_order(work, CHECKOUT, order_id)
    if not _has_lapsed(order) or _close_open_payments(work, order_id):
        raise RuleViolated("ConcurrentChange", "the order was paid or changed just now")
    _cancel(work, order, items_of(work, order_id), stock)


def cancel_unpaid_orders(work: UnitOfWork, buyer_id: str, stock: Stock) -> list[str]:
    """Cancel the unpaid orders of a banned buyer, whose listings are all locked; returns their ids (M-6).

    One that was paid meanwhile stays. What is open at the gateway is closed there after the commit."""
    ids = unpaid_orders_of(work, [buyer_id])
    if not ids:  # nothing is locked for nothing: another act may still have to lock offers
        return []
    claims = lock_claims(work, ids)
    orders = work.all(select(Order).where(Order.id.in_(ids)).order_by(Order.id), lock=True)
    unpaid = [order for order in orders if order.paid_at is None and order.released_at is None]
    cancelled = [order.id for order in unpaid]
    free_claims(work, claims, cancelled)
    for order in unpaid:
        _cancel(work, order, items_of(work, order.id), stock)
    return cancelled


def unpaid_orders_of(work: UnitOfWork, buyers: Collection[str]) -> list[str]:
    """Return the ids of the orders of these buyers that were never paid and still hold their units."""
    rows = work.rows(select(Order.id).where(
        Order.buyer_id.in_(buyers), Order.is_active.is_(True), Order.paid_at.is_(None), Order.released_at.is_(None)))
    return [row.id for row in rows]


def release_order(work: UnitOfWork, order_id: str) -> None:
    """Give back the units of an order that was refunded whole; a second call changes nothing.

    An auction in it is its seller's again: nobody is expected to pay for it any more."""
    stock = _lock_stock(work, order_id)
    order = lock_order(work, CHECKOUT, order_id)
    if order.status == "REFUNDED":
        _release(work, order, items_of(work, order_id), stock)
        for listing in stock.values():
            forget_winner(work, listing)


def _lock_stock(work: UnitOfWork, order_id: str) -> Stock:
    """Lock the listings an order takes units of, withdrawn ones too, before the order itself is locked."""
    ids = [row.product_id for row in work.rows(select(OrderItem.product_id).where(OrderItem.order_id == order_id))]
    return lock_listings(work, ids, withdrawn_too=True)


def _lock_to_cancel(work: UnitOfWork, order_id: str, *, line: str | None = None) -> Order:
    """Return the order, locked after the offers and bids it claims were freed; those of a paid order are settled.

    With `line` only those of that line are freed."""
    is_unpaid = work.get(Order, order_id).paid_at is None
    if is_unpaid:
        release_claims(work.actor, order_id, product_id=work.get(OrderItem, line).product_id if line else None)
    order = work.lock(Order, order_id)
    if is_unpaid and order.paid_at is not None:
        raise RuleViolated("ConcurrentChange", "the order was paid just now; try again")
    return order


def _listing(stock: Stock, item: OrderItem) -> OrderedListing:
    if item.product_id not in stock:
        raise RuleViolated("ConcurrentChange", "the order was changed just now; try again")
    return stock[item.product_id]


def _note(work: UnitOfWork, order: Order, roles: frozenset[str], given: dict[str, Any], *, has_status: bool) -> None:
    """Write what sellers may say of the shipment, and the times staff may correct: those of steps that were taken."""
    may_note = bool(roles & {rules.SELLER, rules.STAFF})
    require(may_note or has_status, "errMsg_OnlyTheSellerNotesTheShipment")
    stamped = tuple(name for name in STAMPS if getattr(order, name) is not None)
    open_to_me = (SHIPMENT if may_note else ()) + (stamped if rules.STAFF in roles else ())
    said = {name: value for name, value in given.items() if name in open_to_me and value is not None}
    work.change(order, **said)
    if any(name in said for name in SHIPMENT):
        history.note(work, order, history.SHIPMENT_NOTED, **{name: said.get(name) for name in SHIPMENT})


def _payment_of(order: Order) -> str:
    """Return the status as far as money goes, for the record: shipping an order does not change it."""
    paid = f" at {iso(order.paid_at)}" if order.paid_at is not None else ""
    status = "PAID" if order.status in ("PROCESSING", "SHIPPED", "DELIVERED") else order.status
    return f"{status}/{order.payment_confirmation}{paid}"


def _pay_by_hand(work: UnitOfWork, order: Order, items: Sequence[OrderItem], stock: Stock) -> None:
    book_manual_payment(work, CHECKOUT, order)


def _process(work: UnitOfWork, order: Order, items: Sequence[OrderItem], stock: Stock) -> None:
    work.change(order, status="PROCESSING")
    history.note(work, order, history.PROCESSING)


def _ship(work: UnitOfWork, order: Order, items: Sequence[OrderItem], stock: Stock) -> None:
    for item in items:
        if item.hold == RESERVED:
            ship(work, _listing(stock, item), item.quantity)
            work.change(item, hold=SOLD)
    work.change(order, status="SHIPPED", shipped_at=now())
    history.note(work, order, history.SHIPPED)


def _deliver(work: UnitOfWork, order: Order, items: Sequence[OrderItem], stock: Stock) -> None:
    work.change(order, status="DELIVERED", delivered_at=now())
    history.note(work, order, history.DELIVERED)


def _cancel(work: UnitOfWork, order: Order, items: Sequence[OrderItem], stock: Stock) -> None:
    """Cancel for good: nobody can pay the order any more, and money that still comes goes back."""
    unpaid = {} if order.paid_at is not None else {"payment_confirmation": "canceled"}
    work.change(order, status="CANCELLED", cancelled_at=now(), payable_until=None, **unpaid)
    work.schedule(EXPIRE_ORDER, order.id, None)
    _release(work, order, items, stock)
    history.note(work, order, history.CANCELLED)
    owe_money(work, order)
    work.flush()
    work.emit(topics.ORDER_CANCELLED, order.id, row_serializer(Order).entity(order), realm=CHECKOUT.realm)
    if _close_open_payments(work, order.id):
        work.after_commit(settle_soon)


def _release(work: UnitOfWork, order: Order, items: Sequence[OrderItem], stock: Stock) -> None:
    give_back = {RESERVED: release, SOLD: take_back}
    for item in items:
        if item.hold in give_back:
            give_back[item.hold](work, _listing(stock, item), item.quantity)
            work.change(item, hold=RELEASED)
    work.change(order, released_at=order.released_at or now())


def _close_open_payments(work: UnitOfWork, order_id: str) -> bool:
    """Have the settle job look at what is open at the gateway now; returns whether anything is."""
    is_open = [one for one in attempts_of(work, CHECKOUT, order_id) if one.state in UNSETTLED_STATES]
    for attempt in is_open:
        if attempt.state == OPEN:
            work.change(attempt, check_at=now())
    return bool(is_open)


def _has_lapsed(order: Order) -> bool:
    is_unpaid = order.paid_at is None and order.released_at is None
    return is_unpaid and order.payable_until is not None and order.payable_until <= now()


_MOVES_UNITS = ("SHIPPED", "CANCELLED")
_STEPS: dict[str, Step] = {"PAID": _pay_by_hand, "PROCESSING": _process, "SHIPPED": _ship, "DELIVERED": _deliver,
                           "CANCELLED": _cancel}
