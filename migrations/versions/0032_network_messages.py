"""Conversations of the network: who takes part in them, their messages, and who has read or deleted those."""
from typing import Any

import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0032"
down_revision = "0031"

_IS_PAIR = "is_group IS 0 AND is_active IS 1"


def _common() -> list[sa.Column[Any]]:
    """Return the columns of every data object."""
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("created_at", app.data.columns.Instant(), nullable=False),
        sa.Column("updated_at", app.data.columns.Instant(), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=True)]


def upgrade() -> None:
    op.create_table(
        "network_conversation",
        sa.Column("is_group", sa.Boolean(), nullable=False),
        sa.Column("participant_ids", app.data.columns.Json(), nullable=False),
        sa.Column("last_message_at", app.data.columns.Instant(), nullable=True),
        sa.Column("creator_user_id", sa.String(length=36), nullable=False),
        sa.Column("people_key", sa.String(length=64), nullable=False),
        sa.Column("last_moment", app.data.columns.Instant(), nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_network_conversation"))
    op.create_index("uq_network_conversation_pair", "network_conversation", ["people_key"], unique=True,
                    sqlite_where=sa.text(_IS_PAIR),
                    postgresql_where=sa.text(_IS_PAIR.replace("IS 0", "IS false").replace("IS 1", "IS true")))
    op.create_index("ix_network_conversation_people", "network_conversation", ["people_key"])
    op.create_index("ix_network_conversation_creator", "network_conversation", ["creator_user_id"])
    op.create_table(
        "network_message",
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sender_user_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("sent_at", app.data.columns.Instant(), nullable=False),
        sa.Column("attachment_urls", app.data.columns.WebAddresses(), nullable=False),
        sa.Column("held", sa.String(length=32), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_network_message"))
    op.create_index("ix_network_message_thread", "network_message", ["conversation_id", "sent_at", "id"])
    op.create_index("ix_network_message_sender", "network_message", ["sender_user_id"])
    op.create_index("ix_network_message_short_id", "network_message", [sa.text("substr(id, 29)")])
    op.create_table(
        "network_participant",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("joined_at", app.data.columns.Instant(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("unread_since", app.data.columns.Instant(), nullable=False),
        sa.Column("last_at", app.data.columns.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", name="pk_network_participant"))
    op.create_index("ix_network_participant_latest", "network_participant", ["user_id", "last_at", "conversation_id"])
    op.create_table(
        "network_receipt",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("read_at", app.data.columns.Instant(), nullable=True),
        sa.Column("hidden_at", app.data.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", "user_id", name="pk_network_receipt"))


def downgrade() -> None:
    for table in ("network_receipt", "network_participant", "network_message", "network_conversation"):
        op.drop_table(table)
