"""What a paid order means to those who watch its listings, told by watchlistCart; and that payers are gone for good."""
from collections.abc import Sequence

from sqlalchemy import select

from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe, subscribe_batch
from app.payments.cards import delete_customer
from blueprints.marketplace.order_management.models import OrderItem
from blueprints.marketplace.order_management.topics import CUSTOMER_LEFT, ORDER_UPDATED
from blueprints.marketplace.watchlist_cart.notices import note_sold


@subscribe(ORDER_UPDATED, name="order_management.tell-watchers")
def tell_watchers(work: UnitOfWork, event: Event) -> None:
    """Have those told who watch what is sold out, now that an order of it is paid."""
    order = event.payload["orderManagementOrder"]
    if "paidAt" in event.payload["newDataValues"] and order["paidAt"] is not None:
        rows = work.rows(select(OrderItem.product_id).where(OrderItem.order_id == order["id"],
                                                            OrderItem.is_active.is_(True)))
        note_sold(work, [row.product_id for row in rows], buyer_id=order["buyerId"])


@subscribe_batch(CUSTOMER_LEFT, name="order_management.forget-customers")
def forget_customers(events: Sequence[Event]) -> None:
    """Have the gateway forget who is gone for good; while it is away, the events wait (decision 099)."""
    for event in events:
        delete_customer(event.key)
