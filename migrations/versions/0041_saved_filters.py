"""Filters that people keep for the lists of the BFF (rules-platform §5.2)."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant, Json

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "bff_saved_filter",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("realm", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("index_name", sa.String(64), nullable=False),
        sa.Column("filter_name", sa.String(100), nullable=False),
        sa.Column("conditions", Json(), nullable=False),
        sa.Column("created_at", Instant(length=24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bff_saved_filter"))
    op.create_index("ix_bff_saved_filter_person", "bff_saved_filter",
                    ["realm", "user_id", "index_name", "created_at", "id"])


def downgrade() -> None:
    op.drop_table("bff_saved_filter")
