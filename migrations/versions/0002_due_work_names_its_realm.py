"""Due work names its realm and keeps the request id of its cause."""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Until now only the marketplace owed work, so what waits is the marketplace's."""
    with op.batch_alter_table("due_work") as due_work:
        due_work.add_column(sa.Column("realm", sa.String(length=16), nullable=False, server_default="marketplace"))
        due_work.add_column(sa.Column("request_id", sa.String(length=64), nullable=True))
    with op.batch_alter_table("due_work") as due_work:
        due_work.alter_column("realm", existing_type=sa.String(length=16), server_default=None)
        due_work.drop_constraint("pk_due_work", type_="primary")
        due_work.create_primary_key("pk_due_work", ["realm", "kind", "subject"])


def downgrade() -> None:
    """Of one piece that two realms owe, the old table has room for one: the sooner one stays."""
    op.execute("""DELETE FROM due_work WHERE EXISTS (
        SELECT 1 FROM due_work AS other WHERE other.kind = due_work.kind AND other.subject = due_work.subject
        AND (other.due_at, other.realm) < (due_work.due_at, due_work.realm))""")
    with op.batch_alter_table("due_work") as due_work:
        due_work.drop_constraint("pk_due_work", type_="primary")
        due_work.create_primary_key("pk_due_work", ["kind", "subject"])
    with op.batch_alter_table("due_work") as due_work:
        due_work.drop_column("request_id")
        due_work.drop_column("realm")
