"""The key pair that signs push messages (front-door.md FD-27)."""
import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.create_table(
        "push_key",
        sa.Column("id", sa.String(8), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=False),
        sa.Column("public_key", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_key"))


def downgrade() -> None:
    op.drop_table("push_key")
