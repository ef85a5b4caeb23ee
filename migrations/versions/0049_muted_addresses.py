"""Addresses that are muted are counted by an index: status and metrics ask how many there are."""
from alembic import op
from sqlalchemy import text

revision = "0049"
down_revision = "0048"

_MUTED = text("muted_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_bounced_address_muted", "bounced_address", ["muted_at"],
                    sqlite_where=_MUTED, postgresql_where=_MUTED)


def downgrade() -> None:
    op.drop_index("ix_bounced_address_muted", table_name="bounced_address")
