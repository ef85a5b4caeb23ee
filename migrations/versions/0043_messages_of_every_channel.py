"""Letters, SMS and push messages wait in one table: each has its kind, its lane, and perhaps the account it is for."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant, Json

revision = "0043"
down_revision = "0042"

_QUEUED, _OF_SOMEBODY = sa.text("status = 'queued'"), sa.text("user_id IS NOT NULL")
_COLUMNS = ("kind", "lane", "user_id", "data", "bounced_at")


def upgrade() -> None:
    for column in (sa.Column("kind", sa.String(8), nullable=False, server_default=sa.text("'account'")),
                   sa.Column("lane", sa.Integer(), nullable=False, server_default=sa.text("1")),
                   sa.Column("user_id", sa.String(36)),
                   sa.Column("data", Json()),
                   sa.Column("bounced_at", Instant(length=24))):
        op.add_column("mail_message", column)
    op.create_index("ix_mail_message_lanes", "mail_message", ["channel", "lane", "next_attempt_at"],
                    sqlite_where=_QUEUED, postgresql_where=_QUEUED)
    op.create_index("ix_mail_message_person", "mail_message", ["user_id"],
                    sqlite_where=_OF_SOMEBODY, postgresql_where=_OF_SOMEBODY)


def downgrade() -> None:
    for name in ("ix_mail_message_person", "ix_mail_message_lanes"):
        op.drop_index(name, table_name="mail_message")
    with op.batch_alter_table("mail_message") as table:
        for name in reversed(_COLUMNS):
            table.drop_column(name)
