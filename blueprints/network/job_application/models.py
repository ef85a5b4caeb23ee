"""The tables of jobApplication: postings, applications (rules-network §3A), and who was rejected where.

The rejection is a side table: it stands when the application's row is gone (NET-20)."""
from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import choice, folded, identifier, instant, string, text, web_address
from app.data.entity import Base, Entity
from app.data.held import Holdable
from app.data.orders import in_code_points, order_index
from app.data.short_ids import short_id_index
from blueprints.network.job_application.rules import (
    ACTIVE,
    APPLICATION_STATUSES,
    EMPLOYMENT_TYPES,
    POSTING_STATUSES,
    PUBLIC,
    SUBMITTED,
    VISIBILITIES,
    WORKPLACE_TYPES,
)


class JobPosting(Holdable, Entity):
    """An open position: a company's, which its current admins keep (NET-12), or else its poster's own."""

    __tablename__ = "network_job_posting"
    __service__ = "jobApplication"
    __object__ = "jobPosting"
    __realm__ = "network"
    __lock_rank__ = 460
    __owner__ = "posted_by_user_id"

    description: Mapped[str] = text(required=True)
    title: Mapped[str] = string(required=True)
    application_deadline: Mapped[datetime | None] = instant()
    company_id: Mapped[str | None] = identifier()
    employment_type: Mapped[str] = choice(EMPLOYMENT_TYPES, default=EMPLOYMENT_TYPES[0])
    posted_by_user_id: Mapped[str] = identifier(required=True)
    salary_range: Mapped[str | None] = string()
    location: Mapped[str | None] = string()
    visibility: Mapped[str] = choice(VISIBILITIES, default=PUBLIC)
    workplace_type: Mapped[str] = choice(WORKPLACE_TYPES, default=WORKPLACE_TYPES[0])
    status: Mapped[str] = choice(POSTING_STATUSES, default=ACTIVE)
    company_name: Mapped[str] = string(required=True)

    folded_title: Mapped[str | None] = folded("title")
    folded_location: Mapped[str | None] = folded("location")
    folded_company_name: Mapped[str | None] = folded("company_name")


class JobApplication(Entity):
    """One person's application for one posting, from its submission to its withdrawal."""

    __tablename__ = "network_job_application"
    __service__ = "jobApplication"
    __object__ = "jobApplication"
    __realm__ = "network"
    __lock_rank__ = 461
    __owner__ = "applicant_user_id"
    __duplicates__ = {"uq_network_job_application": ("AlreadyApplied", "You have applied for this job already")}

    job_posting_id: Mapped[str] = identifier(required=True)
    applicant_user_id: Mapped[str] = identifier(required=True)
    cover_letter: Mapped[str | None] = text()
    resume_url: Mapped[str | None] = web_address()
    last_status_update_at: Mapped[datetime] = instant(required=True)
    status: Mapped[str] = choice(APPLICATION_STATUSES, default=SUBMITTED)
    applied_at: Mapped[datetime] = instant(required=True)


class ApplicationRejected(Base):
    """That a person was rejected for a posting: there is no second application (NET-20)."""

    __tablename__ = "network_application_rejected"
    __realm__ = "network"

    job_posting_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    applicant_user_id: Mapped[str] = mapped_column(String(36), primary_key=True)


Index("ix_network_job_posting_created", JobPosting.created_at, JobPosting.id)
order_index("ix_network_job_posting_title", in_code_points(JobPosting.title), JobPosting.id)
Index("ix_network_job_posting_company", JobPosting.company_id, JobPosting.created_at, JobPosting.id)
Index("ix_network_job_posting_poster", JobPosting.posted_by_user_id, JobPosting.created_at, JobPosting.id)
Index("ix_network_job_posting_status", JobPosting.status, JobPosting.application_deadline)
Index("uq_network_job_application", JobApplication.job_posting_id, JobApplication.applicant_user_id, unique=True,
      sqlite_where=JobApplication.is_active.is_(True), postgresql_where=JobApplication.is_active.is_(True))
Index("ix_network_job_application_posting", JobApplication.job_posting_id, JobApplication.created_at,
      JobApplication.id)
Index("ix_network_job_application_applicant", JobApplication.applicant_user_id, JobApplication.created_at,
      JobApplication.id)
Index("ix_network_job_application_created", JobApplication.created_at, JobApplication.id)
Index("ix_network_application_rejected_applicant", ApplicationRejected.applicant_user_id)
short_id_index(JobPosting)
