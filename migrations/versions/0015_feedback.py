"""Feedback of buyers, and the counters of sellers' stars."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("buyer_id", sa.String(length=36), nullable=False),
        sa.Column("order_item_id", sa.String(length=36), nullable=False),
        sa.Column("seller_id", sa.String(length=36), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("product_id", sa.String(length=36), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", app.data.columns.Instant(), nullable=True),
        sa.Column("reply_changed_at", app.data.columns.Instant(), nullable=True),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("delivered_at", app.data.columns.Instant(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("created_at", app.data.columns.Instant(), nullable=False),
        sa.Column("updated_at", app.data.columns.Instant(), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"))
    is_active = sa.text("is_active IS true") if op.get_bind().dialect.name == "postgresql" else sa.text("is_active IS 1")
    op.create_index("uq_feedback_active", "feedback", ["order_item_id", "buyer_id"], unique=True,
                    sqlite_where=is_active, postgresql_where=is_active)
    op.create_index("ix_feedback_created", "feedback", ["created_at", "id"])
    op.create_index("ix_feedback_seller", "feedback", ["seller_id", "created_at", "id"])
    op.create_index("ix_feedback_product", "feedback", ["product_id", "created_at", "id"])
    op.create_index("ix_feedback_buyer", "feedback", ["buyer_id", "created_at", "id"])
    op.create_index("ix_feedback_order", "feedback", ["order_id"])
    stars = (sa.Column(f"stars_{number}", sa.Integer(), nullable=False) for number in range(1, 6))
    op.create_table(
        "feedback_star_count",
        sa.Column("seller_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        *stars,
        sa.PrimaryKeyConstraint("seller_id", "month", name="pk_feedback_star_count"))


def downgrade() -> None:
    op.drop_table("feedback_star_count")
    op.drop_table("feedback")
