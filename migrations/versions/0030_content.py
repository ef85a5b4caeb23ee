"""Posts of the network, comments, likes, the tally of each post, and what feeds are made of."""
from typing import Any

import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0030"
down_revision = "0029"

_ACTIVE = {"sqlite_where": sa.text("is_active IS 1"), "postgresql_where": sa.text("is_active IS true")}

_SHOWN = {"sqlite_where": sa.text("shown IS 1"), "postgresql_where": sa.text("shown IS true")}


def upgrade() -> None:
    op.create_table(
        "network_post",
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("company_id", sa.String(length=36), nullable=True),
        sa.Column("author_user_id", sa.String(length=36), nullable=False),
        sa.Column("visibility", sa.String(length=32), nullable=False),
        sa.Column("attachment_urls", app.data.columns.Json(), nullable=False),
        sa.Column("audience", sa.String(length=32), nullable=False),
        sa.Column("mentions", app.data.columns.Json(), nullable=False),
        sa.Column("comments_closed", sa.Boolean(), nullable=False),
        sa.Column("held", sa.String(length=32), nullable=True),
        *_common(), sa.PrimaryKeyConstraint("id", name="pk_network_post"))
    op.create_table(
        "network_comment",
        sa.Column("author_user_id", sa.String(length=36), nullable=False),
        sa.Column("post_id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("parent_comment_id", sa.String(length=36), nullable=True),
        sa.Column("held", sa.String(length=32), nullable=True),
        *_common(), sa.PrimaryKeyConstraint("id", name="pk_network_comment"))
    op.create_table(
        "network_like",
        sa.Column("liked_at", app.data.columns.Instant(), nullable=False),
        sa.Column("post_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        *_common(), sa.PrimaryKeyConstraint("id", name="pk_network_like"))
    op.create_table(
        "network_post_tally",
        sa.Column("post_id", sa.String(length=36), nullable=False),
        sa.Column("likes", sa.Integer(), nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name="pk_network_post_tally"))

    op.create_table(
        "network_feed_item",
        sa.Column("post_id", sa.String(length=36), nullable=False),
        sa.Column("voice", sa.Integer(), nullable=False),
        sa.Column("at", app.data.columns.Instant(), nullable=False),
        sa.Column("reach", sa.Boolean(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name="pk_network_feed_item"))
    op.create_table(
        "network_company_voice",
        sa.Column("num", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("company_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("num", name="pk_network_company_voice"),
        sqlite_autoincrement=True)
    op.create_table(
        "network_voice",
        sa.Column("num", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", app.data.columns.Instant(), nullable=True),
        sa.Column("post_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("num", name="pk_network_voice"))
    op.create_index("ix_network_feed_item_at", "network_feed_item",
                    [sa.text("at DESC"), sa.text("post_id DESC"), "voice"], **_SHOWN)
    op.create_index("ix_network_feed_item_voice", "network_feed_item",
                    ["voice", sa.text("at DESC"), sa.text("post_id DESC")], **_SHOWN)
    op.create_index("uq_network_company_voice", "network_company_voice", ["company_id"], unique=True)

    for table, by in (("post", "author_user_id"), ("post", "company_id"), ("comment", "post_id"), ("like", "post_id"),
                      ("like", "user_id")):
        op.create_index(f"ix_network_{table}_{by.split('_')[0]}", f"network_{table}", [by, "created_at", "id"])
    for table in ("post", "comment", "like"):
        op.create_index(f"ix_network_{table}_created", f"network_{table}", ["created_at", "id"])
    op.create_index("ix_network_comment_parent", "network_comment", ["parent_comment_id"])
    op.create_index("ix_network_comment_author", "network_comment", ["author_user_id"])
    op.create_index("uq_network_like", "network_like", ["post_id", "user_id"], unique=True, **_ACTIVE)


def downgrade() -> None:
    for name in ("voice", "company_voice", "feed_item", "post_tally", "like", "comment", "post"):
        op.drop_table(f"network_{name}")


def _common() -> list[sa.Column[Any]]:
    """Return what every data object has."""
    return [sa.Column("id", sa.String(length=36), nullable=False),
            sa.Column("is_active", sa.Boolean(), nullable=False),
            sa.Column("record_version", sa.Integer(), nullable=False),
            sa.Column("created_at", app.data.columns.Instant(), nullable=False),
            sa.Column("updated_at", app.data.columns.Instant(), nullable=False),
            sa.Column("owner", sa.String(length=36), nullable=True)]
