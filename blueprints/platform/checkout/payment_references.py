"""Payment references written by hand: corrections of what the payment flow keeps (OR15)."""
from typing import Any

from app.actor import Actor
from app.data.entity import Entity
from app.data.unit_of_work import unit_of_work
from app.payments.checkout import Checkout


def create_reference(checkout: Checkout, actor: Actor, *, order_id: str, **values: Any) -> Entity:
    """Write the reference of an order that has none; it belongs to its payer. Raises NotFound, DuplicateRecord."""
    with unit_of_work(actor) as work:
        order = work.lock(checkout.order, order_id)
        reference: Entity = work.insert(checkout.reference(order_id=order_id, owner_id=checkout.bill(order).payer_id,
                                                           **values))
        checkout.on_corrected(actor, order_id, "payment ticket written by staff")
        work.commit()
    return reference


def change_reference(checkout: Checkout, actor: Actor, reference_id: str, **values: Any) -> Entity:
    """Change what a reference says; never whose it is. Raises NotFound."""
    model: Any = checkout.reference
    with unit_of_work(actor) as work:
        reference = work.change(work.lock(model, reference_id), **values)
        checkout.on_corrected(actor, reference.order_id, "payment ticket changed by staff")
        work.commit()
    return reference


def delete_reference(checkout: Checkout, actor: Actor, reference_id: str) -> Entity:
    """Soft-delete a reference; raises NotFound."""
    model: Any = checkout.reference
    with unit_of_work(actor) as work:
        reference = work.archive(work.lock(model, reference_id))
        checkout.on_corrected(actor, reference.order_id, "payment ticket deleted by staff")
        work.commit()
    return reference
