"""Payment tickets written by hand: corrections of what the payment flow keeps (OR15)."""
from typing import Any

from app.actor import Actor
from app.data.entity import Entity
from app.data.unit_of_work import unit_of_work
from app.payments.checkout import Checkout


def create_ticket(checkout: Checkout, actor: Actor, *, order_id: str, **values: Any) -> Entity:
    """Write the ticket of an order that has none; it belongs to its payer. Raises NotFound, DuplicateRecord."""
    with unit_of_work(actor) as work:
        order = work.lock(checkout.order, order_id)
        ticket: Entity = work.insert(checkout.ticket(order_id=order_id, owner_id=checkout.bill(order).payer_id,
                                                     **values))
        checkout.on_corrected(actor, order_id, "payment ticket written by staff")
        work.commit()
    return ticket


def change_ticket(checkout: Checkout, actor: Actor, ticket_id: str, **values: Any) -> Entity:
    """Change what a ticket says; never whose it is. Raises NotFound."""
    model: Any = checkout.ticket
    with unit_of_work(actor) as work:
        ticket = work.change(work.lock(model, ticket_id), **values)
        checkout.on_corrected(actor, ticket.order_id, "payment ticket changed by staff")
        work.commit()
    return ticket


def delete_ticket(checkout: Checkout, actor: Actor, ticket_id: str) -> Entity:
    """Soft-delete a ticket; raises NotFound."""
    model: Any = checkout.ticket
    with unit_of_work(actor) as work:
        ticket = work.archive(work.lock(model, ticket_id))
        checkout.on_corrected(actor, ticket.order_id, "payment ticket deleted by staff")
        work.commit()
    return ticket
