"""A restored copy is held back until it goes live; a restore into an older schema has made the table itself."""
import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "restored_copy",
        sa.Column("backup", sa.String(200), nullable=False),
        sa.Column("restored_at", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("backup", name="pk_restored_copy"),
        if_not_exists=True)


def downgrade() -> None:
    op.drop_table("restored_copy")
