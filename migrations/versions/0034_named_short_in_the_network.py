"""What staff moderate in the network, and orders of premium, are named by a part of their id in the terminal (M-29)."""
import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_NAMED_SHORT = ("network_company", "network_post", "network_comment", "network_job_posting", "network_profile",
                "network_connection_request", "network_premiumsubscription")


def upgrade() -> None:
    for table in _NAMED_SHORT:
        op.create_index(f"ix_{table}_short_id", table, [sa.text("substr(id, 29)")])


def downgrade() -> None:
    for table in reversed(_NAMED_SHORT):
        op.drop_index(f"ix_{table}_short_id", table_name=table)
