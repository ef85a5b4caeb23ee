"""Who sees notifications: whom they are for (rules-marketplace §6.2)."""
from app.data.visibility import Visibility, me
from blueprints.marketplace.notification_management.models import Notification

NOTIFICATIONS = Visibility(Notification, me("userId"))
