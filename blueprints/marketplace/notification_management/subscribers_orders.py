"""Who is notified when orders are placed, paid, shipped, delivered and cancelled (rules-marketplace §6.3)."""
from collections.abc import Iterable
from typing import Any

from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from app.notify.letter_templates import spoken_amount
from app.plain_text import unlinked
from blueprints.marketplace.notification_management import rules
from blueprints.marketplace.notification_management.commands import REALM, tell
from blueprints.marketplace.notification_management.rules import Notice
from blueprints.marketplace.order_management.queries import is_first_of_seller, parties_of
from blueprints.marketplace.order_management.topics import (
    ITEM_CREATED,
    ITEM_DELETED,
    ORDER_CANCELLED,
    ORDER_CREATED,
    ORDER_DISPUTED,
    ORDER_UPDATED,
)
from blueprints.platform.auth.queries import staff_of

_FACTS = ("id", "orderNumber", "status", "trackingNumber", "carrier")
_TOLD_TO_BUYER = {"PAID": "ORDER_PAID", "SHIPPED": "ORDER_SHIPPED", "DELIVERED": "FEEDBACK_REQUESTED"}
_TOLD_TO_SELLERS = {"PAID": "ORDER_PAID", "DELIVERED": "ORDER_DELIVERED"}


@subscribe(ORDER_CREATED, name="notifications.order-placed")
def tell_buyer_of_placed_order(work: UnitOfWork, event: Event) -> None:
    """Tell the buyer that the order stands."""
    tell(work, event, Notice("ORDER_PLACED", event.payload["buyerId"]), _facts(event.payload))


@subscribe(ITEM_CREATED, name="notifications.order-received")
def tell_seller_of_placed_order(work: UnitOfWork, event: Event) -> None:
    """Tell each seller once, with the first of their items in an order."""
    item, order = event.payload, parties_of(event.payload["orderId"])
    if order is not None and is_first_of_seller(item["id"], item["orderId"], item["sellerId"]):
        tell(work, event, Notice("ORDER_PLACED", item["sellerId"]), _facts_of_line(order, item))


@subscribe(ORDER_UPDATED, name="notifications.order-moved")
def tell_order_moved(work: UnitOfWork, event: Event) -> None:
    """Tell buyer and sellers what their order has come to; of a cancel, when it is final (decisions/067)."""
    order = event.payload["orderManagementOrder"]
    if "status" in event.payload["newDataValues"]:
        _tell_both(work, event, order, _TOLD_TO_BUYER.get(order["status"]), _TOLD_TO_SELLERS.get(order["status"]))


@subscribe(ORDER_CANCELLED, name="notifications.order-cancelled")
def tell_order_cancelled(work: UnitOfWork, event: Event) -> None:
    """Tell buyer and sellers that an order was cancelled for good."""
    _tell_both(work, event, event.payload, "ORDER_CANCELLED", "ORDER_CANCELLED")


@subscribe(ITEM_DELETED, name="notifications.line-cancelled")
def tell_line_cancelled(work: UnitOfWork, event: Event) -> None:
    """Tell the buyer of a line that was cancelled, and its seller where staff did it (decision 42).

    Of the last line both hear as of the end of the order."""
    item, order = event.payload, parties_of(event.payload["orderId"])
    if order is None or order["isOver"]:
        return
    for person in sorted({order["buyerId"], item["sellerId"]} - {event.user_id}):
        tell(work, event, Notice("ORDER_CANCELLED", person), _facts_of_line(order, item))


@subscribe(ORDER_DISPUTED, name="notifications.order-disputed")
def tell_order_disputed(work: UnitOfWork, event: Event) -> None:
    """Tell staff, who answer at the gateway, and the sellers, who have the proof, how a dispute stands."""
    dispute, parties = event.payload, parties_of(event.payload["orderId"])
    number, amount = unlinked(dispute["orderNumber"]), spoken_amount(dispute["amount"], dispute["currency"])
    message = rules.dispute_sentence(dispute | {"orderNumber": number}, amount)
    subject = {"subject": f"Order {number}: payment disputed"}
    sellers = parties["sellerIds"] if parties else ()
    for person in sorted({*sellers, *staff_of(REALM)}):  # each holds its receiver's counter of unread ones
        tell(work, event, Notice("SYSTEM_ALERT", person), dispute | {"message": message}, subject,
             by_letter=person in sellers)


def _tell_both(work: UnitOfWork, event: Event, order: dict[str, Any], to_buyer: str | None,
               to_sellers: str | None) -> None:
    parties = parties_of(order["id"])
    sellers: Iterable[str] = parties["sellerIds"] if parties else ()
    notices = [Notice(to_buyer, order["buyerId"])] if to_buyer else []
    notices += [Notice(to_sellers, seller) for seller in sellers] if to_sellers else []
    for notice in sorted(notices, key=lambda one: one.user_id):  # each holds its receiver's counter of unread ones
        tell(work, event, notice, _facts(order))


def _facts_of_line(order: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    return {"orderId": item["orderId"], "orderNumber": order["orderNumber"], "status": order["status"],
            "productId": item["productId"], "title": item["title"], "quantity": item["quantity"]}


def _facts(order: dict[str, Any]) -> dict[str, Any]:
    facts = {name: order[name] for name in _FACTS}
    return {"orderId": facts.pop("id"), **facts}
