"""jobApplication as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ANONYMOUS, ERASED, exported, rows_of_people
from app.data.reads.joins import JoinTarget, Relation, relations_of
from app.http.private_files import FileProperty
from app.ops.mends import Mend
from app.service import ServiceDeclaration
from blueprints.network.job_application import subscribers
from blueprints.network.job_application.checks import check_rejections, mend_rejections
from blueprints.network.job_application.index import JOBS, READABLE
from blueprints.network.job_application.models import ApplicationRejected, JobApplication, JobPosting
from blueprints.network.job_application.moderation import (
    hold_posting,
    posting_subject,
    restore_posting,
)
from blueprints.network.job_application.postings import forget_poster
from blueprints.network.job_application.queries import postings_by, postings_seen_by
from blueprints.network.job_application.topics import POSTING_CREATED, POSTING_UPDATED

SERVICE = ServiceDeclaration(
    name="jobApplication", version="1.0.12", description="Jobs that people and companies offer, and who applies.",
    realms=("network",),
    routes="blueprints.network.job_application.routes.api",
    indexes=(JOBS.index,),
    background=(subscribers,),
    readable=READABLE,
    relations=(
        relations_of(JobPosting, Relation("companyId", "company"), Relation("postedByUserId", "user", name="poster")),
        relations_of(JobApplication, Relation("jobPostingId", "jobPosting", name="posting"),
                     Relation("applicantUserId", "user", name="applicant")),
    ),
    targets=(JoinTarget("jobPosting", ("id", "title", "companyName", "status"), postings_seen_by, personal=True,
                        depends_on=("rows:jobApplication", "rows:companyAdmin", "rows:company", "rows:block",
                                    "rows:user")),),
    files=(FileProperty(JobApplication, "resumeUrl"),),
    moderated=(ModeratedKind("JOB", JobPosting, restore_posting, posting_subject, hold_posting,
                             written=(POSTING_CREATED, POSTING_UPDATED)),),
    checks={"rejected applications": check_rejections},
    mends={"rejected applications": Mend("notes that these people do not apply there again", mend_rejections)},
    persons=(
        rows_of_people(JobPosting, ANONYMOUS, "posted_by_user_id", why="the posting is the company's",
                       first=forget_poster, export=exported("postings", where=postings_by)),
        rows_of_people(JobApplication, ERASED, "applicant_user_id",
                       export=exported("applications", "applicant_user_id")),
        rows_of_people(ApplicationRejected, ERASED, "applicant_user_id", export="the application says it"),
    ),
)
