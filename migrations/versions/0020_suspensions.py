"""Who is suspended, from everything, from selling or from buying; found without looking at all others."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0020"
down_revision = "0019"

_TABLES = ("marketplace_user", "network_user")
_ENDS = ("suspended_until", "no_selling_until", "no_buying_until")


def upgrade() -> None:
    for table in _TABLES:
        for name in _ENDS:
            op.add_column(table, sa.Column(name, app.data.columns.Instant(), nullable=True))
            op.create_index(f"ix_{table}_{name}", table, [name], sqlite_where=sa.text(f"{name} IS NOT NULL"),
                            postgresql_where=sa.text(f"{name} IS NOT NULL"))
        op.add_column(table, sa.Column("suspended_by", sa.String(length=36), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "suspended_by")
        for name in _ENDS:
            op.drop_index(f"ix_{table}_{name}", table_name=table)
            op.drop_column(table, name)
