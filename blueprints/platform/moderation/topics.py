"""The topics of moderation's objects, whose names differ by realm: dbevents of adminModeration's additive objects."""
from app.events.topics import db_topic
from app.settings import REALM_CODENAMES


def moderation_topic(realm: str, object_name: str, verb: str) -> str:
    """Return the dbevent of an object (`report`, `moderationCase`, …); `verb` is created, updated or deleted."""
    return db_topic(realm, "adminModeration", object_name, verb)


CASE_WRITTEN = [moderation_topic(realm, "moderationCase", verb)
                for realm in REALM_CODENAMES for verb in ("created", "updated")]
REPORT_CREATED = [moderation_topic(realm, "report", "created") for realm in REALM_CODENAMES]
ACT_UPDATED = [moderation_topic(realm, "moderationAct", "updated") for realm in REALM_CODENAMES]
APPEAL_UPDATED = [moderation_topic(realm, "appeal", "updated") for realm in REALM_CODENAMES]
