"""Notices and the letters about accounts, in every realm, as one declaration."""
from app.data.person_rows import ERASED, exported, rows_of_people
from app.notify.device_tokens import DeviceToken
from app.notify.letters import FRAME, PLATFORM_TEMPLATES
from app.ops.mends import Mend
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.notification import subscribers
from blueprints.platform.notification.checks import check_texts
from blueprints.platform.notification.models import StoredNotice, UnreadCount
from blueprints.platform.notification.unread import check_unread, mend_unread
from blueprints.platform.notification.words import KINDS

SERVICE = ServiceDeclaration(
    name="notification", version="1.0.0", description="What people are told, and letters about accounts.",
    realms=EVERY_REALM, path="notification-service",
    routes="blueprints.platform.notification.routes.api",
    background=(subscribers,),
    notices=KINDS,
    letters=(*FRAME, *PLATFORM_TEMPLATES.values()),
    checks={"unread notifications": check_unread, "letter texts": check_texts},
    mends={"unread notifications": Mend("counts the unread notices of these people anew", mend_unread)},
    persons=(
        rows_of_people(StoredNotice, ERASED, "user_id", export=exported("notices", "user_id", without=("event_id",))),
        rows_of_people(UnreadCount, ERASED, "user_id", export="a count of the notices"),
        rows_of_people(DeviceToken, ERASED, "user_id", export=exported(
            "devices", "user_id", without=("id", "token", "token_key"))),
    ),
)
