"""The one topic that notices send."""
from app.events.topics import service_topic

FOLLOWERS_LEFT = service_topic("network", "notices", "followers-left")
"""An update of a company that some of its followers have not been told of yet."""
