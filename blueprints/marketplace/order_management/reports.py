"""What sellers sold and the house earned, per month, from the ledger; amounts in major units."""
import re
from typing import Any

from sqlalchemy import Row, Select, case, func, select

from app.actor import Actor
from app.data.money import to_wire
from app.data.reads import Listing, Page, list_query
from app.data.reads.keyset import row_order
from app.data.serialization import Wire
from app.errors import InvalidInput
from blueprints.marketplace.order_management.record_models import SALE, LedgerEntry

_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
# The columns by which _grouped groups, unique together.
_NEWEST_FIRST = row_order(LedgerEntry.month.desc(), LedgerEntry.seller_id, LedgerEntry.currency)


def commission_report(actor: Actor, page: Page, *, seller_id: str | None = None, month: str | None = None) -> Listing:
    """Return per month (UTC, YYYY-MM), seller and currency: lines sold, gross, commission, net; newest month first.

    Refunds count in the month they were given. Sellers see their own figures, staff all. Raises InvalidInput for a
    month that is none."""
    conditions: list[Any] = [LedgerEntry.seller_id.is_not(None)]
    if not actor.is_staff:
        conditions.append(LedgerEntry.seller_id == actor.user_id)
    if seller_id is not None:
        conditions.append(LedgerEntry.seller_id == seller_id)
    if month is not None:
        if not _MONTH.fullmatch(month):
            raise InvalidInput("month: expected YYYY-MM", detail={"month": "expected YYYY-MM"})
        conditions.append(LedgerEntry.month == month)
    return list_query(_grouped(conditions), _NEWEST_FIRST, page, _as_wire)


def _grouped(conditions: list[Any]) -> Select[*tuple[Any, ...]]:
    sold = func.sum(case((LedgerEntry.kind == SALE, 1), else_=0))
    return select(LedgerEntry.month, LedgerEntry.seller_id, LedgerEntry.currency, sold.label("lines"),
                  func.sum(LedgerEntry.gross).label("gross"), func.sum(LedgerEntry.commission).label("commission"),
                  func.sum(LedgerEntry.net).label("net")).where(*conditions).group_by(
                      LedgerEntry.month, LedgerEntry.seller_id, LedgerEntry.currency)


def _as_wire(row: Row[Any]) -> Wire:
    money = {name: to_wire(int(getattr(row, name)), row.currency) for name in ("gross", "commission", "net")}
    return {"month": row.month, "sellerId": row.seller_id, "currency": row.currency, "linesSold": int(row.lines),
            **money}
