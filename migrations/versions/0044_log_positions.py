"""The log: each outbox record gets a position before it is published, and one row says how far it is (decision 107)."""
import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"

_LOGGED = sa.text("object IS NOT NULL AND position IS NOT NULL")


def upgrade() -> None:
    op.add_column("outbox_record", sa.Column("position", sa.BigInteger(), nullable=True))
    op.create_index("uq_outbox_record_position", "outbox_record", ["position"], unique=True)
    op.create_index("ix_outbox_record_log", "outbox_record", ["realm", "position"], sqlite_where=_LOGGED,
                    postgresql_where=_LOGGED)
    op.create_table(
        "outbox_log",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column("purged", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_log"))


def downgrade() -> None:
    op.drop_table("outbox_log")
    op.drop_index("ix_outbox_record_log", "outbox_record")
    op.drop_index("uq_outbox_record_position", "outbox_record")
    op.drop_column("outbox_record", "position")
