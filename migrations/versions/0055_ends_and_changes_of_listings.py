"""Listings have an index of the end that was asked for, and of when they changed last: both are sorted by."""
import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"

_PRODUCT = "product_listing_product"
_HAS_END = sa.text("end_bid_date IS NOT NULL")


def upgrade() -> None:
    op.create_index(f"ix_{_PRODUCT}_end_bid_date", _PRODUCT, ["is_active", "end_bid_date", "id"],
                    sqlite_where=_HAS_END, postgresql_where=_HAS_END)
    op.create_index(f"ix_{_PRODUCT}_updated", _PRODUCT, ["is_active", "updated_at", "id"])


def downgrade() -> None:
    op.drop_index(f"ix_{_PRODUCT}_updated", table_name=_PRODUCT)
    op.drop_index(f"ix_{_PRODUCT}_end_bid_date", table_name=_PRODUCT)
