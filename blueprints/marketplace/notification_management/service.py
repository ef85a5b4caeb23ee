"""notificationManagement as one declaration."""
from app.data.person_rows import ERASED, rows_of_people
from app.service import ServiceDeclaration
from blueprints.marketplace.notification_management import subscribers, subscribers_orders, subscribers_watchlists
from blueprints.marketplace.notification_management.models import Notification
from blueprints.marketplace.notification_management.routes import api

SERVICE = ServiceDeclaration(
    name="notificationManagement", version="1.0.0", description="In-app and mail notifications of users.",
    realms=("marketplace",),
    routes=api,
    background=(subscribers, subscribers_orders, subscribers_watchlists),
    persons=(
        rows_of_people(Notification, ERASED, "user_id"),
    ),
)
