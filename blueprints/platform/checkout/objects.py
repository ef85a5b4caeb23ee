"""The three data objects a service keeps for the orders it takes payments for: reference, customer, kept card (§7.1).

Each realm has tables of its own, under its own names; these are their columns and what is unique in them."""
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import identifier, json_object, string, web_address
from app.data.entity import Entity
from app.payments.states import STARTED

PLATFORM = "stripe"
ALREADY_PAYING = ("PaymentTicketExists", "the order has a payment ticket already")
ALREADY_CUSTOMER = ("PaymentCustomerExists", "the user is a customer of the gateway already")
ALREADY_KEPT = ("PaymentMethodExists", "the payment method is kept already")


class PaymentReference(Entity):
    """The payment reference of an order, one per order: what the owner may know of its payment."""

    __abstract__ = True
    __lock_rank__ = 100
    __owner__ = "owner_id"

    owner_id: Mapped[str | None] = identifier()
    order_id: Mapped[str] = identifier(required=True)
    payment_id: Mapped[str] = string(required=True, default="default")
    payment_status: Mapped[str] = string(required=True, default="default")
    status_literal: Mapped[str] = string(required=True, default=STARTED)
    redirect_url: Mapped[str | None] = web_address()


class Customer(Entity):
    """Who a user is at the gateway."""

    __abstract__ = True
    __object__ = "sys_paymentCustomer"
    __lock_rank__ = 110
    __owner__ = "user_id"

    user_id: Mapped[str | None] = identifier()
    customer_id: Mapped[str] = string(required=True)
    platform: Mapped[str] = string(required=True, default=PLATFORM)


class Method(Entity):
    """A card kept at the gateway; `given_id` is the id it was added under, which the gateway may replace."""

    __abstract__ = True
    __object__ = "sys_paymentMethod"
    __lock_rank__ = 120
    __owner__ = "user_id"

    payment_method_id: Mapped[str] = string(required=True)
    user_id: Mapped[str] = identifier(required=True)
    customer_id: Mapped[str] = string(required=True)
    card_holder_name: Mapped[str | None] = string()
    card_holder_zip: Mapped[str | None] = string()
    platform: Mapped[str] = string(required=True, default=PLATFORM)
    card_info: Mapped[dict[str, Any]] = json_object(required=True, default=dict)
    given_id: Mapped[str | None] = string(hidden=True)


def index_payments(prefix: str, reference: Any, customer: Any, method: Any) -> None:
    """Index the three tables under names that begin with `prefix`, and say what each unique one refuses."""
    unique_among_active(f"uq_{prefix}_payment_order", reference.order_id)
    Index(f"ix_{prefix}_payment_owner", reference.owner_id)
    Index(f"ix_{prefix}_payment_payment", reference.payment_id)
    unique_among_active(f"uq_{prefix}_customer_user", customer.user_id)
    unique_among_active(f"uq_{prefix}_customer_id", customer.customer_id)
    unique_among_active(f"uq_{prefix}_method_id", method.payment_method_id)
    Index(f"ix_{prefix}_method_user", method.user_id)
    for model in (reference, customer, method):
        Index(f"ix_{model.__tablename__}_created", model.created_at, model.id)  # staff page through all of them
    reference.__duplicates__ = {f"uq_{prefix}_payment_order": ALREADY_PAYING}
    customer.__duplicates__ = {f"uq_{prefix}_customer_user": ALREADY_CUSTOMER,
                               f"uq_{prefix}_customer_id": ALREADY_CUSTOMER}
    method.__duplicates__ = {f"uq_{prefix}_method_id": ALREADY_KEPT}


def unique_among_active(name: str, *columns: Any) -> Index:
    """Return the unique index over rows that are not soft-deleted (rules-marketplace G13)."""
    active = columns[0].class_.is_active.is_(True)
    return Index(name, *columns, unique=True, sqlite_where=active, postgresql_where=active)
