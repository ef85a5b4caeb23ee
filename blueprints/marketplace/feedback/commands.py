"""The writes of feedback: the buyer's, the seller's reply, and staff's corrections (rules-marketplace §4).

Whatever changes a rating changes the seller's counters in the same transaction."""
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.actor import Actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.identity.access import require, require_self, require_self_or_staff
from app.runtime import runtime
from blueprints.marketplace.feedback.audit import record_correction
from blueprints.marketplace.feedback.counting import count
from blueprints.marketplace.feedback.models import Feedback
from blueprints.marketplace.feedback.rules import is_open, month_of
from blueprints.marketplace.order_management.queries import SoldItem, sold_item
from blueprints.platform.moderation.moderators import refuse_own
from blueprints.platform.people.queries import is_gone_for_good, refuse_inactive

BY_ADMIN = "Feedback manually corrected by admin"  # the contract's reason where none is given (§1.2)
_DELETED, _REPLIED = "Feedback deleted by admin", "Reply written for the seller"


def give_feedback(actor: Actor, *, order_item_id: str, order_id: str, seller_id: str, product_id: str, rating: int,
                  comment: str | None = None, id: str | None = None) -> Feedback:
    """Review an order item that one bought; what it was and whose is taken from the item (§4.3).

    Raises NotFound (no such item), Forbidden (another's order, AccountInactive), RuleViolated (OrderMismatch,
    OrderNotDelivered, FeedbackClosed, ItemMismatch, SellerGone), DuplicateRecord (FeedbackExists)."""
    with unit_of_work(actor) as work:
        item = sold_item(order_item_id)
        _refuse_if(item.order_id != order_id, "OrderMismatch", "The item is not of this order")
        require(actor.is_user(item.buyer_id), "errMsg_orderBelongsToOthers")
        refuse_inactive(actor)
        if item.delivered_at is None:
            raise RuleViolated("OrderNotDelivered", "Feedback is given once the order is delivered")
        _refuse_closed(item.delivered_at)
        _refuse_if((item.seller_id, item.product_id) != (seller_id, product_id), "ItemMismatch",
                   "sellerId and productId are not those of the item")
        _refuse_if(is_gone_for_good(actor.realm, item.seller_id), "SellerGone", "The seller has no account any more")
        feedback = work.insert(Feedback(
            id=id, rating=rating, comment=comment, buyer_id=item.buyer_id, month=month_of(now()),
            delivered_at=item.delivered_at, **_said_by(item)))
        count(work, feedback, added=rating)
        work.commit()
    return feedback


def change_feedback(actor: Actor, feedback_id: str, *, rating: int | None = None,
                    comment: str | None = None) -> Feedback:
    """Change one's own rating or comment while it is open; what staff change of others' is an override.

    Raises NotFound, Forbidden (neither buyer nor staff, AccountInactive), RuleViolated (FeedbackClosed)."""
    with unit_of_work(actor) as work:
        feedback = work.lock(Feedback, feedback_id)
        require_self_or_staff(actor, feedback.buyer_id)
        if actor.is_user(feedback.buyer_id):
            refuse_inactive(actor)
            _refuse_closed(feedback.delivered_at)
            rewrite(work, feedback, _given(rating, comment))
        else:
            override_feedback(actor, feedback_id, rating=rating, comment=comment)
        work.commit()
    return feedback


def override_feedback(actor: Actor, feedback_id: str, *, rating: int | None = None, comment: str | None = None,
                      reason: str = BY_ADMIN) -> None:
    """Correct a feedback as staff, whatever its age, with its FEEDBACK_OVERRIDE entry in the same transaction (§1.3).

    Values are those that FeedbackChange (schemas.py) lets through. Raises NotFound, Forbidden (not staff), RuleViolated
    (OwnCase: it is said of the actor)."""
    require(actor.is_staff)
    with unit_of_work(actor) as work:
        feedback = work.lock(Feedback, feedback_id)
        refuse_own(actor, feedback.seller_id)
        rewrite(work, feedback, _given(rating, comment))
        record_correction(actor, feedback_id, "FEEDBACK_OVERRIDE", reason)
        work.commit()


def delete_feedback(actor: Actor, feedback_id: str, *, reason: str = _DELETED) -> Feedback:
    """Soft-delete a feedback, at any time: its buyer, who may then write anew, or staff with a SOFT_DELETE entry.

    Raises NotFound, Forbidden (neither buyer nor staff), RuleViolated (OwnCase: it is said of the actor)."""
    with unit_of_work(actor) as work:
        feedback = work.lock(Feedback, feedback_id)
        require_self_or_staff(actor, feedback.buyer_id)
        refuse_own(actor, feedback.seller_id)
        work.archive(feedback)
        count(work, feedback, taken=feedback.rating)
        if not actor.is_user(feedback.buyer_id):
            record_correction(actor, feedback_id, "SOFT_DELETE", reason)
        work.commit()
    return feedback


def restore_feedback(actor: Actor, feedback_id: str) -> bool:
    """Bring a deleted feedback back as staff, who leave the RESTORE entry; returns whether it was gone (§1.3).

    Raises NotFound, Forbidden (not staff), DuplicateRecord (FeedbackExists: its buyer has written anew), RuleViolated
    (OwnCase: it is said of the actor)."""
    require(actor.is_staff)
    with unit_of_work(actor) as work:
        feedback = work.lock(Feedback, feedback_id, archived_too=True)
        refuse_own(actor, feedback.seller_id)
        was_gone = not feedback.is_active
        if was_gone:
            work.restore(feedback)
            count(work, feedback, added=feedback.rating)
        work.commit()
    return was_gone


def reply_to_feedback(actor: Actor, feedback_id: str, *, reply: str) -> Feedback:
    """Answer a feedback in public as its seller: written once, changed once (decisions/072).

    Raises NotFound, Forbidden (not the seller, AccountInactive), RuleViolated (ReplyIsFinal)."""
    with unit_of_work(actor) as work:
        feedback = work.lock(Feedback, feedback_id)
        require_self(actor, feedback.seller_id)
        refuse_inactive(actor)
        if feedback.reply is None:
            work.change(feedback, reply=reply, replied_at=now())
        elif feedback.reply != reply:
            _refuse_if(feedback.reply_changed_at is not None, "ReplyIsFinal", "A reply is changed once")
            work.change(feedback, reply=reply, reply_changed_at=now())
        if not actor.is_user(feedback.seller_id):
            record_correction(actor, feedback_id, "MANUAL_CORRECTION", _REPLIED)
        work.commit()
    return feedback


def rewrite(work: UnitOfWork, feedback: Feedback, values: Mapping[str, Any]) -> None:
    """Set rating or comment of a locked feedback, and count the difference."""
    before = feedback.rating
    work.change(feedback, **values)
    count(work, feedback, added=feedback.rating, taken=before)


def _given(rating: int | None, comment: str | None) -> dict[str, Any]:
    return {name: value for name, value in (("rating", rating), ("comment", comment)) if value is not None}


def _said_by(item: SoldItem) -> dict[str, str]:
    return {"order_id": item.order_id, "order_item_id": item.id, "seller_id": item.seller_id,
            "product_id": item.product_id}


def _refuse_closed(delivered_at: datetime) -> None:
    days = runtime().settings.feedback_days
    _refuse_if(not is_open(delivered_at, days, now()), "FeedbackClosed",
               f"Feedback is given and changed within {days} days of the delivery")


def _refuse_if(fault: bool, code: str, message: str) -> None:
    if fault:
        raise RuleViolated(code, message)
