"""What staff do to feedback by moderation: judge it, hold it, correct it (moderation.md M-1, M-28).

A held feedback is not counted: the seller's stars follow in the same transaction."""
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.data.moderated_kinds import Decide, Subject
from app.data.reads import find_any_row
from app.data.unit_of_work import UnitOfWork
from app.errors import InvalidInput
from blueprints.marketplace.feedback.commands import rewrite
from blueprints.marketplace.feedback.counting import count
from blueprints.marketplace.feedback.models import ALL_MONTHS, Feedback, StarCount
from blueprints.marketplace.feedback.rules import LEAST_RATING, LONGEST_COMMENT, MOST_RATING
from blueprints.platform.moderation.moderators import refuse_own


def feedback_subject(actor: Actor, feedback_id: str) -> Subject | None:
    """Return a feedback as staff judge it; it concerns who wrote it. None where there is none."""
    row = find_any_row(Feedback, feedback_id)
    if row is None:
        return None
    stars = "1 star" if row["rating"] == 1 else f"{row['rating']} stars"
    return Subject(f"feedback with {stars}", row["buyerId"], row, words=row["comment"] or "", held=row["held"],
                   is_active=row["isActive"])


def lock_feedback(work: UnitOfWork, feedback_ids: Collection[str]) -> None:
    """Lock feedback, deleted too, and then the counters of its sellers, both in order of ids; raises NotFound."""
    sellers = {work.lock(Feedback, feedback_id, archived_too=True).seller_id for feedback_id in sorted(feedback_ids)}
    work.all(select(StarCount).where(StarCount.seller_id.in_(sellers), StarCount.month == ALL_MONTHS)
             .order_by(StarCount.seller_id), lock=True)


def hold_feedback(work: UnitOfWork, feedback_id: str, decide: Decide) -> list[str]:
    """Hold a feedback, or let it go, and count its stars no longer, or again.

    Raises NotFound, RuleViolated (OwnCase: it is said of the actor)."""
    feedback = work.lock(Feedback, feedback_id, archived_too=True)
    refuse_own(work.actor, feedback.seller_id)
    kind = decide(feedback.held).kind
    if feedback.is_active and feedback.held is None and kind is not None:
        count(work, feedback, taken=feedback.rating)
    was_held = feedback.held is not None
    work.change(feedback, held=kind)
    if feedback.is_active and was_held and kind is None:
        count(work, feedback, added=feedback.rating)
    return []


def edit_feedback(work: UnitOfWork, feedback_id: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Set rating or comment of a feedback, held too, and return what they were.

    Raises NotFound, InvalidInput, RuleViolated (OwnCase: it is said of the actor)."""
    _refuse_unfit(values)
    feedback = work.lock(Feedback, feedback_id)
    refuse_own(work.actor, feedback.seller_id)
    before = {name: getattr(feedback, name) for name in values}
    rewrite(work, feedback, values)
    return before


def _refuse_unfit(values: Mapping[str, Any]) -> None:
    rating, comment = values.get("rating", LEAST_RATING), values.get("comment")
    wrong = {name: "cannot be corrected" for name in values if name not in ("rating", "comment")}
    if type(rating) is not int or not LEAST_RATING <= rating <= MOST_RATING:
        wrong["rating"] = f"must be a whole number from {LEAST_RATING} to {MOST_RATING}"
    if not (comment is None or (isinstance(comment, str) and len(comment) <= LONGEST_COMMENT)):
        wrong["comment"] = f"must be a text of at most {LONGEST_COMMENT} characters"
    if wrong:
        raise InvalidInput("; ".join(f"{name}: {said}" for name, said in wrong.items()), detail=wrong)
