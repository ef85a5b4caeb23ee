"""The data objects each checkout has of its own (ticket, customer, card): their columns once, their tables per service.

A service subclasses them with Entity, names the table and adds the unique rules (`unique_among_active`)."""
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import identifier, json_object, string
from app.payments.booking import STARTED

PLATFORM = "stripe"
ALREADY_PAYING = ("PaymentTicketExists", "the order has a payment ticket already")
ALREADY_CUSTOMER = ("PaymentCustomerExists", "the user is a customer of the gateway already")
ALREADY_KEPT = ("PaymentMethodExists", "the payment method is kept already")


class TicketColumns:
    """The payment ticket of an order, one per order: what the owner may know of its payment (§7.1)."""

    owner_id: Mapped[str | None] = identifier()
    order_id: Mapped[str] = identifier(required=True)
    payment_id: Mapped[str] = string(required=True, default="default")
    payment_status: Mapped[str] = string(required=True, default="default")
    status_literal: Mapped[str] = string(required=True, default=STARTED)
    redirect_url: Mapped[str | None] = string(2048)


class CustomerColumns:
    """Who a user is at the gateway."""

    user_id: Mapped[str | None] = identifier()
    customer_id: Mapped[str] = string(required=True)
    platform: Mapped[str] = string(required=True, default=PLATFORM)


class MethodColumns:
    """A card kept at the gateway; `given_id` is the id it was added under, which the gateway may replace."""

    payment_method_id: Mapped[str] = string(required=True)
    user_id: Mapped[str] = identifier(required=True)
    customer_id: Mapped[str] = string(required=True)
    card_holder_name: Mapped[str | None] = string()
    card_holder_zip: Mapped[str | None] = string()
    platform: Mapped[str] = string(required=True, default=PLATFORM)
    card_info: Mapped[dict[str, Any]] = json_object(required=True, default=dict)
    given_id: Mapped[str | None] = string(hidden=True)


def unique_among_active(name: str, *columns: Any) -> Index:
    """Return the unique index over rows that are not soft-deleted (rules-marketplace G13)."""
    active = columns[0].class_.is_active.is_(True)
    return Index(name, *columns, unique=True, sqlite_where=active, postgresql_where=active)
