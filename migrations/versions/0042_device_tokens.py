"""The devices that push messages go to (rules-platform §6.1)."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.create_table(
        "device_token",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("realm", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("device_id", sa.String(36), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("token_key", sa.String(64), nullable=False),
        sa.Column("platform", sa.String(8), nullable=False),
        sa.Column("device_name", sa.String(100)),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_device_token"))
    op.create_index("uq_device_token", "device_token", ["realm", "token_key"], unique=True)
    op.create_index("ix_device_token_person", "device_token", ["realm", "user_id", "updated_at"])


def downgrade() -> None:
    op.drop_table("device_token")
