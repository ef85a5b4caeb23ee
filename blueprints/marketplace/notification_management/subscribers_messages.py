"""Who is notified when messages are sent (rules-marketplace §6.3)."""
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from blueprints.marketplace.messaging.topics import MESSAGE_CREATED
from blueprints.marketplace.notification_management.commands import tell
from blueprints.marketplace.notification_management.rules import Notice


@subscribe(MESSAGE_CREATED, name="notifications.message-received")
def tell_message_received(work: UnitOfWork, event: Event) -> None:
    """Tell the recipient of a message; neither notice nor letter carries a word of it."""
    message = event.payload
    tell(work, event, Notice("MESSAGE_RECEIVED", message["toUserId"]),
         {"messageId": message["id"], "fromUserId": message["fromUserId"]})
