"""How people want to be told, what waits for their digests, and words that staff give a notice (front-door.md FD-23)."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant, Json

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.create_table(
        "notice_preference",
        sa.Column("realm", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("notice_type", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("realm", "user_id", "notice_type", "channel", name="pk_notice_preference"))
    op.create_table(
        "notice_setting",
        sa.Column("realm", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("locale", sa.String(8)),
        sa.Column("time_zone", sa.String(64)),
        sa.Column("digest_hour", sa.Integer()),
        sa.Column("muted_until", Instant()),
        sa.Column("digested_on", sa.String(10)),
        sa.PrimaryKeyConstraint("realm", "user_id", name="pk_notice_setting"))
    op.create_table(
        "notice_digest_item",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("realm", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("notice_type", sa.String(40), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice_digest_item"))
    op.create_index("uq_notice_digest_item", "notice_digest_item", ["event_id", "user_id", "notice_type"], unique=True)
    op.create_index("ix_notice_digest_item_due", "notice_digest_item", ["due_at"])
    op.create_index("ix_notice_digest_item_person", "notice_digest_item", ["realm", "user_id", "created_at"])
    op.add_column("notification", sa.Column("title", sa.String(255)))
    op.add_column("notification", sa.Column("body", sa.Text()))


def downgrade() -> None:
    op.drop_column("notification", "body")
    op.drop_column("notification", "title")
    op.drop_table("notice_digest_item")
    op.drop_table("notice_setting")
    op.drop_table("notice_preference")
