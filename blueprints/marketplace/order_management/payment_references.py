"""Payment tickets written by hand: staff's corrections of what the payment flow keeps (OR15)."""
from typing import Any

from app.actor import Actor
from app.data.unit_of_work import unit_of_work
from blueprints.marketplace.order_management.audit import record_fix
from blueprints.marketplace.order_management.models import Order, OrderPayment


def create_ticket(actor: Actor, *, order_id: str, **values: Any) -> OrderPayment:
    """Write the ticket of an order that has none; it belongs to the buyer. Raises NotFound, DuplicateRecord."""
    with unit_of_work(actor) as work:
        order = work.lock(Order, order_id)
        ticket = work.insert(OrderPayment(order_id=order_id, owner_id=order.buyer_id, **values))
        record_fix(actor, order_id, "payment ticket written by staff")
        work.commit()
    return ticket


def change_ticket(actor: Actor, ticket_id: str, **values: Any) -> OrderPayment:
    """Change what a ticket says; never whose it is. Raises NotFound."""
    with unit_of_work(actor) as work:
        ticket = work.change(work.lock(OrderPayment, ticket_id), **values)
        record_fix(actor, ticket.order_id, "payment ticket changed by staff")
        work.commit()
    return ticket


def delete_ticket(actor: Actor, ticket_id: str) -> OrderPayment:
    """Soft-delete a ticket; raises NotFound."""
    with unit_of_work(actor) as work:
        ticket = work.archive(work.lock(OrderPayment, ticket_id))
        record_fix(actor, ticket.order_id, "payment ticket deleted by staff")
        work.commit()
    return ticket
