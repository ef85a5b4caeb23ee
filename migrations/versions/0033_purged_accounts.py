"""Ids of purged accounts, which nobody gets anew; comments that moderation holds are no longer counted."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0033"
down_revision = "0032"

_STILL_RESTS = sa.text("rests_until IS NOT NULL")
_HELD_COUNT = """
    UPDATE network_post_tally SET comments = comments {sign} (
        SELECT count(*) FROM network_comment WHERE network_comment.post_id = network_post_tally.post_id
        AND is_active AND held IS NOT NULL)
    WHERE EXISTS (
        SELECT 1 FROM network_comment WHERE network_comment.post_id = network_post_tally.post_id
        AND is_active AND held IS NOT NULL)"""


def upgrade() -> None:
    op.create_table(
        "purged_account",
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rests_until", app.data.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("realm", "id", name="pk_purged_account"))
    op.create_index("ix_purged_account_rests_until", "purged_account", ["realm", "rests_until"], sqlite_where=_STILL_RESTS,
                    postgresql_where=_STILL_RESTS)
    op.execute(_HELD_COUNT.format(sign="-"))


def downgrade() -> None:
    op.execute(_HELD_COUNT.format(sign="+"))
    op.drop_table("purged_account")
