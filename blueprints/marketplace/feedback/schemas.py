"""What clients send to feedback, field by field (rules-marketplace §4.2)."""
from app.http.schemas import Identifier, InputSchema, Text, Whole
from blueprints.marketplace.feedback.rules import LEAST_RATING, LONGEST_COMMENT, LONGEST_REPLY, MOST_RATING


class FeedbackChange(InputSchema):
    """Body of updateFeedback, and what an override may change."""

    rating = Whole(least=LEAST_RATING, most=MOST_RATING)
    comment = Text(least=0, most=LONGEST_COMMENT)


class NewFeedback(InputSchema):
    """Body of createFeedback; what names the sale must agree with the order item."""

    rating = Whole(least=LEAST_RATING, most=MOST_RATING, required=True)
    order_id = Identifier(required=True)
    order_item_id = Identifier(required=True)
    seller_id = Identifier(required=True)
    comment = Text(least=0, most=LONGEST_COMMENT)
    product_id = Identifier(required=True)


class FeedbackReply(InputSchema):
    """Body of replyToFeedback."""

    reply = Text(most=LONGEST_REPLY, required=True)
