"""How many notifications each user has not read, counted from those that are there."""
import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "notification_unread",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_notification_unread"))
    op.create_index("ix_notification_unread", "notification", ["user_id", "id"],
                    sqlite_where=sa.text("is_active IS 1 AND is_read IS 0"),
                    postgresql_where=sa.text("is_active IS true AND is_read IS false"))
    op.execute("""INSERT INTO notification_unread (user_id, unread)
        SELECT user_id, count(*) FROM notification WHERE is_active AND NOT coalesce(is_read, false) GROUP BY user_id""")


def downgrade() -> None:
    op.drop_index("ix_notification_unread", table_name="notification")
    op.drop_table("notification_unread")
