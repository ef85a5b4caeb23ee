"""How notifications are read: by whom they are for."""
from app.data.visibility import ReadObject
from blueprints.marketplace.notification_management.queries import NOTIFICATION_FILTERS
from blueprints.marketplace.notification_management.visibility import NOTIFICATIONS

READABLE = (ReadObject(NOTIFICATIONS, facets=("notificationType", "isRead"), searched=(
    "notificationType", "userId", "channel", "isRead"), filters=NOTIFICATION_FILTERS),)
