"""Who may call jobApplication: whoever is logged in (NET-31); whose rows they are, commands and queries check."""
from app.identity.access import Predicate, logged_in

POLICIES: dict[str, Predicate] = dict.fromkeys((
    "createJobApplication", "createJobPosting", "deleteJobApplication", "deleteJobPosting", "getJobApplication",
    "getJobPosting", "listJobApplications", "listJobPostings", "updateJobApplication", "updateJobPosting"), logged_in)
