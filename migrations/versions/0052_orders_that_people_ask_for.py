"""What people sort by (titles, names, prices, ends of auctions), and what staff page through, has an index of that order."""
import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"

_PRODUCT = "product_listing_product"
_NAMES = {"marketplace_category": "title", "marketplace_subcategory": "name", "network_company": "name",
          "network_job_posting": "title", "network_profile": "full_name", "network_certification": "name",
          "network_language": "name"}
_OF_REALMS = ("moderation_case", "moderation_strike")
_MADE = ("admin_moderation_action", "auction_offer_offer", "notification", "order_management_order_item",
         "order_management_payment", "order_management_payment_customer", "order_management_payment_method",
         "network_premiumsubscription", "network_premium_payment", "network_payment_customer", "network_payment_method")
_ASKING_PRICE = sa.text("(CASE WHEN (type = 'AUCTION') THEN coalesce(current_bid, start_price) ELSE price END)")
_HAS_PRICE, _IS_OPEN = sa.text("price IS NOT NULL"), sa.text("closed_at IS NULL")


def upgrade() -> None:
    for table, column in _NAMES.items():
        op.create_index(f"ix_{table}_{column}", table, [_in_code_points(column), "id"])
    op.create_index(f"ix_{_PRODUCT}_title", _PRODUCT, ["is_active", _in_code_points("title"), "id"])
    op.create_index(f"ix_{_PRODUCT}_price", _PRODUCT, ["is_active", "currency", "price", "id"],
                    sqlite_where=_HAS_PRICE, postgresql_where=_HAS_PRICE)
    op.create_index(f"ix_{_PRODUCT}_asking_price", _PRODUCT, ["is_active", "currency", _ASKING_PRICE, "id"])
    op.create_index(f"ix_{_PRODUCT}_ending", _PRODUCT, ["is_active", "effective_end", "id", "held", "closed_at"],
                    sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)
    for table in _OF_REALMS:
        op.create_index(f"ix_{table}_made", table, ["realm", "created_at", "id"])
    for table in _MADE:
        op.create_index(f"ix_{table}_created", table, ["created_at", "id"])


def downgrade() -> None:
    for table in _MADE:
        op.drop_index(f"ix_{table}_created", table_name=table)
    for table in _OF_REALMS:
        op.drop_index(f"ix_{table}_made", table_name=table)
    for name in ("ending", "asking_price", "price", "title"):
        op.drop_index(f"ix_{_PRODUCT}_{name}", table_name=_PRODUCT)
    for table, column in _NAMES.items():
        op.drop_index(f"ix_{table}_{column}", table_name=table)


def _in_code_points(column: str) -> sa.TextClause | str:
    """Return the column as SQLite compares it by itself, PostgreSQL by the collation "C"."""
    return sa.text(f'{column} COLLATE "C"') if op.get_bind().dialect.name == "postgresql" else column
