"""Do ledger and stock agree with the orders? What was paid minus refunds is the ledger; what orders hold the stock.

Called by `flask doctor` and by tests; reads everything, changes nothing."""
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.clock import now
from app.data.money import to_wire
from app.data.reads import fetch
from app.ops.findings import agreement
from app.payments.records import PaymentAttempt, PaymentRefund
from app.payments.states import SUCCEEDED, SUCCESS
from blueprints.marketplace.order_management.models import (
    CHECKOUT_NAME,
    REFUND_IS_DUE,
    RESERVED,
    SOLD,
    Order,
    OrderItem,
)
from blueprints.marketplace.order_management.record_models import CORRECTION, SALE, LedgerEntry
from blueprints.marketplace.order_management.rules import ENDED
from blueprints.marketplace.product_listing.stock import set_taken, stock_figures
from blueprints.platform.checkout.checks import unmatched_payments

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

Key = tuple[str, str]
Units = tuple[int, int]
GIVEN_BACK_WITHIN = timedelta(minutes=15)
A_HALF_UNIT = 60
"""How far a commission may be from its percentage, in hundredths of a minor unit: half of one, and what binary
fractions add to very large amounts."""
_GOODS = OrderItem.price * OrderItem.quantity
_COST = (OrderItem.price + OrderItem.shipping) * OrderItem.quantity


def differences() -> list[str]:
    """Return what does not agree, one sentence each; nothing when all agrees."""
    return [*_ledger_differences(), *_stock()]


def _ledger_differences() -> list[str]:
    return [*_money(), *_shares(), *_totals(), *unmatched_payments(CHECKOUT_NAME, Order), *_held_for_nobody(), *_due()]


def check_ledger() -> tuple[str, str]:
    """Return what `flask doctor` says of the ledger: ok or fail, and a sentence."""
    wrong, sums = _ledger_differences(), totals()
    if wrong:
        return "fail", f"{len(wrong)} differences, `flask payments status` lists them; the first: {wrong[0]}"
    left = ", ".join(f"{to_wire(sums[currency]['ledger'], currency)} {currency}" for currency in sorted(sums))
    return "ok", f"payments and ledger agree ({left or 'nothing was paid yet'})"


def totals() -> dict[str, dict[str, int]]:
    """Return per currency, in minor units: paid, refunded, and what the ledger says is left."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: {"paid": 0, "refunded": 0, "ledger": 0})
    for name, figures in (("paid", _paid()), ("refunded", _refunded()), ("ledger", _booked())):
        for (_, currency), amount in figures.items():
            sums[currency][name] += amount
    return dict(sums)


def orders_to_correct() -> list[str]:
    """Return the orders whose bookings, or what is written down as due of them, do not agree; each once."""
    return sorted({*(key[0] for key in _wrong_money()), *(row.order_id for row in _wrong_shares()), *_wrong_due()})


def _money() -> list[str]:
    return [f"order {key[0]}: {left} {key[1]} were paid and not given back, the ledger has {booked}"
            for key, (left, booked) in _wrong_money().items()]


def _wrong_money() -> dict[Key, tuple[int, int]]:
    """Return order and currency → what was paid and not given back, and what the ledger has, where they differ."""
    paid, refunded, booked = _paid(), _refunded(), _booked()
    both = {key: (paid.get(key, 0) - refunded.get(key, 0), booked.get(key, 0))
            for key in sorted({*paid, *refunded, *booked})}
    return {key: (left, found) for key, (left, found) in both.items() if left != found}


def _shares() -> list[str]:
    return [f"order {row.order_id}: booking {row.id} says {row.gross} = {row.commission} commission + {row.net} net, "
            "which is not how its line divides" for row in _wrong_shares()]


def _wrong_shares() -> Sequence[Row[Any]]:
    """Bookings that do not divide into commission and net; sales that are not what their line and percentage say.

    A booking counts together with the one that corrects it (decision 117), which says nothing by itself."""
    corrected = select(LedgerEntry.source_id, LedgerEntry.gross, LedgerEntry.commission, LedgerEntry.net).where(
        LedgerEntry.kind == CORRECTION).subquery()
    gross, commission, net = ((getattr(LedgerEntry, name) + func.coalesce(corrected.c[name], 0)).label(name)
                              for name in ("gross", "commission", "net"))
    commission_off = func.abs(commission * 100 - _GOODS * LedgerEntry.percent)
    is_other_sale = and_(LedgerEntry.kind == SALE, or_(gross != _COST, commission_off > A_HALF_UNIT),
                         or_(gross != 0, commission != 0))
    return fetch(select(LedgerEntry.id, LedgerEntry.order_id, gross, commission, net)
                 .outerjoin(OrderItem, OrderItem.id == LedgerEntry.item_id)
                 .outerjoin(corrected, corrected.c.source_id == LedgerEntry.id)
                 .where(or_(gross != commission + net, is_other_sale), ~corrects_a_booking())
                 .order_by(LedgerEntry.id))


def corrects_a_booking() -> ColumnElement[bool]:
    """Return the condition of the bookings that correct another one, not a payment or a refund."""
    booking = aliased(LedgerEntry)
    return and_(LedgerEntry.kind == CORRECTION, exists().where(booking.id == LedgerEntry.source_id))


def _totals() -> list[str]:
    """Orders that are charged another sum than their lines cost.

    The sum of an order whose lines were all cancelled stays that of the last one."""
    lines = select(OrderItem.order_id, func.sum(case((OrderItem.is_active, _COST))).label("cost")).group_by(
        OrderItem.order_id).subquery()
    was_one_line = select(OrderItem.id).where(OrderItem.order_id == Order.id, Order.total == _COST).exists()
    differs = case((lines.c.order_id.is_(None), Order.total != 0), (lines.c.cost.is_(None), ~was_one_line),
                   else_=Order.total != lines.c.cost)
    rows = fetch(select(Order.id, Order.total, lines.c.cost).outerjoin(lines, lines.c.order_id == Order.id)
                 .where(differs).order_by(Order.id))
    return [f"order {row.id}: {row.total} are charged, its lines cost {int(row.cost or 0)}" for row in rows]


def _stock() -> list[str]:
    return [f"listing {product_id}: orders hold {expected} (reserved, sold), its stock says {taken}"
            for product_id, (expected, taken) in _wrong_stock().items()]


def _wrong_stock() -> dict[str, tuple[Units, Units]]:
    """Return listing → what orders hold and what its stock says, where they differ."""
    expected, taken = held_units(), stock_figures()
    both = {product_id: (expected.get(product_id, (0, 0)), taken.get(product_id, (0, 0)))
            for product_id in sorted({*expected, *taken})}
    return {product_id: (held, said) for product_id, (held, said) in both.items() if held != said}


def held_units(*which: ColumnElement[bool]) -> dict[str, Units]:
    """Return listing → (reserved, sold) as the lines of orders hold them; of all listings, or of `which` lines."""
    held: dict[str, dict[str, int]] = defaultdict(lambda: {RESERVED: 0, SOLD: 0})
    units = func.sum(OrderItem.quantity).label("units")
    for row in fetch(select(OrderItem.product_id, OrderItem.hold, units).where(
            OrderItem.hold.in_((RESERVED, SOLD)), *which).group_by(OrderItem.product_id, OrderItem.hold)):
        held[row.product_id][row.hold] = int(row.units)
    return {product_id: (units[RESERVED], units[SOLD]) for product_id, units in held.items()}


def check_stock() -> tuple[str, str]:
    """Return what `flask doctor` says of the units that orders hold and those that listings say are taken."""
    return agreement(_stock(), "what orders hold is what the stock of their listings says")


def mend_stock(operator: str) -> int:
    """Let the stock of listings be what orders hold, behind each listing's lock; returns how many were wrong."""
    from app.ops.mends import mend_each

    def mend(work: "UnitOfWork", product_id: str) -> None:
        set_taken(work, product_id,
                  lambda: held_units(OrderItem.product_id == product_id).get(product_id, (0, 0)))

    return mend_each("marketplace", operator, "stock of a listing", _wrong_stock(), mend)


def _held_for_nobody() -> list[str]:
    """Orders that ended (refunded, cancelled, lapsed) hold no units; the job that gives them back has a few minutes."""
    long_ago = now() - GIVEN_BACK_WITHIN
    has_ended = or_(Order.status == "REFUNDED", and_(Order.status == "CANCELLED", or_(
        Order.payable_until.is_(None), Order.payable_until < long_ago)))
    rows = fetch(select(Order.id).join(OrderItem, OrderItem.order_id == Order.id).where(
        OrderItem.hold.in_((RESERVED, SOLD)), has_ended, Order.updated_at < long_ago).distinct())
    return [f"order {row.id} has ended but still holds units" for row in rows]


def _due() -> list[str]:
    return [f"order {order_id}: {said} are written down as due, the ledger has {found}"
            for order_id, (said, found) in _wrong_due().items()]


def _wrong_due() -> dict[str, tuple[int, int]]:
    """What orders say is due to their buyers is what the ledger has of lines and orders that were cancelled.

    Returned are those of which it is not: order → what it says, what the ledger has."""
    is_due = or_(Order.status.in_(ENDED), OrderItem.is_active.is_(False))
    recount = {row.order_id: int(row.gross) for row in fetch(
        select(LedgerEntry.order_id, func.sum(LedgerEntry.gross).label("gross"))
        .join(OrderItem, OrderItem.id == LedgerEntry.item_id).join(Order, Order.id == OrderItem.order_id)
        .where(is_due).group_by(LedgerEntry.order_id))}
    written = {row.id: row.refund_due for row in fetch(select(Order.id, Order.refund_due).where(REFUND_IS_DUE))}
    both = {order_id: (written.get(order_id, 0), recount.get(order_id, 0)) for order_id in sorted({*recount, *written})}
    return {order_id: (said, found) for order_id, (said, found) in both.items() if said != found}


def check_refunds_due() -> tuple[str, str]:
    """Return what `flask doctor` says of money that is due to buyers: staff gives it back (decision 42)."""
    waiting = len(fetch(select(Order.id).where(REFUND_IS_DUE)))
    if waiting:
        return "warn", f"money of {waiting} orders is due to their buyers (flask payments status)"
    return "ok", "nothing is due to a buyer"


def _paid() -> dict[Key, int]:
    return _sums(PaymentAttempt, PaymentAttempt.amount, PaymentAttempt.checkout == CHECKOUT_NAME,
                 PaymentAttempt.state == SUCCESS)


def _refunded() -> dict[Key, int]:
    return _sums(PaymentRefund, PaymentRefund.amount, PaymentRefund.checkout == CHECKOUT_NAME,
                 PaymentRefund.state == SUCCEEDED)


def _booked() -> dict[Key, int]:
    return _sums(LedgerEntry, LedgerEntry.gross)


def _sums(model: Any, amount: Any, *where: Any) -> dict[Key, int]:
    rows = fetch(select(model.order_id, model.currency, func.sum(amount).label("total")).where(*where)
                 .group_by(model.order_id, model.currency))
    return {(row.order_id, row.currency): int(row.total) for row in rows}
