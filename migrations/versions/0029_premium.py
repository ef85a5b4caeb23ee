"""Premium of the network: orders, their payment tickets, and who pays with which cards. The marketplace's stay as they are."""
from typing import Any

import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0029"
down_revision = "0028"

_ACTIVE = "is_active IS 1"


def _common() -> list[sa.Column[Any]]:
    """Return the columns of every data object."""
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("created_at", app.data.columns.Instant(), nullable=False),
        sa.Column("updated_at", app.data.columns.Instant(), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=True)]


def _unique_where(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], unique=True, sqlite_where=sa.text(where),
                    postgresql_where=sa.text(where.replace("IS 1", "IS true")))


def upgrade() -> None:
    op.create_table(
        "network_premiumsubscription",
        sa.Column("profile_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=255), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("payment_confirmation", sa.String(length=32), nullable=False),
        sa.Column("period_start", app.data.columns.Instant(), nullable=True),
        sa.Column("period_end", app.data.columns.Instant(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("priced_at", app.data.columns.Instant(), nullable=False),
        sa.Column("paid_at", app.data.columns.Instant(), nullable=True),
        sa.Column("unused_seconds", sa.Integer(), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_network_premiumsubscription"))
    _unique_where("uq_network_premiumsubscription_open", "network_premiumsubscription", "user_id",
                  f"paid_at IS NULL AND {_ACTIVE}")
    op.create_index("ix_network_premiumsubscription_user", "network_premiumsubscription", ["user_id", "period_end"])
    op.create_index("ix_network_premiumsubscription_end", "network_premiumsubscription", ["period_end"])
    op.create_table(
        "network_premium_payment",
        sa.Column("owner_id", sa.String(length=36), nullable=True),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("payment_id", sa.String(length=255), nullable=False),
        sa.Column("payment_status", sa.String(length=255), nullable=False),
        sa.Column("status_literal", sa.String(length=255), nullable=False),
        sa.Column("redirect_url", sa.String(length=2048), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_network_premium_payment"))
    _unique_where("uq_network_premium_payment_order", "network_premium_payment", "order_id", _ACTIVE)
    op.create_index("ix_network_premium_payment_owner", "network_premium_payment", ["owner_id"])
    op.create_index("ix_network_premium_payment_payment", "network_premium_payment", ["payment_id"])
    op.create_table(
        "network_payment_customer",
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("customer_id", sa.String(length=255), nullable=False),
        sa.Column("platform", sa.String(length=255), nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_network_payment_customer"))
    _unique_where("uq_network_premium_customer_user", "network_payment_customer", "user_id", _ACTIVE)
    _unique_where("uq_network_premium_customer_id", "network_payment_customer", "customer_id", _ACTIVE)
    op.create_table(
        "network_payment_method",
        sa.Column("payment_method_id", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=255), nullable=False),
        sa.Column("card_holder_name", sa.String(length=255), nullable=True),
        sa.Column("card_holder_zip", sa.String(length=255), nullable=True),
        sa.Column("platform", sa.String(length=255), nullable=False),
        sa.Column("card_info", app.data.columns.Json(), nullable=False),
        sa.Column("given_id", sa.String(length=255), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_network_payment_method"))
    _unique_where("uq_network_premium_method_id", "network_payment_method", "payment_method_id", _ACTIVE)
    op.create_index("ix_network_premium_method_user", "network_payment_method", ["user_id"])


def downgrade() -> None:
    op.drop_table("network_payment_method")
    op.drop_table("network_payment_customer")
    op.drop_table("network_premium_payment")
    op.drop_table("network_premiumsubscription")
