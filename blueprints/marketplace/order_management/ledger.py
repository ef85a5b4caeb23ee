"""The ledger: what each payment and refund moved, per line, with the commission frozen at the sale (no payouts).

Bookings are only ever added; for every order their gross is what was paid minus what was given back."""
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from app.clock import now
from app.data.ids import uuid7
from app.data.unit_of_work import UnitOfWork
from app.payments.records import PaymentAttempt, PaymentRefund
from app.runtime import runtime
from blueprints.marketplace.order_management import rules
from blueprints.marketplace.order_management.models import Order, OrderItem
from blueprints.marketplace.order_management.placing import lines_of
from blueprints.marketplace.order_management.record_models import (
    CORRECTION,
    REFUND,
    REFUND_LOST,
    SALE,
    SURPLUS_REFUND,
    LedgerEntry,
)

ABOUT = ("order_id", "item_id", "seller_id", "percent", "category_id", "currency")
parse_commission = lru_cache(maxsize=8)(rules.parse_commission)


@dataclass(frozen=True, slots=True)
class Sale:
    """How a line was sold: its money, and the percentage that held then."""

    shares: rules.Shares
    percent: Any


def book_sale(work: UnitOfWork, items: Sequence[OrderItem], attempt: PaymentAttempt) -> None:
    """Book a paid order, line by line, at the commission that holds now."""
    rates = parse_commission(runtime().settings.commission_percent)
    for item, line in zip(items, lines_of(items), strict=True):
        percent = rules.commission_rate(rates, item.category_id)
        shares = rules.shares_of(line, percent)
        work.insert(_entry(SALE, attempt.id, shares.gross, shares.commission, **_of_line(item, percent)))


def book_refund(work: UnitOfWork, items: Sequence[OrderItem], refund: PaymentRefund) -> None:
    """Book money given back: first on cancelled lines, then on the others, by what is left of each (decision 42).

    `items` are all lines, cancelled ones too; the commission goes back with its line."""
    sales, left = _balances(work, refund.order_id)
    sold = sorted((item for item in items if item.id in sales), key=lambda item: item.is_active)
    due, rest = ([left[item.id].gross for item in sold if item.is_active is kept] for kept in (False, True))
    for item, part in zip(sold, rules.split_due_first(refund.amount, due, rest), strict=True):
        sale = sales[item.id]
        back = rules.commission_back(sale.shares, left[item.id], part)
        if part:
            work.insert(_entry(REFUND, refund.id, -part, -back, **_of_line(item, sale.percent)))


def money_due(work: UnitOfWork, order: Order, *, without: OrderItem | None = None) -> int:
    """Return what was paid for cancelled lines, or for an order that ended, and is not given back; minor units.

    `without` is a line that is being cancelled. Nothing is flushed: a cancelled order is one change, with one event."""
    _, left = _balances(work, order.id)
    if order.status in rules.ENDED:
        return sum(shares.gross for shares in left.values())
    gone = work.rows(select(OrderItem.id).where(OrderItem.order_id == order.id, OrderItem.is_active.is_(False)))
    ids = {row.id for row in gone} | ({without.id} if without else set())
    return sum(left[item_id].gross for item_id in ids)


def book_refund_lost(work: UnitOfWork, refund: PaymentRefund) -> None:
    """Book that a refund came back: the opposite of what was booked for it."""
    booked = work.all(select(LedgerEntry).where(LedgerEntry.source_id == refund.id,
                                                LedgerEntry.kind.in_((REFUND, SURPLUS_REFUND))))
    for entry in booked:
        about = {name: getattr(entry, name) for name in ABOUT}
        work.insert(_entry(REFUND_LOST, refund.id, -entry.gross, -entry.commission, **about))


def book_surplus(work: UnitOfWork, source: PaymentAttempt | PaymentRefund, kind: str, amount: int) -> None:
    """Book money that came although nothing was due, and its way back; it is nobody's sale."""
    work.insert(_entry(kind, source.id, amount, 0, order_id=source.order_id, item_id="", currency=source.currency,
                       percent=0))


def book_correction(work: UnitOfWork, source_id: str, shares: rules.Shares, net: int, **about: Any) -> LedgerEntry:
    """Book what puts another booking right, or what was not booked of a payment or refund; `about` as of a booking.

    `net` is given: of a booking that did not divide the correction does not divide either."""
    entry = _entry(CORRECTION, source_id, shares.gross, shares.commission, **about)
    entry.net = net
    return work.insert(entry)


def _balances(work: UnitOfWork, order_id: str) -> tuple[dict[str, Sale], dict[str, rules.Shares]]:
    """Return the sale of each line, put right where its booking was, and what is left of it."""
    sales: dict[str, Sale] = {}
    left: dict[str, rules.Shares] = defaultdict(lambda: rules.Shares(0, 0))
    entries = work.all(select(LedgerEntry).where(LedgerEntry.order_id == order_id, LedgerEntry.item_id != ""))
    corrected = {entry.source_id: entry for entry in entries if entry.kind == CORRECTION}
    for entry in entries:
        left[entry.item_id] = left[entry.item_id].plus(entry.gross, entry.commission)
        if entry.kind == SALE:
            put_right = corrected.get(entry.id)
            shares = rules.Shares(entry.gross, entry.commission)
            sales[entry.item_id] = Sale(
                shares.plus(put_right.gross, put_right.commission) if put_right else shares, entry.percent)
    return sales, left


def _of_line(item: OrderItem, percent: Any) -> dict[str, Any]:
    return {"order_id": item.order_id, "item_id": item.id, "seller_id": item.seller_id, "percent": percent,
            "category_id": item.category_id, "currency": item.currency}


def _entry(kind: str, source_id: str, gross: int, commission: int, **about: Any) -> LedgerEntry:
    moment = now()
    return LedgerEntry(id=uuid7(), kind=kind, source_id=source_id, gross=gross, commission=commission,
                       net=gross - commission, booked_at=moment, month=moment.strftime("%Y-%m"), **about)
