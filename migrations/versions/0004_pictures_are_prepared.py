"""Uploads are prepared by the worker before they are served, and counted per user and day.

What is stored already stays ready; `flask media clean` prepares it."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("bucket_file") as file:
        file.add_column(sa.Column("state", sa.String(length=16), nullable=False, server_default="ready"))
        file.add_column(sa.Column("due_at", app.data.columns.Instant(), nullable=True))
        file.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        file.add_column(sa.Column("last_error", sa.Text(), nullable=True))
        file.add_column(sa.Column("prepared_at", app.data.columns.Instant(), nullable=True))
    with op.batch_alter_table("bucket_file") as file:
        file.alter_column("state", existing_type=sa.String(length=16), server_default=None)
        file.alter_column("attempts", existing_type=sa.Integer(), server_default=None)
    _index("ix_bucket_file_preparing", ["due_at"], "state = 'preparing'")
    _index("ix_bucket_file_uncleaned", ["id"], "prepared_at IS NULL")
    op.create_table(
        "bucket_upload_count",
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("realm", "owner_id", name="pk_bucket_upload_count"))


def downgrade() -> None:
    """The release before serves every row: what is not prepared, or was refused, is not for it."""
    op.execute("DELETE FROM bucket_file WHERE state <> 'ready'")
    op.drop_table("bucket_upload_count")
    for name in ("ix_bucket_file_preparing", "ix_bucket_file_uncleaned"):
        op.drop_index(name, "bucket_file")
    with op.batch_alter_table("bucket_file") as file:
        for name in ("state", "due_at", "attempts", "last_error", "prepared_at"):
            file.drop_column(name)


def _index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "bucket_file", columns, sqlite_where=where, postgresql_where=where)
