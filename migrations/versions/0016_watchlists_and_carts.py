"""Watchlists with folders, and carts."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0016"
down_revision = "0015"

_SQLITE, _POSTGRESQL = "is_active IS 1", "is_active IS true"


def _create(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table, *columns,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("created_at", app.data.columns.Instant(), nullable=False),
        sa.Column("updated_at", app.data.columns.Instant(), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"))
    op.create_index(f"ix_{table}_user", table, ["user_id", "created_at", "id"])
    op.create_index(f"ix_{table}_live", table, ["is_active", "created_at", "id"])


def _index_of_active(name: str, table: str, columns: list[str], also: str = "", *, unique: bool = True) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(_SQLITE + also),
                    postgresql_where=sa.text(_POSTGRESQL + also))


def upgrade() -> None:
    _create("marketplace_watchlist_list",
            sa.Column("name", sa.String(length=255), nullable=False),
            sa.Column("item_count", sa.Integer(), nullable=False),
            sa.Column("user_id", sa.String(length=36), nullable=False),
            sa.Column("name_key", sa.String(length=255), nullable=False))
    _index_of_active("uq_marketplace_watchlist_list_name", "marketplace_watchlist_list", ["user_id", "name_key"])
    _create("marketplace_watchlist_item",
            sa.Column("user_id", sa.String(length=36), nullable=False),
            sa.Column("added_at", app.data.columns.Instant(), nullable=False),
            sa.Column("product_id", sa.String(length=36), nullable=False),
            sa.Column("list_id", sa.String(length=36), nullable=True),
            sa.Column("lowest_price", sa.BigInteger(), nullable=True),
            sa.Column("price_currency", sa.String(length=3), nullable=True),
            sa.Column("noticed_day", sa.Boolean(), nullable=False),
            sa.Column("noticed_hour", sa.Boolean(), nullable=False),
            sa.Column("noticed_sold", sa.Boolean(), nullable=False))
    _index_of_active("uq_marketplace_watchlist_item_list", "marketplace_watchlist_item",
                     ["list_id", "product_id", "user_id"], " AND list_id IS NOT NULL")
    _index_of_active("uq_marketplace_watchlist_item_default", "marketplace_watchlist_item",
                     ["user_id", "product_id"], " AND list_id IS NULL")
    _index_of_active("ix_marketplace_watchlist_item_watchers", "marketplace_watchlist_item",
                     ["product_id", "user_id", "id"], unique=False)
    _create("marketplace_cart_item",
            sa.Column("added_at", app.data.columns.Instant(), nullable=False),
            sa.Column("user_id", sa.String(length=36), nullable=False),
            sa.Column("quantity", sa.Integer(), nullable=False),
            sa.Column("product_id", sa.String(length=36), nullable=False))
    _index_of_active("uq_marketplace_cart_item_product", "marketplace_cart_item", ["user_id", "product_id"])


def downgrade() -> None:
    for table in ("marketplace_cart_item", "marketplace_watchlist_item", "marketplace_watchlist_list"):
        op.drop_table(table)
