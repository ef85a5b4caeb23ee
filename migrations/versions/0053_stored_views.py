"""Views are stored: what each row of theirs points at, and by which part which document is found."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant

revision = "0053"
down_revision = "0052"
_KEY = ("realm", "view", "object_id")


def upgrade() -> None:
    op.create_table(
        "stored_view", *_key(),
        sa.Column("record_version", sa.BigInteger(), nullable=False),
        sa.Column("parts_version", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("refreshed_at", Instant(length=24), nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name="pk_stored_view"))
    op.create_table(
        "stored_view_part", *_key(),
        sa.Column("part", sa.String(64), nullable=False),
        sa.Column("part_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, "part", "part_id", name="pk_stored_view_part"))
    op.create_index("ix_stored_view_part_shown", "stored_view_part", ["realm", "part_id", "part", "view", "object_id"])


def downgrade() -> None:
    op.drop_table("stored_view_part")
    op.drop_table("stored_view")


def _key() -> list[sa.Column]:
    return [sa.Column("realm", sa.String(16), nullable=False), sa.Column("view", sa.String(64), nullable=False),
            sa.Column("object_id", sa.String(36), nullable=False)]
