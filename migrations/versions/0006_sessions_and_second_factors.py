"""Sessions know when and from where they are used, accounts and roles their second factors; unverified accounts expire."""
import sqlalchemy as sa
from alembic import op

from app.clock import now
from app.data.columns import Instant

revision = "0006"
down_revision = "0005"

_ACCOUNTS = ("marketplace_user", "network_user")
_FACTORS = ("needs_email_2fa", "needs_mobile_2fa")
_UNVERIFIED = {"sqlite": "is_active IS 1 AND email_verified IS 0",
               "postgresql": "is_active IS true AND email_verified IS false"}


def upgrade() -> None:
    """Whoever is logged in counts as seen now: the first idle session ends SESSION_IDLE_SECONDS after the update."""
    with op.batch_alter_table("login_session") as session:
        session.add_column(sa.Column("last_seen_at", Instant(), nullable=True))
        session.add_column(sa.Column("address", sa.String(length=64), nullable=True))
        session.add_column(sa.Column("device", sa.String(length=255), nullable=True))
    sessions = sa.table("login_session", sa.column("last_seen_at", Instant()))
    op.get_bind().execute(sa.update(sessions).values(last_seen_at=now()))
    with op.batch_alter_table("login_session") as session:
        session.alter_column("last_seen_at", existing_type=Instant(), nullable=False)
    op.create_index("ix_login_session_last_seen_at", "login_session", ["last_seen_at"])
    for table in _ACCOUNTS:
        for name in _FACTORS:
            op.add_column(table, sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        with op.batch_alter_table(table) as account:
            for name in _FACTORS:
                account.alter_column(name, existing_type=sa.Boolean(), server_default=None)
        op.create_index(f"ix_{table}_unverified", table, ["created_at"], **{
            f"{dialect}_where": sa.text(condition) for dialect, condition in _UNVERIFIED.items()})
    op.create_table(
        "role_second_factor",
        sa.Column("realm", sa.String(length=32), nullable=False),
        sa.Column("role_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("realm", "role_id", "channel", name="pk_role_second_factor"))


def downgrade() -> None:
    op.drop_table("role_second_factor")
    for table in _ACCOUNTS:
        op.drop_index(f"ix_{table}_unverified", table)
        with op.batch_alter_table(table) as account:
            for name in _FACTORS:
                account.drop_column(name)
    op.drop_index("ix_login_session_last_seen_at", "login_session")
    with op.batch_alter_table("login_session") as session:
        for name in ("last_seen_at", "address", "device"):
            session.drop_column(name)
