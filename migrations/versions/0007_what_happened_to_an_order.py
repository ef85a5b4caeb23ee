"""What happened to an order, and what of its money is due to the buyer."""
import sqlalchemy as sa
from alembic import op

import app.data.columns
from app.data.columns import Serial

revision = "0007"
down_revision = "0006"

# What older orders know of themselves, as steps in the order in which they can have happened.
_STEPS = (("PLACED", "created_at", "PENDING_PAYMENT"), ("PAID", "paid_at", "PAID"), ("SHIPPED", "shipped_at", "SHIPPED"),
          ("DELIVERED", "delivered_at", "DELIVERED"), ("CANCELLED", "cancelled_at", "CANCELLED"))


def upgrade() -> None:
    """Older orders get the steps their own times tell, and what the ledger says is due."""
    op.create_table(
        "order_history",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=True),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("details", app.data.columns.Json(), nullable=False),
        sa.Column("at", app.data.columns.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_order_history"),
        sqlite_autoincrement=True)
    op.create_index("ix_order_history_order", "order_history", ["order_id", "id"])
    for what, moment, status in _STEPS:
        op.execute(f"""INSERT INTO order_history (order_id, what, status, "by", details, at)
            SELECT id, '{what}', '{status}', 'system', '{{}}', {moment} FROM order_management_order
            WHERE {moment} IS NOT NULL ORDER BY created_at, id""")
    with op.batch_alter_table("order_management_order") as order:
        order.add_column(sa.Column("refund_due", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("""UPDATE order_management_order SET refund_due = (SELECT coalesce(sum(gross), 0) FROM order_ledger
        WHERE order_ledger.order_id = order_management_order.id AND order_ledger.item_id <> '')
        WHERE status IN ('CANCELLED', 'REFUNDED')""")
    with op.batch_alter_table("order_management_order") as order:
        order.alter_column("refund_due", existing_type=sa.BigInteger(), server_default=None)
    is_due = sa.text("refund_due > 0")
    op.create_index("ix_order_management_order_refund_due", "order_management_order", ["created_at", "id"],
                    sqlite_where=is_due, postgresql_where=is_due)


def downgrade() -> None:
    op.drop_index("ix_order_management_order_refund_due", table_name="order_management_order")
    with op.batch_alter_table("order_management_order") as order:
        order.drop_column("refund_due")
    op.drop_index("ix_order_history_order", table_name="order_history")
    op.drop_table("order_history")
