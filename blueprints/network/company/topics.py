"""Topics of company that others listen to: the dbevents and API events literal from the contract; the last is ours."""

COMPANY_CREATED = "linkedin-company-service-dbevent-company-created"
COMPANY_UPDATED = "linkedin-company-service-dbevent-company-updated"
COMPANY_DELETED = "linkedin-company-service-dbevent-company-deleted"
ADMIN_CREATED = "linkedin-company-service-dbevent-companyadmin-created"
FOLLOWER_CREATED = "linkedin-company-service-dbevent-companyfollower-created"
UPDATE_CREATED = "linkedin-company-service-dbevent-companyupdate-created"
UPDATE_UPDATED = "linkedin-company-service-dbevent-companyupdate-updated"

COMPANY_FOLLOWED = "linkedin-company-service-company-followed"

COMPANY_ORPHANED = "linkedin-company-service-company-orphaned"
