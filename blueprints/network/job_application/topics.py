"""Topics of jobApplication that others listen to, literal from the contract."""

POSTING_CREATED = "linkedin-jobapplication-service-dbevent-jobposting-created"
POSTING_UPDATED = "linkedin-jobapplication-service-dbevent-jobposting-updated"
APPLICATION_CREATED = "linkedin-jobapplication-service-dbevent-jobapplication-created"
APPLICATION_UPDATED = "linkedin-jobapplication-service-dbevent-jobapplication-updated"
