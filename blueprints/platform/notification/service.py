"""Notices and the letters about accounts, in every realm, as one declaration."""
from app.data.person_rows import ERASED, exported, rows_of_people
from app.notify.device_tokens import DeviceToken
from app.notify.fcm_account import read_account
from app.notify.letter_templates import PersonLocales
from app.notify.letters import FRAME, PLATFORM_TEMPLATES
from app.notify.mailbox import channel_topic
from app.notify.models import CHANNELS
from app.ops.mends import Mend
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.notification import jobs, subscribers
from blueprints.platform.notification.checks import check_texts
from blueprints.platform.notification.models import (
    DigestItem,
    NoticePreference,
    NoticeSetting,
    StoredNotice,
    UnreadCount,
)
from blueprints.platform.notification.preferences import locales_of
from blueprints.platform.notification.unread import check_unread, mend_unread
from blueprints.platform.notification.words import DIGEST_LETTER, KINDS

SERVICE = ServiceDeclaration(
    name="notification", version="1.0.0", description="What people are told, and letters about accounts.",
    realms=EVERY_REALM, path="notification-service",
    routes="blueprints.platform.notification.routes.api",
    background=(jobs, subscribers),
    emits=lambda realm: tuple(channel_topic(realm, channel) for channel in CHANNELS),
    hands_down=(PersonLocales(locales_of),),
    notices=KINDS,
    letters=(*FRAME, *PLATFORM_TEMPLATES.values(), DIGEST_LETTER),
    checks={"unread notifications": check_unread, "letter texts": check_texts},
    settings={"fcm_credentials_file": read_account},
    mends={"unread notifications": Mend("counts the unread notices of these people anew", mend_unread)},
    persons=(
        rows_of_people(StoredNotice, ERASED, "user_id", export=exported("notices", "user_id", without=("event_id",))),
        rows_of_people(UnreadCount, ERASED, "user_id", export="a count of the notices"),
        rows_of_people(NoticePreference, ERASED, "user_id", export=exported("notice-preferences", "user_id")),
        rows_of_people(NoticeSetting, ERASED, "user_id", export=exported("notice-settings", "user_id")),
        rows_of_people(DigestItem, ERASED, "user_id", export="what waits for a letter, and stands in the notices"),
        rows_of_people(DeviceToken, ERASED, "user_id", export=exported(
            "devices", "user_id", without=("id", "token", "token_key"))),
    ),
)
