"""What people are told in the realms without a table of their own for it; the unread ones are counted for each realm."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant, Json

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("realm", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("notice_type", sa.String(40), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("is_seen", sa.Boolean(), nullable=False),
        sa.Column("event_id", sa.String(36)),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice"))
    op.create_index("uq_notice_told_once", "notice", ["event_id", "user_id", "notice_type"], unique=True)
    op.create_index("ix_notice_inbox", "notice", ["realm", "user_id", "created_at", "id"])
    op.create_index("ix_notice_unseen", "notice", ["realm", "user_id"],
                    sqlite_where=sa.text("is_seen IS 0"), postgresql_where=sa.text("is_seen IS false"))
    _move_counters("notification_unread", "notice_unread", "realm, ", "'marketplace', ",
                   sa.Column("realm", sa.String(16), nullable=False))


def downgrade() -> None:
    _move_counters("notice_unread", "notification_unread", "", "")
    op.drop_table("notice")


def _move_counters(before: str, after: str, into: str, said: str, *keys: sa.Column[str]) -> None:
    op.create_table(
        after, *keys,
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*(key.name for key in keys), "user_id", name=f"pk_{after}"))
    of_market = "" if keys else " WHERE realm = 'marketplace'"
    op.execute(f"INSERT INTO {after} ({into}user_id, unread) SELECT {said}user_id, unread FROM {before}{of_market}")
    op.drop_table(before)
