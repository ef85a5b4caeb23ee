"""Webhooks: endpoints, the messages they are owed, and how far the log was read for them."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant, Json

revision = "0047"
down_revision = "0046"

_PENDING = sa.text("state = 'pending'")
_LANE = ["endpoint_id", "object_name", "object_id", "place", "position"]


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("realm", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("client_id", sa.String(36)),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("description", sa.String(255)),
        sa.Column("topics", Json(), nullable=False),
        sa.Column("payload_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("state_reason", sa.String(200)),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("former_secret", sa.Text()),
        sa.Column("former_until", Instant(length=24)),
        sa.Column("created_at", Instant(length=24), nullable=False),
        sa.Column("succeeded_at", Instant(length=24)),
        sa.Column("failing_since", Instant(length=24)),
        sa.Column("warned_at", Instant(length=24)),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoint"))
    op.create_index("ix_webhook_endpoint_person", "webhook_endpoint", ["realm", "user_id", "id"])
    op.create_index("ix_webhook_endpoint_short_id", "webhook_endpoint", [sa.text("substr(id, 29)")])
    op.create_table(
        "webhook_message",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("endpoint_id", sa.String(36), nullable=False),
        sa.Column("realm", sa.String(16), nullable=False),
        sa.Column("message_id", sa.String(60), nullable=False),
        sa.Column("position", sa.BigInteger()),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(160), nullable=False),
        sa.Column("object_name", sa.String(60), nullable=False),
        sa.Column("object_id", sa.String(80), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_at", Instant(length=24)),
        sa.Column("leased_until", Instant(length=24)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", sa.Text()),
        sa.Column("tries", Json(), nullable=False),
        sa.Column("occurred_at", Instant(length=24), nullable=False),
        sa.Column("created_at", Instant(length=24), nullable=False),
        sa.Column("ended_at", Instant(length=24)),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_message"))
    op.create_index("uq_webhook_message_event", "webhook_message", ["endpoint_id", "position"], unique=True)
    op.create_index("ix_webhook_message_list", "webhook_message", ["endpoint_id", "id"])
    op.create_index("ix_webhook_message_age", "webhook_message", ["created_at"])
    op.create_index("ix_webhook_message_due", "webhook_message", ["endpoint_id", "due_at"],
                    sqlite_where=_PENDING, postgresql_where=_PENDING)
    op.create_index("ix_webhook_message_lane", "webhook_message", _LANE,
                    sqlite_where=_PENDING, postgresql_where=_PENDING)
    op.create_table(
        "webhook_reading",
        sa.Column("realm", sa.String(16), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("realm", name="pk_webhook_reading"))


def downgrade() -> None:
    for table in ("webhook_reading", "webhook_message", "webhook_endpoint"):
        op.drop_table(table)
