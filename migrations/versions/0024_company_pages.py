"""Company pages of the network: admins, followers, updates, and the tally of each."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0024"
down_revision = "0023"

_ACTIVE = {"sqlite_where": sa.text("is_active IS 1"), "postgresql_where": sa.text("is_active IS true")}
_ORPHANED = dict.fromkeys(("sqlite_where", "postgresql_where"), sa.text("orphaned_at IS NOT NULL"))
_REQUESTED = {"sqlite_where": sa.text("is_active IS 1 AND follow_state = 'requested'"),
              "postgresql_where": sa.text("is_active IS true AND follow_state = 'requested'")}


def upgrade() -> None:
    op.create_table(
        "network_company",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("website", sa.String(length=2048), nullable=True),
        sa.Column("location", sa.String(length=255), nullable=True),
        sa.Column("logo_url", sa.String(length=2048), nullable=True),
        sa.Column("page_visibility", sa.String(length=32), nullable=False),
        sa.Column("created_by_user_id", sa.String(length=36), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("industry", sa.String(length=255), nullable=True),
        sa.Column("name_key", sa.String(length=255), nullable=False),
        sa.Column("orphaned_at", app.data.columns.Instant(), nullable=True),
        sa.Column("folded_name", sa.Text(), nullable=True),
        sa.Column("folded_location", sa.Text(), nullable=True),
        sa.Column("folded_industry", sa.Text(), nullable=True),
        sa.Column("held", sa.String(length=32), nullable=True),
        *_common(), sa.PrimaryKeyConstraint("id", name="pk_network_company"))
    op.create_index("uq_network_company_name", "network_company", ["name_key"], unique=True, **_ACTIVE)
    op.create_index("ix_network_company_created", "network_company", ["created_at", "id"])
    op.create_index("ix_network_company_creator", "network_company", ["created_by_user_id"])
    op.create_index("ix_network_company_orphaned", "network_company", ["orphaned_at"], **_ORPHANED)

    op.create_table(
        "network_company_admin",
        sa.Column("assigned_at", app.data.columns.Instant(), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("company_id", sa.String(length=36), nullable=False),
        sa.Column("assigned_by", sa.String(length=36), nullable=False),
        *_common(), sa.PrimaryKeyConstraint("id", name="pk_network_company_admin"))
    op.create_index("uq_network_company_admin", "network_company_admin", ["company_id", "user_id"], unique=True,
                    **_ACTIVE)
    op.create_index("ix_network_company_admin_user", "network_company_admin", ["user_id"])
    op.create_index("ix_network_company_admin_assigned_by", "network_company_admin", ["assigned_by"])

    op.create_table(
        "network_company_follower",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("company_id", sa.String(length=36), nullable=False),
        sa.Column("followed_at", app.data.columns.Instant(), nullable=False),
        sa.Column("follow_state", sa.String(length=32), nullable=False),
        *_common(), sa.PrimaryKeyConstraint("id", name="pk_network_company_follower"))
    op.create_index("uq_network_company_follower", "network_company_follower", ["company_id", "user_id"], unique=True,
                    **_ACTIVE)
    op.create_index("ix_network_company_follower_company", "network_company_follower",
                    ["company_id", "created_at", "id"])
    op.create_index("ix_network_company_follower_user", "network_company_follower", ["user_id", "created_at", "id"])
    op.create_index("ix_network_company_follower_requested", "network_company_follower",
                    ["company_id", "created_at", "id"], **_REQUESTED)

    op.create_table(
        "network_company_update",
        sa.Column("company_id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author_user_id", sa.String(length=36), nullable=False),
        sa.Column("attachment_urls", app.data.columns.Json(), nullable=False),
        sa.Column("visibility", sa.String(length=32), nullable=False),
        *_common(), sa.PrimaryKeyConstraint("id", name="pk_network_company_update"))
    op.create_index("ix_network_company_update_company", "network_company_update", ["company_id", "created_at", "id"])
    op.create_index("ix_network_company_update_created", "network_company_update", ["created_at", "id"])
    op.create_index("ix_network_company_update_author", "network_company_update", ["author_user_id"])

    op.create_table(
        "network_company_tally",
        sa.Column("company_id", sa.String(length=36), nullable=False),
        sa.Column("followers", sa.Integer(), nullable=False),
        sa.Column("updates", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", name="pk_network_company_tally"))


def downgrade() -> None:
    for name in ("tally", "update", "follower", "admin"):
        op.drop_table(f"network_company_{name}")
    op.drop_table("network_company")


def _common() -> list["sa.Column[object]"]:
    """Return what every data object has."""
    return [sa.Column("id", sa.String(length=36), nullable=False),
            sa.Column("is_active", sa.Boolean(), nullable=False),
            sa.Column("record_version", sa.Integer(), nullable=False),
            sa.Column("created_at", app.data.columns.Instant(), nullable=False),
            sa.Column("updated_at", app.data.columns.Instant(), nullable=False),
            sa.Column("owner", sa.String(length=36), nullable=True)]
