"""Feedback, messages, categories and media are named by a part of their id in the terminal, as listings are (M-29)."""
import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_NAMED_SHORT = ("feedback", "messaging_message", "marketplace_category", "product_listing_media")


def upgrade() -> None:
    for table in _NAMED_SHORT:
        op.create_index(f"ix_{table}_short_id", table, [sa.text("substr(id, 29)")])


def downgrade() -> None:
    for table in reversed(_NAMED_SHORT):
        op.drop_index(f"ix_{table}_short_id", table_name=table)
