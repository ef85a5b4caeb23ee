"""The table of security events."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0005"
down_revision = "0004"

_INDEXES = {"user": ["realm", "user_id", "id"], "actor": ["realm", "actor_id"], "kind": ["realm", "kind", "id"],
            "occurred_at": ["occurred_at"]}


def upgrade() -> None:
    op.create_table(
        "security_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("occurred_at", app.data.columns.Instant(), nullable=False),
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("operator", sa.String(length=255), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("device", sa.String(length=255), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("detail", app.data.columns.Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_security_event"))
    for name, columns in _INDEXES.items():
        op.create_index(f"ix_security_event_{name}", "security_event", columns)


def downgrade() -> None:
    op.drop_table("security_event")
