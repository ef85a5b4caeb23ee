"""Messages between users, what each sees of a conversation, and who blocks whom."""
from typing import Any

import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0014"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "people_block",
        sa.Column("realm", sa.String(length=16), nullable=False),
        sa.Column("blocker_id", sa.String(length=36), nullable=False),
        sa.Column("blocked_id", sa.String(length=36), nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_people_block"))
    op.create_index("uq_people_block", "people_block", ["realm", "blocker_id", "blocked_id"], unique=True)
    op.create_index("ix_people_block_blocked", "people_block", ["blocked_id"])
    op.create_table(
        "messaging_message",
        sa.Column("from_user_id", sa.String(length=36), nullable=False),
        sa.Column("to_user_id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("is_read", sa.Boolean(), nullable=False),
        sa.Column("sent_at", app.data.columns.Instant(), nullable=False),
        sa.Column("pair", sa.String(length=73), nullable=False),
        sa.Column("sender_deleted", sa.Boolean(), nullable=False),
        sa.Column("recipient_deleted", sa.Boolean(), nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_messaging_message"))
    op.create_index("ix_messaging_message_thread", "messaging_message", ["pair", "sent_at", "id"])
    op.create_index("ix_messaging_message_from", "messaging_message", ["from_user_id", "sent_at", "id"])
    op.create_index("ix_messaging_message_to", "messaging_message", ["to_user_id", "sent_at", "id"])
    op.create_table(
        "messaging_conversation",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("counterpart_id", sa.String(length=36), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("last_at", app.data.columns.Instant(), nullable=False),
        sa.Column("last_message_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "counterpart_id", name="pk_messaging_conversation"))
    has_messages = sa.text("last_message_id IS NOT NULL")
    op.create_index("ix_messaging_conversation_latest", "messaging_conversation",
                    ["user_id", "last_at", "counterpart_id"], sqlite_where=has_messages, postgresql_where=has_messages)
    op.create_index("ix_messaging_conversation_counterpart", "messaging_conversation", ["counterpart_id"])


def downgrade() -> None:
    for table in ("messaging_conversation", "messaging_message", "people_block"):
        op.drop_table(table)


def _common() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("created_at", app.data.columns.Instant(), nullable=False),
        sa.Column("updated_at", app.data.columns.Instant(), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=True),
    ]
