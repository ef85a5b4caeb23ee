"""Who is notified when buyers review what they bought (rules-marketplace §6.3)."""
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from blueprints.marketplace.feedback.topics import FEEDBACK_CREATED
from blueprints.marketplace.notification_management.commands import tell
from blueprints.marketplace.notification_management.rules import Notice


@subscribe(FEEDBACK_CREATED, name="notifications.feedback-received")
def tell_feedback_received(work: UnitOfWork, event: Event) -> None:
    """Tell the seller of a feedback."""
    feedback = event.payload
    tell(work, event, Notice("FEEDBACK_RECEIVED", feedback["sellerId"]), {
        "feedbackId": feedback["id"], "rating": feedback["rating"], "productId": feedback["productId"]})
