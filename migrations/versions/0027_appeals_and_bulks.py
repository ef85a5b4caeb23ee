"""An appeal may be against a suspension that left no strike; of a bulk each person gets one letter (M-10, M-31)."""
import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

_WRITTEN = "UPDATE moderation_bulk_item SET announced = state WHERE state IN ('done', 'undone')"
# Before, an appeal had a strike: one against an act waits under a negative number until it is known again.
_HIDDEN = ("UPDATE moderation_appeal SET strike_id = act_id, strike_number = -act_number WHERE strike_id IS NULL",)
_SHOWN = ("UPDATE moderation_appeal SET act_id = strike_id, act_number = -strike_number WHERE strike_number < 0",
          "UPDATE moderation_appeal SET strike_id = NULL, strike_number = NULL WHERE strike_number < 0")


def upgrade() -> None:
    with op.batch_alter_table("moderation_appeal") as appeal:
        appeal.alter_column("strike_id", existing_type=sa.String(length=36), nullable=True)
        appeal.alter_column("strike_number", existing_type=sa.Integer(), nullable=True)
        appeal.add_column(sa.Column("act_id", sa.String(length=36), nullable=True))
        appeal.add_column(sa.Column("act_number", sa.Integer(), nullable=True))
    for statement in _SHOWN:
        op.execute(statement)
    op.create_index("uq_moderation_appeal_act", "moderation_appeal", ["act_id"], unique=True)
    op.create_index("ix_moderation_appeal_case", "moderation_appeal", ["case_id"])
    op.add_column("moderation_bulk", sa.Column("undo_reason", sa.Text(), nullable=True))
    op.add_column("moderation_bulk_item", sa.Column("announced", sa.String(length=16), nullable=True))
    op.execute(_WRITTEN)


def downgrade() -> None:
    op.drop_column("moderation_bulk_item", "announced")
    op.drop_column("moderation_bulk", "undo_reason")
    op.drop_index("ix_moderation_appeal_case", table_name="moderation_appeal")
    op.drop_index("uq_moderation_appeal_act", table_name="moderation_appeal")
    for statement in _HIDDEN:
        op.execute(statement)
    with op.batch_alter_table("moderation_appeal") as appeal:
        appeal.drop_column("act_number")
        appeal.drop_column("act_id")
        appeal.alter_column("strike_number", existing_type=sa.Integer(), nullable=False)
        appeal.alter_column("strike_id", existing_type=sa.String(length=36), nullable=False)
