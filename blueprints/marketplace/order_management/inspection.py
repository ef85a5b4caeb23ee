"""What operators see of orders at the terminal: naming, lists, finding, and one order whole; cancelled ones too.

Parties are masked (auth's inspection); amounts are in major units. No number of statements grows with rows."""
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal_column, or_, select

from app.data.columns import iso
from app.data.ids import MOST_FOUND, canonical_uuid
from app.data.money import to_wire
from app.data.reads import fetch
from app.data.short_ids import ids_named
from blueprints.marketplace.order_management.models import Order, OrderItem
from blueprints.platform.auth.inspection import find_accounts, people

Facts = dict[str, Any]

_REALM = "marketplace"
_AGES = select(Order.id, Order.created_at)
MOST_COUNTED = 10_000
MOST_PEOPLE = 20
"""Whose orders are looked for at most, when a name is meant."""


def orders_named(text: str) -> list[str]:
    """Return the ids of the orders the text may mean: an id, else its beginning, its last eight digits, a number.

    Buyers choose numbers: of a number and another order's id none is preferred, and a whole id is that order's."""
    found = ids_named(Order, text)
    if not (found and canonical_uuid(text)):
        found += [row.id for row in fetch(_numbered(text.strip()))]
    return list(dict.fromkeys(found))


def recent_orders(*, limit: int, status: str | None = None, buyer_id: str | None = None,
                  seller_id: str | None = None, since: datetime | None = None) -> list[Facts]:
    """Return the latest orders, the newest first, of one status, buyer or seller of some line."""
    conditions: list[ColumnElement[bool]] = []
    if status is not None:
        conditions.append(Order.status == status)
    if buyer_id is not None:
        conditions.append(Order.buyer_id == buyer_id)
    if since is not None:
        conditions.append(Order.created_at >= since)
    if seller_id is None:
        return _listed(conditions, limit)
    sold = [OrderItem.seller_id == seller_id]
    if since is not None:
        sold.append(OrderItem.created_at >= since)  # a line is never older than its order
    return _listed([Order.id.in_(_latest(_AGES.join(OrderItem, OrderItem.order_id == Order.id)
                                         .where(*sold, *conditions), limit))], limit)


def order_counts(user_id: str) -> Facts:
    """Return how many orders somebody bought and how many lines he sold, cancelled ones too; at most MOST_COUNTED."""
    bought = select(literal_column("1")).where(Order.buyer_id == user_id).limit(MOST_COUNTED).subquery()
    sold = select(literal_column("1")).where(OrderItem.seller_id == user_id).limit(MOST_COUNTED).subquery()
    row = fetch(select(select(func.count()).select_from(bought).scalar_subquery().label("bought"),
                       select(func.count()).select_from(sold).scalar_subquery().label("sold")))[0]
    return {"ordersBought": row.bought, "linesSold": row.sold}


def find_orders(text: str, limit: int) -> list[Facts]:
    """Return the latest orders that the text means (orders_meant)."""
    ids = orders_meant(text, limit)
    return _listed([Order.id.in_(ids)], limit) if ids else []


def orders_meant(text: str, limit: int) -> set[str]:
    """Return the ids of the orders that the text names (orders_named), and of the latest that a person it names bought
    or sold, at most `limit` of each.

    A person by e-mail or a part of the name: the first MOST_PEOPLE of them."""
    ids = set(orders_named(text))
    persons = [one["id"] for one in find_accounts(_REALM, text, MOST_PEOPLE)]
    if persons:
        ids |= set(_latest(_AGES.where(Order.buyer_id.in_(persons)), limit))
        ids |= set(_latest(_AGES.join(OrderItem, OrderItem.order_id == Order.id)
                           .where(OrderItem.seller_id.in_(persons)), limit))
    return ids


def order_lines(order_id: str) -> list[Facts]:
    """Return the lines of an order, cancelled ones too, oldest first; `units` says where they are in the stock."""
    rows = fetch(select(OrderItem).where(OrderItem.order_id == order_id).order_by(OrderItem.created_at, OrderItem.id))
    return [{"id": row.id, "productId": row.product_id, "title": row.title, "quantity": row.quantity,
             "price": to_wire(row.price, row.currency), "shipping": to_wire(row.shipping, row.currency),
             "currency": row.currency, "sellerId": row.seller_id,
             "units": row.hold if row.is_active else "cancelled"} for row in rows]


def order_parties(buyer_id: str, seller_ids: Iterable[str]) -> list[Facts]:
    """Return buyer and sellers of an order, masked; one whose account is gone for good has an id alone."""
    roles = [("buyer", buyer_id), *(("seller", seller_id) for seller_id in dict.fromkeys(seller_ids))]
    known = people(_REALM, (user_id for _, user_id in roles))
    return [{"as": role, "id": user_id, **{name: known.get(user_id, {}).get(name)
                                           for name in ("fullname", "email", "phone", "state")}}
            for role, user_id in roles]


def order_amounts(order_id: str) -> Facts:
    """Return what an order costs and what of it is due back, each with its currency, and when it was paid and sent."""
    row = fetch(select(Order).where(Order.id == order_id))[0]
    currency = row.currency or "USD"
    return {"subtotal": row.summary.get("subtotal"), "shipping": row.summary.get("shipping"),
            "discount": row.summary.get("discount"), "total": to_wire(row.total, currency), "currency": currency,
            "refundDue": to_wire(row.refund_due, currency), "placedAt": iso(row.created_at),
            "paidAt": iso(row.paid_at), "shippedAt": iso(row.shipped_at), "deliveredAt": iso(row.delivered_at),
            "cancelledAt": iso(row.cancelled_at), "carrier": row.carrier, "trackingNumber": row.tracking_number,
            "disputeStatus": row.dispute_status}


def order_ledger(order_id: str) -> list[Facts]:
    """Return what the ledger has booked for an order, oldest first."""
    from blueprints.marketplace.order_management.record_models import LedgerEntry

    rows = fetch(select(LedgerEntry).where(LedgerEntry.order_id == order_id)
                 .order_by(LedgerEntry.booked_at, LedgerEntry.id))
    return [{"at": iso(row.booked_at), "kind": row.kind, "sellerId": row.seller_id,
             **{name: to_wire(getattr(row, name), row.currency) for name in ("gross", "commission", "net")},
             "currency": row.currency} for row in rows]


def _numbered(number: str) -> Select[Any]:
    """Return the query of the orders of that number; those that ended have an index of their own."""
    return select(Order.id).where(or_(
        and_(Order.is_active.is_(True), Order.order_number == number),
        and_(Order.is_active.is_(False), Order.order_number == number))).limit(MOST_FOUND)


def _latest(query: Select[str, datetime], limit: int) -> list[str]:
    """Return the ids of the latest of the orders that a query of _AGES finds.

    They are found first and sorted then: with both in one, PostgreSQL walks all orders from the newest on, in the hope
    of meeting some of a person who may have none."""
    found = query.distinct().subquery()
    return [row.id for row in fetch(select(found.c.id).order_by(found.c.created_at.desc(), found.c.id.desc())
                                    .limit(limit))]


def _listed(conditions: Sequence[ColumnElement[bool]], limit: int) -> list[Facts]:
    rows = fetch(select(Order).where(*conditions).order_by(Order.created_at.desc(), Order.id.desc()).limit(limit))
    if not rows:
        return []
    sellers: dict[str, dict[str, None]] = defaultdict(dict)
    for line in fetch(select(OrderItem.order_id, OrderItem.seller_id).where(
            OrderItem.order_id.in_([row.id for row in rows])).order_by(OrderItem.id)):
        sellers[line.order_id][line.seller_id] = None
    known = people(_REALM, {*(row.buyer_id for row in rows), *(one for ids in sellers.values() for one in ids)})
    return [_glance(row, list(sellers[row.id]), known) for row in rows]


def _glance(row: Row[Any], seller_ids: Collection[str], known: dict[str, Facts]) -> Facts:
    names = [known[one]["fullname"] if one in known else "(gone)" for one in (row.buyer_id, *seller_ids)]
    return {"id": row.id, "number": row.order_number, "status": row.status, "total": to_wire(
        row.total, row.currency or "USD"), "currency": row.currency, "buyer": names[0], "seller": ", ".join(names[1:]),
        "placedAt": iso(row.created_at), "buyerId": row.buyer_id, "sellerIds": list(seller_ids),
        "isActive": bool(row.is_active), "confirmation": row.payment_confirmation}
