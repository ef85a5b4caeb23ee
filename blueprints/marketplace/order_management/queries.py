"""The reads of orderManagement: orders and lines, each for whom it concerns (§7.2)."""
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, or_, select

from app.actor import Actor
from app.data.columns import iso
from app.data.moderated_kinds import Subject
from app.data.money import to_minor, to_wire
from app.data.reads import Listing, fetch, fetch_one, find_any_row, get_row, list_query, list_rows
from app.data.reads.filters import Filters, equal
from app.data.reads.keyset import row_order
from app.data.reads.read_request import ReadRequest
from app.data.reads.seen_rows import seen_rows
from app.data.serialization import Wire, row_serializer
from app.data.visibility import holds, seen_by
from app.errors import NotFound
from app.identity.access import require, require_self_or_staff
from blueprints.marketplace.order_management import rules
from blueprints.marketplace.order_management.dues import DUE
from blueprints.marketplace.order_management.history_models import OrderHistory
from blueprints.marketplace.order_management.models import REFUND_IS_DUE, RELEASED, Order, OrderItem
from blueprints.marketplace.order_management.visibility import ITEMS, ORDERS

ORDER_FILTERS = Filters((equal(Order.order_number), equal(Order.status), equal(Order.payment_confirmation)))
ITEM_FILTERS = Filters((equal(OrderItem.order_id), equal(OrderItem.product_id), equal(OrderItem.seller_id)))

_OLDEST_FIRST = (Order.created_at, Order.id)
_OLDEST_DUE = row_order(Order.created_at, Order.id)
_JUDGED = ("id", "orderNumber", "buyerId", "items", "status", "summary", "trackingNumber", "carrier", "paidAt",
           "shippedAt", "deliveredAt", "cancelledAt", "isActive", "createdAt")
# How the buyer pays is not for a seller of some lines (decision 42).
_NOT_HIS = {"paymentMethodId": rules.CHOSEN_LATER, "stripeCustomerId": rules.CHOSEN_LATER, "paymentIntentId": None}


@dataclass(frozen=True, slots=True)
class SoldItem:
    """A line as feedback reads it; `delivered_at` is None before the delivery, and of an order that was cancelled."""

    id: str
    order_id: str
    buyer_id: str
    seller_id: str
    product_id: str
    delivered_at: datetime | None


def get_order(actor: Actor, asked: ReadRequest, order_id: str) -> Wire:
    """Return an order with its lines to its buyer, a seller of its items, or staff; raises NotFound, Forbidden."""
    row = get_row(Order, order_id)
    items = _items_by_order([order_id])[order_id]
    sellers = (item["sellerId"] for item in items)
    require_self_or_staff(actor, row["buyerId"], *sellers)
    return _shown(actor, asked, row, items)


def order_subject(actor: Actor, order_id: str) -> Subject | None:
    """Return an order as staff judge it, without address and cards; its parties alone may report it.

    It concerns its seller, nobody when there are several. None where there is no such order."""
    row = find_any_row(Order, order_id)
    if row is None:
        return None
    sellers = {found.seller_id for found in fetch(select(OrderItem.seller_id).where(OrderItem.order_id == order_id))}
    shown = {name: value for name, value in row.items() if name in _JUDGED}
    return Subject(f"order {row['orderNumber']}", next(iter(sellers)) if len(sellers) == 1 else None, shown,
                   parties=frozenset({row["buyerId"], *sellers}), is_active=row["isActive"])


def get_history(actor: Actor, order_id: str) -> Wire:
    """Return what happened to an order, cancelled ones too, oldest first: to its buyer, its sellers, staff.

    A seller of some lines reads of those, and of the whole order without its sums. Raises NotFound, Forbidden."""
    order = fetch_one(select(Order.id, Order.order_number, Order.buyer_id, Order.status, Order.is_active,
                             Order.currency, Order.refund_due).where(Order.id == order_id))
    if order is None:
        raise NotFound
    lines = fetch(select(OrderItem.id, OrderItem.seller_id).where(OrderItem.order_id == order_id))
    require_self_or_staff(actor, order.buyer_id, *(line.seller_id for line in lines))
    mine = {line.id for line in lines if actor.is_user(line.seller_id)}
    sees_all = actor.is_staff or actor.is_user(order.buyer_id) or len(mine) == len(lines)
    seen = [] if sees_all else [or_(OrderHistory.item_id.is_(None), OrderHistory.item_id.in_(mine))]
    steps = fetch(select(OrderHistory).where(OrderHistory.order_id == order_id, *seen).order_by(OrderHistory.id))
    currency = order.currency or "USD"
    return {"id": order.id, "orderNumber": order.order_number, "status": order.status,
            "isActive": bool(order.is_active), "currency": currency,
            "refundDue": to_wire(order.refund_due, currency) if sees_all else None,
            "steps": [_step(step, with_amount=sees_all or step.item_id is not None) for step in steps]}


def _step(step: Row[Any], *, with_amount: bool) -> Wire:
    amount = to_wire(step.amount, step.currency) if step.amount is not None and with_amount else None
    return {"what": step.what, "status": step.status, "at": iso(step.at), "by": step.by,
            "orderItemId": step.item_id, "amount": amount, "currency": None if amount is None else step.currency,
            "details": step.details}


def list_refunds_due(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the orders of which money is due back, oldest first: those the actor bought or sold whole;
    all for staff, whose queue it is (decision 42)."""
    mine = [] if actor.is_staff else [or_(Order.buyer_id == actor.user_id, ~exists().where(
        OrderItem.order_id == Order.id, OrderItem.seller_id != actor.user_id))]
    return list_query(select(*DUE).where(REFUND_IS_DUE, *mine), _OLDEST_DUE, asked.page, _due_row)


def _due_row(row: Row[Any]) -> Wire:
    currency = row.currency or "USD"
    return {"orderId": row.id, "orderNumber": row.order_number, "buyerId": row.buyer_id, "status": row.status,
            "refundDue": to_wire(row.refund_due, currency), "currency": currency}


def order_of_product(actor: Actor, asked: ReadRequest, reference: str) -> Wire:
    """Return the latest order the actor may see with that item, or with an item of that product (OR8).

    Raises NotFound."""
    query = (select(OrderItem.order_id).join(Order, Order.id == OrderItem.order_id)
             .where(or_(OrderItem.id == reference, OrderItem.product_id == reference), Order.is_active.is_(True),
                    *seen_by(ITEMS, actor)).order_by(OrderItem.id.desc()))
    found = fetch_one(query)
    if found is None:
        raise NotFound
    return get_order(actor, asked, found.order_id)


def list_orders(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of orders: the actor's purchases and sales; all for staff."""
    return _list_orders(actor, asked, *seen_by(ORDERS, actor))


def list_own_orders(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's purchases."""
    return _list_orders(actor, asked, Order.buyer_id == actor.user_id)


def get_item(actor: Actor, item_id: str) -> Wire:
    """Return a line to the order's buyer, the line's seller, or staff; raises NotFound, Forbidden."""
    row = get_row(OrderItem, item_id)
    require(holds(ITEMS, row, actor))
    return row


def list_items(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of lines of the actor's purchases and sales; all for staff."""
    return list_rows(OrderItem, asked.page, *asked.where, *seen_by(ITEMS, actor))


orders_seen_by = seen_rows(Order, lambda actor: seen_by(ORDERS, actor))
"""For joins: orders the actor bought or sold lines of; all for staff."""
items_seen_by = seen_rows(OrderItem, lambda actor: seen_by(ITEMS, actor))
"""For joins: lines the actor bought or sold; all for staff."""


def list_sales(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the lines the actor sold (OR17)."""
    return list_rows(OrderItem, asked.page, *asked.where, OrderItem.seller_id == actor.user_id)


def sold_item(item_id: str) -> SoldItem:
    """Return what a review of a line has to know of it (§4.3); raises NotFound, also for a line that was cancelled."""
    row = fetch_one(select(OrderItem.order_id, OrderItem.seller_id, OrderItem.product_id, Order.buyer_id, Order.status,
                           Order.is_active, Order.delivered_at).join(Order, Order.id == OrderItem.order_id)
                    .where(OrderItem.id == item_id, OrderItem.is_active.is_(True)))
    if row is None:
        raise NotFound
    opens = bool(row.is_active) and rules.opens_feedback(row.status)
    return SoldItem(item_id, row.order_id, row.buyer_id, row.seller_id, row.product_id,
                    row.delivered_at if opens else None)


def unshipped_orders(sellers: Collection[str], paid_before: datetime, after: str, limit: int) -> list[str]:
    """Return the ids of orders with lines of these sellers that were paid before a moment and are not shipped, in order
    of their ids, after a given one ("" = from the first)."""
    rows = fetch(select(Order.id).join(OrderItem, OrderItem.order_id == Order.id).where(
        OrderItem.seller_id.in_(sellers), OrderItem.is_active.is_(True), Order.is_active.is_(True),
        Order.status.in_(("PAID", "PROCESSING")), Order.paid_at <= paid_before, Order.id > after)
        .distinct().order_by(Order.id).limit(limit))
    return [row.id for row in rows]


def order_state(order_id: str) -> str:
    """Return "STATUS/confirmation" of an order, a cancelled one too; raises NotFound."""
    row = fetch_one(select(Order.status, Order.payment_confirmation).where(Order.id == order_id))
    if row is None:
        raise NotFound
    return f"{row.status}/{row.payment_confirmation}"


def known_order(order_id: str) -> dict[str, Any]:
    """Return what an operator may see of an order, a cancelled one too; amounts in major units. Raises NotFound."""
    row = fetch_one(select(Order).where(Order.id == order_id))
    if row is None:
        raise NotFound
    currency = row.currency or "USD"
    return {"id": row.id, "orderNumber": row.order_number, "state": f"{row.status}/{row.payment_confirmation}",
            "buyerId": row.buyer_id, "total": to_wire(row.total, currency), "currency": currency,
            "paidAt": iso(row.paid_at), "payableUntil": iso(row.payable_until), "isActive": row.is_active}


def parties_of(order_id: str) -> dict[str, Any] | None:
    """Return {buyerId, sellerIds, orderNumber, …} of an order, a cancelled one too, for those who tell people.

    `isOver`: its units were given back, so it is cancelled for good or refunded."""
    row = fetch_one(select(Order.buyer_id, Order.order_number, Order.status, Order.tracking_number, Order.carrier,
                           Order.released_at).where(Order.id == order_id))
    if row is None:
        return None
    # Whose line was cancelled hears no more of the others; of the last line's end he does.
    concerned = or_(OrderItem.is_active.is_(True), OrderItem.hold != RELEASED, Order.is_active.is_(False))
    sellers = fetch(select(OrderItem.seller_id).join(Order, Order.id == OrderItem.order_id)
                    .where(OrderItem.order_id == order_id, concerned).distinct())
    return {"buyerId": row.buyer_id, "sellerIds": sorted(seller.seller_id for seller in sellers),
            "orderId": order_id, "orderNumber": row.order_number, "status": row.status,
            "trackingNumber": row.tracking_number, "carrier": row.carrier,
            "isOver": row.released_at is not None}


def is_first_of_seller(item_id: str, order_id: str, seller_id: str) -> bool:
    """Return whether an item is the first one of its seller in the order."""
    first = fetch_one(select(OrderItem.id).where(OrderItem.order_id == order_id, OrderItem.seller_id == seller_id)
                      .order_by(OrderItem.created_at, OrderItem.id))
    return first is not None and first.id == item_id


def _list_orders(actor: Actor, asked: ReadRequest, *where: ColumnElement[bool]) -> Listing:
    listing = list_rows(Order, asked.page, *asked.where, *where, order=_OLDEST_FIRST)
    listing.rows = as_listed(actor, asked, listing.rows)
    return listing


def as_listed(actor: Actor, asked: ReadRequest, rows: list[Wire]) -> list[Wire]:
    """Return orders as a list shows them to the actor, in one statement more: with their lines, to a seller of some
    lines with those, their sum and the address."""
    items = _items_by_order([row["id"] for row in rows if asked.joins or not _sees_whole(actor, row)])
    return [_shown(actor, asked, row, items[row["id"]]) if row["id"] in items else row for row in rows]


def _sees_whole(actor: Actor, row: Wire) -> bool:
    return actor.is_staff or actor.is_user(row["buyerId"])


def _shown(actor: Actor, asked: ReadRequest, row: Wire, items: list[Wire]) -> Wire:
    """Return an order as the actor may see it: a seller of some lines sees those, their sum and the address."""
    mine = [item for item in items if actor.is_user(item["sellerId"])]
    if not _sees_whole(actor, row) and len(mine) < len(items):
        row, items = {**row, **_NOT_HIS, "items": [item["id"] for item in mine], "summary": _summary_of(mine)}, mine
    return _with_items(asked, row, items)


def _summary_of(items: Sequence[Wire]) -> Wire:
    currency = items[0]["currency"]
    summary = rules.summarize((rules.Line(to_minor(item["price"], currency), to_minor(item["shipping"], currency),
                                          item["quantity"]) for item in items), currency)
    amounts = {name: to_wire(amount, currency) for name, amount in asdict(summary).items() if name != "currency"}
    return {**amounts, "currency": currency}


def _items_by_order(order_ids: Sequence[str]) -> dict[str, list[Wire]]:
    found: dict[str, list[Wire]] = {order_id: [] for order_id in order_ids}
    if order_ids:
        shape = row_serializer(OrderItem)
        for row in fetch(select(*shape.columns).where(
                OrderItem.order_id.in_(order_ids), OrderItem.is_active.is_(True)).order_by(OrderItem.id)):
            item = shape.row(row)
            found[item["orderId"]].append(item)
    return found


def _with_items(asked: ReadRequest, row: Wire, items: list[Wire]) -> Wire:
    return {**row, "orderItems": items} if asked.joins else row
