"""A seller's feedback is counted from its index alone: it says what is active and what moderation holds."""
from alembic import op

revision = "0035"
down_revision = "0034"

_ORDER = ["seller_id", "created_at", "id"]


def upgrade() -> None:
    _index([*_ORDER, "is_active", "held"])


def downgrade() -> None:
    _index(_ORDER)


def _index(columns: list[str]) -> None:
    op.drop_index("ix_feedback_seller", table_name="feedback")
    op.create_index("ix_feedback_seller", "feedback", columns)
