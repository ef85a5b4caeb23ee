"""notificationManagement as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ERASED, exported, rows_of_people
from app.data.reads.joins import Relation, relations_of
from app.service import ServiceDeclaration
from blueprints.marketplace.notification_management import (
    subscribers,
    subscribers_feedback,
    subscribers_messages,
    subscribers_orders,
    subscribers_watchlists,
)
from blueprints.marketplace.notification_management.commands import restore_notification
from blueprints.marketplace.notification_management.index import READABLE
from blueprints.marketplace.notification_management.letters import KINDS
from blueprints.marketplace.notification_management.models import Notification
from blueprints.marketplace.notification_management.store import STORE
from blueprints.platform.notification.port import NoticeStores

SERVICE = ServiceDeclaration(
    name="notificationManagement", version="1.0.0", description="In-app and mail notifications of users.",
    realms=("marketplace",),
    routes="blueprints.marketplace.notification_management.routes.api",
    background=(subscribers, subscribers_feedback, subscribers_messages, subscribers_orders, subscribers_watchlists),
    moderated=(ModeratedKind("NOTIFICATION", Notification, restore_notification),),
    notices=KINDS,
    hands_down=(NoticeStores(marketplace=STORE),),
    readable=READABLE,
    relations=(relations_of(Notification, Relation("userId", "user")),),
    persons=(rows_of_people(Notification, ERASED, "user_id", export=exported("notifications", "user_id")),),
)
