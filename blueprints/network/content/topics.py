"""Topics of content that others listen to: the dbevents of its objects."""
from app.events.topics import db_topic

_REALM, _SERVICE = "network", "content"

POST_CREATED = db_topic(_REALM, _SERVICE, "post", "created")
POST_UPDATED = db_topic(_REALM, _SERVICE, "post", "updated")
POST_DELETED = db_topic(_REALM, _SERVICE, "post", "deleted")
LIKE_CREATED = db_topic(_REALM, _SERVICE, "like", "created")
COMMENT_CREATED = db_topic(_REALM, _SERVICE, "comment", "created")
COMMENT_UPDATED = db_topic(_REALM, _SERVICE, "comment", "updated")
