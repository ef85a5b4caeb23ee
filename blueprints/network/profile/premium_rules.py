"""What premium decides without a database: from when to when an order counts (decision 19, NET-27)."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

PENDING, COMPLETED, DECLINED, CANCELLED = "pending", "completed", "declined", "cancelled"
"""The `status` of an order by what became of its payment (rules-network §6D); before the start it is the client's."""
REFUNDED, DISPUTED = "refunded", "disputed"
"""Ours: premium that was paid and ended before its time."""

PRICE_STANDS = timedelta(hours=24)
TOLD_BEFORE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when one paid order makes its person premium."""

    order_id: str
    start: datetime
    end: datetime


def period_of(order_id: str, paid_at: datetime, current_end: datetime | None, length: timedelta) -> Period:
    """Return the period of an order paid at a moment: it begins then, or where what is paid already ends (NET-27)."""
    start = paid_at if current_end is None else max(paid_at, current_end)
    return Period(order_id, start, start + length)


def cut(period: Period, moment: datetime) -> Period:
    """Return the period ended at a moment: one that is over stays, one that has not begun becomes empty."""
    return Period(period.order_id, period.start, max(period.start, min(period.end, moment)))


def moved_up(ended: Period, moment: datetime, later: Iterable[Period]) -> list[Period]:
    """Return those of the later periods that move because `ended` was cut at a moment, each as long as it was."""
    if ended.end <= moment:
        return []
    moved, start = [], cut(ended, moment).end
    for period in sorted((one for one in later if one.start >= ended.end), key=lambda one: one.start):
        moved.append(Period(period.order_id, start, start + (period.end - period.start)))
        start = moved[-1].end
    return moved


def parted(periods: Iterable[Period]) -> list[Period]:
    """Return those of the periods that move so that each begins where the one before it ends, as long as it was."""
    moved, end = list[Period](), None
    for period in sorted(periods, key=lambda one: (one.start, one.order_id)):
        if end is not None and period.start < end:
            period = Period(period.order_id, end, end + (period.end - period.start))
            moved.append(period)
        end = period.end
    return moved


def price_stands(priced_at: datetime, now: datetime) -> bool:
    """Return whether an order may still be paid at the price it was placed at, whatever premium costs by now."""
    return now < priced_at + PRICE_STANDS


def parse_price(text: str) -> Decimal:
    """Return the setting PREMIUM_PRICE in major units; raises ValueError."""
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no amount") from None
    if not price.is_finite() or price <= 0:
        raise ValueError("premium costs more than 0")
    return price
