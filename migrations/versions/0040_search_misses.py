"""Searches that found nothing (docs/decisions/105)."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant

revision = "0040"
down_revision = "0039"

_TABLE = "search_miss"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("realm", sa.String(32), nullable=False),
        sa.Column("index_name", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("said", sa.Text()),
        sa.Column("searched_at", Instant(length=24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_miss"))
    op.create_index("uq_search_miss_caller", _TABLE, ["realm", "index_name", "digest", "user_id"], unique=True)
    op.create_index("ix_search_miss_user", _TABLE, ["realm", "user_id"])
    op.create_index("ix_search_miss_searched_at", _TABLE, ["searched_at"])


def downgrade() -> None:
    op.drop_table(_TABLE)
