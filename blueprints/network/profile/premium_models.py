"""The order by which a person buys premium (rules-network §6A)."""
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import choice, identifier, instant, integer, money, string
from app.data.entity import Entity
from app.data.short_ids import short_id_index
from app.payments.states import CONFIRMATIONS


class Premiumsubscription(Entity):
    """One order of premium: so many `days` at the price of `priced_at`, when it was placed or priced anew.

    It counts from `period_start` to `period_end` once it is paid; `unused_seconds` of it were left when a refund or a
    dispute ended it."""

    __tablename__ = "network_premiumsubscription"
    __service__ = "profile"
    __object__ = "premiumsubscription"
    __realm__ = "network"
    __lock_rank__ = 80
    __owner__ = "user_id"
    __duplicates__ = {"uq_network_premiumsubscription_open": (
        "SubscriptionOpen", "you have an order of premium that is not paid; pay it or delete it")}

    profile_id: Mapped[str] = identifier(required=True)
    currency: Mapped[str] = string(3, required=True)
    status: Mapped[str] = string(required=True)
    price: Mapped[int] = money("currency", required=True)
    user_id: Mapped[str] = identifier(required=True)
    payment_confirmation: Mapped[str] = choice(CONFIRMATIONS, default="pending", wire="_paymentConfirmation")

    period_start: Mapped[datetime | None] = instant()  # additive, NET-27
    period_end: Mapped[datetime | None] = instant()

    days: Mapped[int] = integer(required=True, hidden=True)
    priced_at: Mapped[datetime] = instant(required=True, hidden=True)
    paid_at: Mapped[datetime | None] = instant(hidden=True)
    unused_seconds: Mapped[int | None] = integer(hidden=True)


# An order that nobody has paid yet; the index says the same.
IS_UNPAID = Premiumsubscription.paid_at.is_(None) & Premiumsubscription.is_active.is_(True)

Index("uq_network_premiumsubscription_open", Premiumsubscription.user_id, unique=True,
      sqlite_where=IS_UNPAID, postgresql_where=IS_UNPAID)
Index("ix_network_premiumsubscription_user", Premiumsubscription.user_id, Premiumsubscription.period_end)
Index("ix_network_premiumsubscription_created", Premiumsubscription.created_at, Premiumsubscription.id)
Index("ix_network_premiumsubscription_end", Premiumsubscription.period_end)
short_id_index(Premiumsubscription)
