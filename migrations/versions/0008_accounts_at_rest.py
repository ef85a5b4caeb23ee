"""Accounts that are not active, or were locked, are found without looking at all others.

Revision ID: 0008
Revises: 0007
"""
import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = ("marketplace_user", "network_user")


def upgrade() -> None:
    for table in _TABLES:
        op.create_index(f"ix_{table}_at_rest", table, ["updated_at"],
                        sqlite_where=sa.text("is_active IS 0 OR locked_until IS NOT NULL"),
                        postgresql_where=sa.text("is_active IS false OR locked_until IS NOT NULL"))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_index(f"ix_{table}_at_rest", table_name=table)
