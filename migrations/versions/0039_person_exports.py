"""Exports that people ask for of what is kept of them (docs/decisions/099)."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.create_table(
        "person_export",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("realm", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("storage_name", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("requested_at", Instant(length=24), nullable=False),
        sa.Column("expires_at", Instant(length=24), nullable=False),
        sa.Column("due_at", Instant(length=24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_person_export"))
    waits = sa.text("state = 'waiting'")
    op.create_index("uq_person_export_waiting", "person_export", ["realm", "user_id"], unique=True,
                    sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_person_export_user", "person_export", ["realm", "user_id", "id"])
    op.create_index("ix_person_export_due", "person_export", ["due_at"], sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_person_export_expires_at", "person_export", ["expires_at"])


def downgrade() -> None:
    op.drop_table("person_export")
