"""Jobs of the network: postings, applications, and who was rejected where."""
import sqlalchemy as sa
from alembic import op

import app.data.columns

revision = "0031"
down_revision = "0030"

_ACTIVE = {"sqlite_where": sa.text("is_active IS 1"), "postgresql_where": sa.text("is_active IS true")}


def upgrade() -> None:
    op.create_table(
        "network_job_posting",
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("application_deadline", app.data.columns.Instant(), nullable=True),
        sa.Column("company_id", sa.String(length=36), nullable=True),
        sa.Column("employment_type", sa.String(length=32), nullable=False),
        sa.Column("posted_by_user_id", sa.String(length=36), nullable=False),
        sa.Column("salary_range", sa.String(length=255), nullable=True),
        sa.Column("location", sa.String(length=255), nullable=True),
        sa.Column("visibility", sa.String(length=32), nullable=False),
        sa.Column("workplace_type", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("company_name", sa.String(length=255), nullable=False),
        *(sa.Column(f"folded_{name}", sa.Text(), nullable=True) for name in ("title", "location", "company_name")),
        sa.Column("held", sa.String(length=32), nullable=True),
        *_common(), sa.PrimaryKeyConstraint("id", name="pk_network_job_posting"))
    for name, columns in (("created", ["created_at", "id"]), ("company", ["company_id", "created_at", "id"]),
                          ("poster", ["posted_by_user_id", "created_at", "id"]),
                          ("status", ["status", "application_deadline"])):
        op.create_index(f"ix_network_job_posting_{name}", "network_job_posting", columns)

    op.create_table(
        "network_job_application",
        sa.Column("job_posting_id", sa.String(length=36), nullable=False),
        sa.Column("applicant_user_id", sa.String(length=36), nullable=False),
        sa.Column("cover_letter", sa.Text(), nullable=True),
        sa.Column("resume_url", app.data.columns.WebAddress(length=2048), nullable=True),
        sa.Column("last_status_update_at", app.data.columns.Instant(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("applied_at", app.data.columns.Instant(), nullable=False),
        *_common(), sa.PrimaryKeyConstraint("id", name="pk_network_job_application"))
    op.create_index("uq_network_job_application", "network_job_application", ["job_posting_id", "applicant_user_id"],
                    unique=True, **_ACTIVE)
    for name, columns in (("posting", ["job_posting_id", "created_at", "id"]),
                          ("applicant", ["applicant_user_id", "created_at", "id"]), ("created", ["created_at", "id"])):
        op.create_index(f"ix_network_job_application_{name}", "network_job_application", columns)

    op.create_table(
        "network_application_rejected",
        sa.Column("job_posting_id", sa.String(length=36), nullable=False),
        sa.Column("applicant_user_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("job_posting_id", "applicant_user_id", name="pk_network_application_rejected"))
    op.create_index("ix_network_application_rejected_applicant", "network_application_rejected",
                    ["applicant_user_id"])


def downgrade() -> None:
    for name in ("application_rejected", "job_application", "job_posting"):
        op.drop_table(f"network_{name}")


def _common() -> list["sa.Column[object]"]:
    """Return what every data object has."""
    return [sa.Column("id", sa.String(length=36), nullable=False),
            sa.Column("is_active", sa.Boolean(), nullable=False),
            sa.Column("record_version", sa.Integer(), nullable=False),
            sa.Column("created_at", app.data.columns.Instant(), nullable=False),
            sa.Column("updated_at", app.data.columns.Instant(), nullable=False),
            sa.Column("owner", sa.String(length=36), nullable=True)]
