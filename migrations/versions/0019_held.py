"""What moderation holds, and the offers that lapsed with a hold."""
import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_HELD = ("product_listing_product", "product_listing_media", "feedback", "messaging_message", "marketplace_category")
_LISTS = {
    "ix_product_listing_product_live": ["is_active", "created_at", "id"],
    "ix_product_listing_product_seller": ["seller_id", "is_active", "created_at"],
    "ix_product_listing_product_category": ["category_id", "subcategory_id", "is_active"],
}


def upgrade() -> None:
    for table in _HELD:
        op.add_column(table, sa.Column("held", sa.String(length=32), nullable=True))
    op.add_column("auction_offer_offer", sa.Column("lapsed_by", sa.String(length=36), nullable=True))
    op.add_column("bucket_file", sa.Column("held", sa.Boolean(), nullable=True))
    for name, columns in _LISTS.items():
        op.drop_index(name, "product_listing_product")
        op.create_index(name, "product_listing_product", [*columns, "held"])
    op.drop_index("ix_moderation_hold_thing", "moderation_hold")
    op.create_index("ix_moderation_hold_thing", "moderation_hold", ["realm", "entity_type", "entity_id"])
    op.add_column("moderation_bulk", sa.Column("days", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("moderation_bulk", "days")
    op.drop_index("ix_moderation_hold_thing", "moderation_hold")
    op.create_index("ix_moderation_hold_thing", "moderation_hold", ["realm", "entity_type", "entity_id"],
                    sqlite_where=sa.text("lifted_at IS NULL"), postgresql_where=sa.text("lifted_at IS NULL"))
    for name, columns in _LISTS.items():
        op.drop_index(name, "product_listing_product")
        op.create_index(name, "product_listing_product", columns)
    op.drop_column("bucket_file", "held")
    op.drop_column("auction_offer_offer", "lapsed_by")
    for table in reversed(_HELD):
        op.drop_column(table, "held")
