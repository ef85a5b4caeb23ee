"""What the transparency report counts is a range of an index: reports, acts and appeals by when they were made, cases by
when they were closed."""
from alembic import op

revision = "0022"
down_revision = "0021"

_INDEXES = (("ix_moderation_report_made", "moderation_report", "created_at"),
            ("ix_moderation_act_made", "moderation_act", "created_at"),
            ("ix_moderation_appeal_made", "moderation_appeal", "created_at"),
            ("ix_moderation_case_closed", "moderation_case", "closed_at"))


def upgrade() -> None:
    for name, table, column in _INDEXES:
        op.create_index(name, table, ["realm", column])


def downgrade() -> None:
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
