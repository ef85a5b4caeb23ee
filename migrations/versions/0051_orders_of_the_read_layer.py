"""What everybody, or staff, pages through in the order in which it was made has an index of that order (docs/bff.md)."""
from alembic import op

revision = "0051"
down_revision = "0050"

_TABLES = ("marketplace_category", "marketplace_subcategory", "marketplace_search_index", "auction_offer_bid",
           "product_listing_media", "network_certification", "network_language", "marketplace_user", "network_user")


def upgrade() -> None:
    for table in _TABLES:
        op.create_index(f"ix_{table}_created", table, ["created_at", "id"])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_index(f"ix_{table}_created", table_name=table)
