"""The moderation record is narrowed by who acted, by what was done, and by what it was done to, the newest first."""
import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"

_TABLE = "admin_moderation_action"
_NARROWED = {"by": "admin_id", "done": "action_type", "on": "entity_type"}


def upgrade() -> None:
    for name, column in _NARROWED.items():
        op.create_index(f"ix_{_TABLE}_{name}", _TABLE, [column, "action_timestamp", "id"])
    op.create_index(f"ix_{_TABLE}_entity_short_id", _TABLE, [sa.text("substr(entity_id, 29)")])


def downgrade() -> None:
    for name in ("entity_short_id", *_NARROWED):
        op.drop_index(f"ix_{_TABLE}_{name}", table_name=_TABLE)
