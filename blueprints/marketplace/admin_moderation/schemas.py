"""What staff sends to adminModeration."""
from datetime import datetime
from typing import Any

from marshmallow import RAISE, ValidationError, validates_schema

from app.clock import now
from app.http.schemas import Choice, Code, Identifier, InputSchema, Instant, ObjectOf, Text
from blueprints.marketplace.admin_moderation.rules import ACTION_TYPES, ENTITY_TYPES, PAYMENT_STATUSES
from blueprints.marketplace.feedback.schemas import FeedbackChange

_LONGEST_REASON = 2000
_PAID = "paid"


class NewAction(InputSchema):
    """Body of createModerationAction; who and when are the server's."""

    entity_id = Identifier(required=True)
    entity_type = Choice(ENTITY_TYPES, required=True)
    reason = Text(most=_LONGEST_REASON, required=True)
    action_type = Choice(ACTION_TYPES, required=True)


class ActionChange(InputSchema):
    """Body of updateModerationAction; everything but the reason is ignored."""

    reason = Text(most=_LONGEST_REASON)


def _reason(default: str) -> Text:
    return Text(most=_LONGEST_REASON, load_default=default)


class SearchRebuilding(InputSchema):
    """Body of /rebuild-search-index."""

    reason = _reason("Manual search index rebuild")


def _not_in_future(moment: datetime) -> None:
    if moment > now():
        raise ValidationError("must not be in the future")


class PaymentParams(InputSchema):
    """What of a payment can be corrected; anything else is refused, lest staff believe it was."""

    class Meta:
        unknown = RAISE

    status = Choice(PAYMENT_STATUSES)
    payment_intent_id = Code()
    paid_at = Instant(validate=_not_in_future)
    payment_confirmation = Text(data_key="_paymentConfirmation", metadata={
        "description": "follows from the payment; compared with it, never written"})

    @validates_schema
    def _sensible(self, data: dict[str, Any], **_: Any) -> None:
        status = data.get("status")
        if not data:
            raise ValidationError("expected at least one of status, paymentIntentId, paidAt, _paymentConfirmation")
        if status in ("PAID", "REFUNDED") and data.get("payment_confirmation", _PAID) != _PAID:
            raise ValidationError(f"must be {_PAID} with status {status}", "_paymentConfirmation")
        if status == "REFUNDED" and not data.keys() <= {"status", "payment_confirmation"}:
            raise ValidationError("REFUNDED gives money back and corrects nothing else", "status")


class PaymentFix(InputSchema):
    """Body of /fix-payment-record."""

    order_id = Identifier(required=True)
    fix_params = ObjectOf(PaymentParams, required=True)
    reason = _reason("Manual payment status correction")


class FeedbackParams(FeedbackChange):
    """What of a feedback staff corrects; anything else is refused, lest staff believe it was."""

    class Meta:
        unknown = RAISE

    @validates_schema
    def _something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("expected at least one of rating, comment")


class FeedbackOverride(InputSchema):
    """Body of /override-feedback."""

    feedback_id = Identifier(required=True)
    update_params = ObjectOf(FeedbackParams, required=True)
    reason = _reason("Feedback manually corrected by admin")


class MediaFlag(InputSchema):
    """Body of /flag-media-asset."""

    media_asset_id = Identifier(required=True)
    reason = _reason("Media flagged & removed by admin")


class Restoration(InputSchema):
    """Body of /restore-soft-deleted-entity."""

    entity_type = Choice(ENTITY_TYPES, required=True)
    entity_id = Identifier(required=True)
    reason = _reason("Entity manually restored by admin")
