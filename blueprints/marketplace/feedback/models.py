"""The tables of feedback: what buyers said (rules-marketplace §4.1), and how often a seller got how many stars.

The counters are kept in the transaction of the feedback, so that a reputation is read from a few rows (M-28)."""
from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import identifier, instant, integer, string, text
from app.data.entity import Base, Entity
from app.data.held import Holdable
from app.data.short_ids import short_id_index

ALL_MONTHS = ""
"""The month of the row that counts a seller's feedback of all times."""


class Feedback(Holdable, Entity):
    """What the buyer of one order item says of its seller, and the seller's answer to it.

    `month` and `delivered_at` are written once: where it is counted, and from when its days run."""

    __tablename__ = "feedback"
    __service__ = "feedback"
    __object__ = "feedback"
    __realm__ = "marketplace"
    __lock_rank__ = 130
    __owner__ = "buyer_id"
    __duplicates__ = {"uq_feedback_active": ("FeedbackExists", "You already gave feedback on this order item")}

    rating: Mapped[int] = integer(required=True)
    order_id: Mapped[str] = identifier(required=True)
    buyer_id: Mapped[str] = identifier(required=True)
    order_item_id: Mapped[str] = identifier(required=True)
    seller_id: Mapped[str] = identifier(required=True)
    comment: Mapped[str | None] = text()
    product_id: Mapped[str] = identifier(required=True)

    reply: Mapped[str | None] = text()  # the seller's; these three are additive, decisions/072
    replied_at: Mapped[datetime | None] = instant()
    reply_changed_at: Mapped[datetime | None] = instant()

    month: Mapped[str] = string(7, required=True, hidden=True)
    delivered_at: Mapped[datetime] = instant(required=True, hidden=True)


class StarCount(Base):
    """How often a seller got one to five stars in one month (UTC), or in ALL_MONTHS; equal to a recount."""

    __tablename__ = "feedback_star_count"
    __realm__ = "marketplace"
    __lock_rank__ = 135

    seller_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    stars_1: Mapped[int] = mapped_column(Integer)
    stars_2: Mapped[int] = mapped_column(Integer)
    stars_3: Mapped[int] = mapped_column(Integer)
    stars_4: Mapped[int] = mapped_column(Integer)
    stars_5: Mapped[int] = mapped_column(Integer)


STARS = (StarCount.stars_1, StarCount.stars_2, StarCount.stars_3, StarCount.stars_4, StarCount.stars_5)

Index("uq_feedback_active", Feedback.order_item_id, Feedback.buyer_id, unique=True,
      sqlite_where=Feedback.is_active.is_(True), postgresql_where=Feedback.is_active.is_(True))
Index("ix_feedback_created", Feedback.created_at, Feedback.id)
# What counting a seller's asks is in it, too: by the rows themselves some thousand cost 10 ms.
Index("ix_feedback_seller", Feedback.seller_id, Feedback.created_at, Feedback.id, Feedback.is_active, Feedback.held)
Index("ix_feedback_product", Feedback.product_id, Feedback.created_at, Feedback.id)
Index("ix_feedback_buyer", Feedback.buyer_id, Feedback.created_at, Feedback.id)
Index("ix_feedback_order", Feedback.order_id)
short_id_index(Feedback)
