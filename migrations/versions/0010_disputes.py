"""Disputes of payments, and the mark of one on its order."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "payment_dispute",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("checkout", sa.String(length=60), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("intent_id", sa.String(length=255), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=True),
        sa.Column("funds", sa.String(length=16), nullable=True),
        sa.Column("answer_until", app.data.columns.Instant(), nullable=True),
        sa.Column("opened_at", app.data.columns.Instant(), nullable=False),
        sa.Column("said_at", app.data.columns.Instant(), nullable=False),
        sa.Column("funds_at", app.data.columns.Instant(), nullable=True),
        sa.Column("closed_at", app.data.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_payment_dispute"))
    op.create_index("ix_payment_dispute_order", "payment_dispute", ["checkout", "order_id"])
    is_open = sa.text("closed_at IS NULL")
    op.create_index("ix_payment_dispute_open", "payment_dispute", ["answer_until"],
                    sqlite_where=is_open, postgresql_where=is_open)
    with op.batch_alter_table("order_management_order") as order:
        order.add_column(sa.Column("dispute_status", sa.String(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("order_management_order") as order:
        order.drop_column("dispute_status")
    op.drop_index("ix_payment_dispute_open", table_name="payment_dispute")
    op.drop_index("ix_payment_dispute_order", table_name="payment_dispute")
    op.drop_table("payment_dispute")
