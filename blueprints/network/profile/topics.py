"""Topics of profile that somebody listens to, literal from the contract."""

PROFILE_CREATED = "linkedin-profile-service-dbevent-profile-created"
PROFILE_UPDATED = "linkedin-profile-service-dbevent-profile-updated"
