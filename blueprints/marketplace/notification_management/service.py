"""notificationManagement as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ERASED, rows_of_people
from app.data.reads.joins import Relation, relations_of
from app.service import ServiceDeclaration
from blueprints.marketplace.notification_management import (
    subscribers,
    subscribers_feedback,
    subscribers_messages,
    subscribers_moderation,
    subscribers_orders,
    subscribers_watchlists,
)
from blueprints.marketplace.notification_management.commands import restore_notification
from blueprints.marketplace.notification_management.models import Notification, UnreadCount
from blueprints.marketplace.notification_management.routes import api
from blueprints.marketplace.notification_management.unread import check_unread

SERVICE = ServiceDeclaration(
    name="notificationManagement", version="1.0.0", description="In-app and mail notifications of users.",
    realms=("marketplace",),
    routes=api,
    background=(subscribers, subscribers_feedback, subscribers_messages, subscribers_moderation,
                subscribers_orders, subscribers_watchlists),
    moderated=(ModeratedKind("NOTIFICATION", restore_notification),),
    checks={"unread notifications": check_unread},
    relations=(relations_of(Notification, Relation("userId", "user")),),
    persons=(
        rows_of_people(Notification, ERASED, "user_id"),
        rows_of_people(UnreadCount, ERASED, "user_id"),
    ),
)
