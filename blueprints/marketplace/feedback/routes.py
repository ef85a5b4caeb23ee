"""URL map of feedback (contract documents 111–115; reply and reputation are ours, decisions/072)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from blueprints.marketplace.feedback import commands, queries
from blueprints.marketplace.feedback.models import Feedback
from blueprints.marketplace.feedback.policies import POLICIES
from blueprints.marketplace.feedback.schemas import FeedbackChange, FeedbackReply, NewFeedback

api = Routes(POLICIES, {
    "getReputation": ApiNames("", "reputation"),
    "replyToFeedback": ApiNames("feedback-replied")})


@api.create("/v1/feedbacks", name="createFeedback", body=NewFeedback, returns=Feedback, id_name="feedbackId")
def create_feedback(actor: Actor, data: dict[str, Any]) -> Feedback:
    """Review an order item that was delivered."""
    return commands.give_feedback(actor, **data)


@api.delete("/v1/feedbacks/{feedbackId}", name="deleteFeedback", returns=Feedback)
def delete_feedback(actor: Actor, data: dict[str, Any], feedback_id: str) -> Feedback:
    """Delete a feedback, as its buyer or staff."""
    return commands.delete_feedback(actor, feedback_id)


@api.get("/v1/feedbacks/{feedbackId}", name="getFeedback", returns=Feedback)
def get_feedback(actor: Actor, asked: ReadRequest, feedback_id: str) -> Wire:
    """Get a feedback."""
    return queries.get_feedback(actor, feedback_id)


@api.list("/v1/feedbacks", name="listFeedbacks", returns=Feedback, filters=queries.FILTERS, same_for_role=True)
def list_feedback(actor: Actor, asked: ReadRequest) -> Listing:
    """List feedback: received by a seller, given by a buyer, on a product or an order item."""
    return queries.list_feedback(actor, asked)


@api.update("/v1/feedbacks/{feedbackId}", name="updateFeedback", body=FeedbackChange, returns=Feedback)
def update_feedback(actor: Actor, data: dict[str, Any], feedback_id: str) -> Feedback:
    """Change rating or comment, as its buyer or staff."""
    return commands.change_feedback(actor, feedback_id, **data)


@api.update("/v1/feedbacks/{feedbackId}/reply", name="replyToFeedback", body=FeedbackReply, returns=Feedback)
def reply_to_feedback(actor: Actor, data: dict[str, Any], feedback_id: str) -> Feedback:
    """Answer a feedback in public, as its seller; the answer may be changed once."""
    return commands.reply_to_feedback(actor, feedback_id, **data)


@api.get("/v1/reputations/{userId}", name="getReputation")
def get_reputation(actor: Actor, asked: ReadRequest, user_id: str) -> Wire:
    """Get what buyers think of a seller: number, average and stars, overall and of the last twelve months."""
    return queries.get_reputation(actor.realm, user_id)
