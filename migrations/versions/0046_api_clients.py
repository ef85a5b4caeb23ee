"""API clients: programs that act for one person of a realm, and the tokens they got (decision 46)."""
import sqlalchemy as sa
from alembic import op

from app.data.columns import Instant

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.create_table(
        "api_client",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("realm", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("scopes", sa.String(255), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", Instant(length=24), nullable=False),
        sa.Column("rotated_at", Instant(length=24), nullable=True),
        sa.Column("last_token_at", Instant(length=24), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_client"))
    op.create_index("ix_api_client_user", "api_client", ["realm", "user_id", "id"])
    op.create_index("ix_api_client_realm", "api_client", ["realm", "id"])
    op.create_table(
        "api_client_token",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("realm", sa.String(32), nullable=False),
        sa.Column("client_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("scopes", sa.String(255), nullable=False),
        sa.Column("expires_at", Instant(length=24), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_api_client_token"))
    op.create_index("ix_api_client_token_client", "api_client_token", ["client_id"])
    op.create_index("ix_api_client_token_user", "api_client_token", ["realm", "user_id"])
    op.create_index("ix_api_client_token_expires_at", "api_client_token", ["expires_at"])


def downgrade() -> None:
    op.drop_table("api_client_token")
    op.drop_table("api_client")
