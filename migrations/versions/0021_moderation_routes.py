"""The title of what was judged beside its copy, and the finer kind of an act in the contract's record."""
import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    with op.batch_alter_table("moderation_evidence") as table:
        table.add_column(sa.Column("title", sa.String(length=255), nullable=True))
    with op.batch_alter_table("admin_moderation_action") as table:
        table.add_column(sa.Column("act_kind", sa.String(length=32), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("admin_moderation_action") as table:
        table.drop_column("act_kind")
    with op.batch_alter_table("moderation_evidence") as table:
        table.drop_column("title")
