"""Addresses that letters come back from (front-door.md FD-25)."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.create_table(
        "bounced_address",
        sa.Column("realm", sa.String(16), nullable=False),
        sa.Column("address", sa.String(255), nullable=False),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_at", Instant(length=24), nullable=False),
        sa.Column("muted_at", Instant(length=24)),
        sa.PrimaryKeyConstraint("realm", "address", name="pk_bounced_address"))
    op.create_index("ix_bounced_address_last", "bounced_address", ["last_at"])


def downgrade() -> None:
    op.drop_table("bounced_address")
