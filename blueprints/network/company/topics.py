"""Topics of company that others listen to: the dbevents and API events literal from the contract; the last is ours."""

COMPANY_CREATED = "linkedin-company-service-dbevent-company-created"
COMPANY_UPDATED = "linkedin-company-service-dbevent-company-updated"
COMPANY_DELETED = "linkedin-company-service-dbevent-company-deleted"
ADMIN_CREATED = "linkedin-company-service-dbevent-companyadmin-created"
ADMIN_DELETED = "linkedin-company-service-dbevent-companyadmin-deleted"
FOLLOWER_CREATED = "linkedin-company-service-dbevent-companyfollower-created"
FOLLOWER_UPDATED = "linkedin-company-service-dbevent-companyfollower-updated"
FOLLOWER_DELETED = "linkedin-company-service-dbevent-companyfollower-deleted"
UPDATE_CREATED = "linkedin-company-service-dbevent-companyupdate-created"
UPDATE_UPDATED = "linkedin-company-service-dbevent-companyupdate-updated"
UPDATE_DELETED = "linkedin-company-service-dbevent-companyupdate-deleted"

COMPANY_FOLLOWED = "linkedin-company-service-company-followed"
ADMIN_ASSIGNED = "linkedin-company-service-companyadmin-assigned"

COMPANY_ORPHANED = "linkedin-company-service-company-orphaned"
