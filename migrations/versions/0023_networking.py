"""Networking: people as the graph knows them, ties, connections, invitations, and who may not invite whom."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0023"
down_revision = "0022"

_INSTANT = app.data.columns.Instant
_ACTIVE, _PENDING = "is_active IS 1", "is_active IS 1 AND status = 'pending'"
_INDEXES = (
    ("ix_network_connection_of_higher", "network_connection", ("user_id2", "id"), False, _ACTIVE),
    ("ix_network_connection_of_lower", "network_connection", ("user_id1", "id"), False, _ACTIVE),
    ("uq_network_connection_pair", "network_connection", ("user_id1", "user_id2"), True, _ACTIVE),
    ("ix_network_connection_request_counted", "network_connection_request", ("sender_user_id", "sent_at"), False, None),
    ("ix_network_connection_request_expiry", "network_connection_request", ("expires_at",), False, _PENDING),
    ("ix_network_connection_request_received", "network_connection_request", ("receiver_user_id", "status", "id"),
     False, _ACTIVE),
    ("ix_network_connection_request_sent", "network_connection_request", ("sender_user_id", "status", "id"), False,
     _ACTIVE),
    ("uq_network_connection_request_pair", "network_connection_request", ("sender_user_id", "receiver_user_id"), True,
     _ACTIVE),
    ("uq_network_connection_request_pending", "network_connection_request", ("low", "high"), True, _PENDING),
    ("ix_network_invitation_bar_receiver", "network_invitation_bar", ("receiver_id",), False, None),
    ("ix_network_invitation_bar_until", "network_invitation_bar", ("until",), False, None),
    ("uq_network_person_user", "network_person", ("user_id",), True, None),
)


def upgrade() -> None:
    op.create_table(
        "network_person",
        sa.Column("num", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("ties", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("num", name="pk_network_person"),
        sqlite_autoincrement=True)
    op.create_table(
        "network_tie",
        sa.Column("a", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("b", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("a", "b", name="pk_network_tie"),
        sqlite_with_rowid=False)
    op.create_table(
        "network_connection",
        sa.Column("connected_since", _INSTANT(), nullable=False),
        sa.Column("user_id1", sa.String(length=36), nullable=False),
        sa.Column("user_id2", sa.String(length=36), nullable=False),
        *_common_columns(),
        sa.PrimaryKeyConstraint("id", name="pk_network_connection"))
    op.create_table(
        "network_connection_request",
        sa.Column("receiver_user_id", sa.String(length=36), nullable=False),
        sa.Column("sender_user_id", sa.String(length=36), nullable=False),
        sa.Column("sent_at", _INSTANT(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("responded_at", _INSTANT(), nullable=True),
        sa.Column("message", sa.String(length=255), nullable=True),
        sa.Column("low", sa.String(length=36), nullable=False),
        sa.Column("high", sa.String(length=36), nullable=False),
        sa.Column("expires_at", _INSTANT(), nullable=False),
        sa.Column("held", sa.String(length=32), nullable=True),
        *_common_columns(),
        sa.PrimaryKeyConstraint("id", name="pk_network_connection_request"))
    op.create_table(
        "network_invitation_bar",
        sa.Column("sender_id", sa.String(length=36), nullable=False),
        sa.Column("receiver_id", sa.String(length=36), nullable=False),
        sa.Column("until", _INSTANT(), nullable=False),
        sa.PrimaryKeyConstraint("sender_id", "receiver_id", name="pk_network_invitation_bar"))
    for name, table, columns, unique, where in _INDEXES:
        wheres = {} if where is None else {
            "sqlite_where": sa.text(where), "postgresql_where": sa.text(where.replace("IS 1", "IS true"))}
        op.create_index(name, table, columns, unique=unique, **wheres)


def downgrade() -> None:
    for table in ("network_invitation_bar", "network_connection_request", "network_connection", "network_tie",
                  "network_person"):
        op.drop_table(table)


def _common_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("created_at", _INSTANT(), nullable=False),
        sa.Column("updated_at", _INSTANT(), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=True))
