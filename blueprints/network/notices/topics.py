"""Topics that notices listen to where the service that sends them has none written down yet, and the one they send."""
from app.events.topics import db_topic, service_topic

_REALM = "network"

APPLICATION_CREATED = db_topic(_REALM, "jobApplication", "jobApplication", "created")
APPLICATION_UPDATED = db_topic(_REALM, "jobApplication", "jobApplication", "updated")
MESSAGE_CREATED = db_topic(_REALM, "messaging", "message", "created")

FOLLOWERS_LEFT = service_topic(_REALM, "notices", "followers-left")
"""An update of a company that some of its followers have not been told of yet."""
