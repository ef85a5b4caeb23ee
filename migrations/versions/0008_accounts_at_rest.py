"""Accounts that are not active, or were locked, are found without looking at all others."""
import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_TABLES = ("marketplace_user", "network_user")


def upgrade() -> None:
    for table in _TABLES:
        op.create_index(f"ix_{table}_inactive", table, ["updated_at"],
                        sqlite_where=sa.text("is_active IS 0"), postgresql_where=sa.text("is_active IS false"))
        op.create_index(f"ix_{table}_locked_until", table, ["locked_until"],
                        sqlite_where=sa.text("locked_until IS NOT NULL"),
                        postgresql_where=sa.text("locked_until IS NOT NULL"))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_index(f"ix_{table}_locked_until", table_name=table)
        op.drop_index(f"ix_{table}_inactive", table_name=table)
