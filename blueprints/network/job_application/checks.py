"""What the doctor asks of jobApplication: every rejection has left its mark (NET-20)."""
from sqlalchemy import and_, exists, select

from app.data.columns import constant
from app.data.reads import fetch
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.network.job_application.applications import note_rejection
from blueprints.network.job_application.models import ApplicationRejected, JobApplication
from blueprints.network.job_application.rules import REJECTED


def check_rejections() -> tuple[str, str]:
    """Return what `flask doctor` says of rejected applications: ok or fail, and a sentence."""
    wrong = [f"application {application_id} was rejected without a mark"
             for application_id in _without_trace(MOST_NAMED + 1)]
    return agreement(wrong, "who was rejected does not apply again")


def mend_rejections(operator: str) -> int:
    """Note of each rejection that its person does not apply again (NET-20); returns of how many."""
    return mend_each("network", operator, "rejected application", _without_trace(MOST_MENDED), note_rejection)


def _without_trace(limit: int) -> list[str]:
    marked = exists(select(ApplicationRejected.job_posting_id).where(and_(
        ApplicationRejected.job_posting_id == JobApplication.job_posting_id,
        ApplicationRejected.applicant_user_id == JobApplication.applicant_user_id)))
    return [row.id for row in fetch(select(JobApplication.id).where(
        JobApplication.status == constant(REJECTED), ~marked).order_by(JobApplication.id).limit(limit))]
