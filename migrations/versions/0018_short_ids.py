"""What the terminal looks for has an index: short ids, recent orders, lines, closed auctions, logins from one place."""
import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_NAMED_SHORT = ("marketplace_user", "network_user", "product_listing_product", "order_management_order")
_LOGIN = "kind = 'login' AND outcome = 'done'"
_OPEN_ENDED = "type = 'AUCTION' AND closed_at IS NULL AND effective_end IS NULL"
_WITH_CONDITION = (
    ("ix_security_event_login_address", "security_event", ["realm", "address", "id"], _LOGIN, _LOGIN),
    ("ix_security_event_login_device", "security_event", ["realm", "device", "id"], _LOGIN, _LOGIN),
    ("ix_product_listing_product_open_ended", "product_listing_product", ["created_at", "id"], _OPEN_ENDED, _OPEN_ENDED),
    ("ix_product_listing_product_closed", "product_listing_product", ["closed_at", "id"],
     "closed_at IS NOT NULL", "closed_at IS NOT NULL"),
    ("ix_order_management_order_ended_number", "order_management_order", ["order_number"],
     "is_active IS 0", "is_active IS false"),
)


def upgrade() -> None:
    for table in _NAMED_SHORT:
        op.create_index(f"ix_{table}_short_id", table, [sa.text("substr(id, 29)")])
    op.create_index("ix_order_management_order_recent", "order_management_order", ["created_at", "id"])
    op.create_index("ix_order_management_order_item_order", "order_management_order_item", ["order_id"])
    for name, table, columns, on_sqlite, on_postgresql in _WITH_CONDITION:
        op.create_index(name, table, columns, sqlite_where=sa.text(on_sqlite),
                        postgresql_where=sa.text(on_postgresql))


def downgrade() -> None:
    for name, table, *_ in reversed(_WITH_CONDITION):
        op.drop_index(name, table_name=table)
    op.drop_index("ix_order_management_order_item_order", table_name="order_management_order_item")
    op.drop_index("ix_order_management_order_recent", table_name="order_management_order")
    for table in reversed(_NAMED_SHORT):
        op.drop_index(f"ix_{table}_short_id", table_name=table)
