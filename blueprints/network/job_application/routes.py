"""URL map of jobApplication (contract documents 098–107)."""
from app.http.declaration import Routes
from blueprints.network.job_application import applications, postings, queries
from blueprints.network.job_application.models import JobApplication, JobPosting
from blueprints.network.job_application.policies import POLICIES
from blueprints.network.job_application.schemas import ApplicationChange, NewApplication, NewPosting, PostingChange

api = Routes(POLICIES)

api.create("/v1/jobapplications", applications.apply, "Apply for a job, before its deadline and once.",
           name="createJobApplication", body=NewApplication, returns=JobApplication, id_name="jobApplicationId")
api.create("/v1/jobpostings", postings.create_posting,
           "Offer a job, in one's own name or in that of a company one administers.",
           name="createJobPosting", body=NewPosting, returns=JobPosting, id_name="jobPostingId")
api.delete("/v1/jobapplications/{jobApplicationId}", applications.delete_application,
           "Withdraw one's application in any state, or delete a rejected one, as who keeps the posting.",
           name="deleteJobApplication", returns=JobApplication)
api.delete("/v1/jobpostings/{jobPostingId}", postings.delete_posting, "Delete a posting, as who keeps it.",
           name="deleteJobPosting", returns=JobPosting)
api.get("/v1/jobapplications/{jobApplicationId}", queries.get_application,
        "Get an application, as its applicant or as who keeps the posting.",
        name="getJobApplication", returns=JobApplication)
api.get("/v1/jobpostings/{jobPostingId}", queries.get_posting, "Get a posting; a private one as who keeps it.",
        name="getJobPosting", returns=JobPosting)
api.list("/v1/jobapplications", queries.list_applications,
         "List one's own applications and those for the postings one keeps.",
         name="listJobApplications", returns=JobApplication, filters=queries.APPLICATION_FILTERS,
         depends_on=(JobPosting, *queries.WHO_KEEPS))
api.list("/v1/jobpostings", queries.list_postings, "List the postings that the caller may see.",
         name="listJobPostings", returns=JobPosting, filters=queries.POSTING_FILTERS,
         depends_on=(*queries.WHO_KEEPS, *queries.HIDES_POSTINGS))
api.update("/v1/jobapplications/{jobApplicationId}", applications.change_application,
           "Change letter or résumé of one's own application, or move one forward, as who keeps the posting.",
           name="updateJobApplication", body=ApplicationChange, returns=JobApplication)
api.update("/v1/jobpostings/{jobPostingId}", postings.change_posting,
           "Change a posting, as who keeps it, also behind its deadline.",
           name="updateJobPosting", body=PostingChange, returns=JobPosting)
