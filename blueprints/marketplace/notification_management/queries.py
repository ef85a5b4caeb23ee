"""The reads of notificationManagement: everybody's own, newest first (rules-marketplace §6.2)."""
from app.actor import Actor
from app.data.reads import Listing, get_row, list_rows
from app.data.reads.filters import Filters, equal
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.visibility import holds, seen_by
from app.identity.access import require
from blueprints.marketplace.notification_management.models import Notification
from blueprints.marketplace.notification_management.visibility import NOTIFICATIONS
from blueprints.platform.notification.unread import unread_of

NOTIFICATION_FILTERS = Filters((
    equal(Notification.notification_type), equal(Notification.user_id), equal(Notification.channel),
    equal(Notification.is_read)))


def get_notification(actor: Actor, notification_id: str) -> Wire:
    """Return a notification to its receiver or to staff; raises NotFound, Forbidden."""
    row = get_row(Notification, notification_id)
    require(holds(NOTIFICATIONS, row, actor))
    return row


def list_notifications(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's notifications, newest first, and how many are unread; staff see everybody's."""
    listing = list_rows(Notification, asked.page, *asked.where, *seen_by(NOTIFICATIONS, actor),
                        order=(Notification.created_at.desc(), Notification.id.desc()))
    listing.extras["unread"] = unread_of(actor)
    return listing
