"""Letters that were given up, and the last one sent, are found by an index: doctor, status and metrics ask for them."""
from alembic import op
from sqlalchemy import text

revision = "0037"
down_revision = "0035"

_INDEXES = {"ix_mail_message_failed": ("created_at", "status = 'failed'"),
            "ix_mail_message_sent": ("sent_at", "sent_at IS NOT NULL")}


def upgrade() -> None:
    for name, (column, where) in _INDEXES.items():
        op.create_index(name, "mail_message", [column], sqlite_where=text(where), postgresql_where=text(where))


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, table_name="mail_message")
