"""URL map of jobApplication (contract documents 098–107)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from blueprints.network.job_application import applications, postings, queries
from blueprints.network.job_application.models import JobApplication, JobPosting
from blueprints.network.job_application.policies import POLICIES
from blueprints.network.job_application.schemas import ApplicationChange, NewApplication, NewPosting, PostingChange

api = Routes(POLICIES)


@api.create("/v1/jobapplications", name="createJobApplication", body=NewApplication, returns=JobApplication,
            id_name="jobApplicationId")
def create_application(actor: Actor, data: dict[str, Any]) -> JobApplication:
    """Apply for a job, before its deadline and once."""
    return applications.apply(actor, **data)


@api.create("/v1/jobpostings", name="createJobPosting", body=NewPosting, returns=JobPosting, id_name="jobPostingId")
def create_posting(actor: Actor, data: dict[str, Any]) -> JobPosting:
    """Offer a job, in one's own name or in that of a company one administers."""
    return postings.create_posting(actor, **data)


@api.delete("/v1/jobapplications/{jobApplicationId}", name="deleteJobApplication", returns=JobApplication)
def delete_application(actor: Actor, data: dict[str, Any], job_application_id: str) -> JobApplication:
    """Withdraw one's application in any state, or delete a rejected one, as who keeps the posting."""
    return applications.delete_application(actor, job_application_id)


@api.delete("/v1/jobpostings/{jobPostingId}", name="deleteJobPosting", returns=JobPosting)
def delete_posting(actor: Actor, data: dict[str, Any], job_posting_id: str) -> JobPosting:
    """Delete a posting, as who keeps it."""
    return postings.delete_posting(actor, job_posting_id)


@api.get("/v1/jobapplications/{jobApplicationId}", name="getJobApplication", returns=JobApplication)
def get_application(actor: Actor, asked: ReadRequest, job_application_id: str) -> Wire:
    """Get an application, as its applicant or as who keeps the posting."""
    return queries.get_application(actor, job_application_id)


@api.get("/v1/jobpostings/{jobPostingId}", name="getJobPosting", returns=JobPosting)
def get_posting(actor: Actor, asked: ReadRequest, job_posting_id: str) -> Wire:
    """Get a posting; a private one as who keeps it."""
    return queries.get_posting(actor, job_posting_id)


@api.list("/v1/jobapplications", name="listJobApplications", returns=JobApplication,
          filters=queries.APPLICATION_FILTERS, depends_on=(JobPosting, *queries.WHO_KEEPS))
def list_applications(actor: Actor, asked: ReadRequest) -> Listing:
    """List one's own applications and those for the postings one keeps."""
    return queries.list_applications(actor, asked)


@api.list("/v1/jobpostings", name="listJobPostings", returns=JobPosting, filters=queries.POSTING_FILTERS,
          depends_on=(*queries.WHO_KEEPS, *queries.HIDES_POSTINGS))
def list_postings(actor: Actor, asked: ReadRequest) -> Listing:
    """List the postings that the caller may see."""
    return queries.list_postings(actor, asked)


@api.update("/v1/jobapplications/{jobApplicationId}", name="updateJobApplication", body=ApplicationChange,
            returns=JobApplication)
def update_application(actor: Actor, data: dict[str, Any], job_application_id: str) -> JobApplication:
    """Change letter or résumé of one's own application, or move one forward, as who keeps the posting."""
    return applications.change_application(actor, job_application_id, **data)


@api.update("/v1/jobpostings/{jobPostingId}", name="updateJobPosting", body=PostingChange, returns=JobPosting)
def update_posting(actor: Actor, data: dict[str, Any], job_posting_id: str) -> JobPosting:
    """Change a posting, as who keeps it, also behind its deadline."""
    return postings.change_posting(actor, job_posting_id, **data)
