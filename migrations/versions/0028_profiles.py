"""Profiles of the network, their terms, who looked at them, and the dictionaries people choose from."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0028"
down_revision = "0027"

_DICTIONARIES = ("certification", "language")
_ACTIVE = {"sqlite_where": sa.text("is_active IS 1"), "postgresql_where": sa.text("is_active IS true")}
_FOLDED = ("headline", "full_name", "current_company", "industry", "location")


def _common() -> list[sa.Column]:
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("created_at", app.data.columns.Instant(), nullable=False),
        sa.Column("updated_at", app.data.columns.Instant(), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=True)]


def upgrade() -> None:
    op.create_table(
        "network_profile",
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("headline", sa.String(length=255), nullable=True),
        sa.Column("profile_photo_url", app.data.columns.WebAddress(length=2048), nullable=True),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("full_name", sa.String(length=255), nullable=False),
        sa.Column("current_company", sa.String(length=255), nullable=True),
        sa.Column("industry", sa.String(length=255), nullable=True),
        sa.Column("languages", app.data.columns.Json(), nullable=False),
        sa.Column("skills", app.data.columns.Json(), nullable=False),
        sa.Column("location", sa.String(length=255), nullable=True),
        sa.Column("experience", app.data.columns.Json(), nullable=False),
        sa.Column("profile_visibility", sa.String(length=32), nullable=False),
        sa.Column("education", app.data.columns.Json(), nullable=False),
        sa.Column("certifications", app.data.columns.Json(), nullable=False),
        sa.Column("audience", sa.String(length=32), nullable=False),
        *(sa.Column(f"folded_{name}", sa.Text(), nullable=True) for name in _FOLDED),
        sa.Column("held", sa.String(length=32), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_network_profile"))
    op.create_index("uq_network_profile_user", "network_profile", ["user_id"], unique=True, **_ACTIVE)
    op.create_index("ix_network_profile_created", "network_profile", ["created_at", "id"])
    op.create_table(
        "network_profile_term",
        sa.Column("profile_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("term_key", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", "kind", "term_key", name="pk_network_profile_term"))
    op.create_index("ix_network_profile_term", "network_profile_term", ["kind", "term_key", "profile_id"])
    op.create_table(
        "network_profile_view",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("viewer_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "viewer_id", "day", name="pk_network_profile_view"))
    op.create_index("ix_network_profile_view_day", "network_profile_view", ["owner_id", "day", "id"])
    op.create_index("ix_network_profile_view_old", "network_profile_view", ["day"])
    op.create_index("ix_network_profile_view_viewer", "network_profile_view", ["viewer_id"])
    for name in _DICTIONARIES:
        op.create_table(
            f"network_{name}",
            sa.Column("name", sa.String(length=255), nullable=False),
            sa.Column("name_key", sa.String(length=255), nullable=False),
            sa.Column("folded_name", sa.Text(), nullable=True),
            *_common(),
            sa.PrimaryKeyConstraint("id", name=f"pk_network_{name}"))
        op.create_index(f"uq_network_{name}_name", f"network_{name}", ["name_key"], unique=True, **_ACTIVE)


def downgrade() -> None:
    for name in (*reversed(_DICTIONARIES), "profile_view", "profile_term", "profile"):
        op.drop_table(f"network_{name}")
