"""URL map of feedback (contract documents 111–115; reply and reputation are ours, decisions/072)."""
from app.actor import Actor
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

api.create("/v1/feedbacks", commands.give_feedback, "Review an order item that was delivered.",
           name="createFeedback", body=NewFeedback, returns=Feedback, id_name="feedbackId")
api.delete("/v1/feedbacks/{feedbackId}", commands.delete_feedback, "Delete a feedback, as its buyer or staff.",
           name="deleteFeedback", returns=Feedback)
api.get("/v1/feedbacks/{feedbackId}", queries.get_feedback, "Get a feedback.", name="getFeedback", returns=Feedback)
api.list("/v1/feedbacks", queries.list_feedback,
         "List feedback: received by a seller, given by a buyer, on a product or an order item.",
         name="listFeedbacks", returns=Feedback, filters=queries.FILTERS, same_for_role=True)
api.update("/v1/feedbacks/{feedbackId}", commands.change_feedback, "Change rating or comment, as its buyer or staff.",
           name="updateFeedback", body=FeedbackChange, returns=Feedback)
api.update("/v1/feedbacks/{feedbackId}/reply", commands.reply_to_feedback,
           "Answer a feedback in public, as its seller; the answer may be changed once.",
           name="replyToFeedback", body=FeedbackReply, returns=Feedback)


@api.get("/v1/reputations/{userId}", name="getReputation")
def get_reputation(actor: Actor, asked: ReadRequest, user_id: str) -> Wire:
    """Get what buyers think of a seller: number, average and stars, overall and of the last twelve months."""
    return queries.get_reputation(actor.realm, user_id)
