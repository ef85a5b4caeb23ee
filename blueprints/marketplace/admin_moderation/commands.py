"""The writes of adminModeration: the record itself; corrections of payments come from orderManagement."""
from app.actor import Actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.identity.access import require
from blueprints.marketplace.admin_moderation.models import ModerationAction
from blueprints.marketplace.admin_moderation.rules import NOBODY, signed
from blueprints.marketplace.auction_offer.offer_commands import ask_runner_up
from blueprints.platform.moderation import audit


def record_action(actor: Actor, *, entity_type: str, entity_id: str, action_type: str, reason: str,
                  id: str | None = None, act_kind: str | None = None) -> ModerationAction:
    """Record what a member of staff did, also in the audit; nothing is carried out. Raises Forbidden (not staff)."""
    require(actor.is_staff, "errMsg_OnlyStaffModerates")
    with unit_of_work(actor) as work:
        action = work.insert(ModerationAction(
            id=id, admin_id=actor.user_id or NOBODY, entity_id=entity_id, entity_type=entity_type,
            action_type=action_type, reason=signed(reason, actor.operator), act_kind=act_kind,
            action_timestamp=now()))
        _audit(work, "recorded", action)
        work.commit()
    return action


def note_action(actor: Actor, *, entity_type: str, entity_id: str, action_type: str, reason: str) -> None:
    """The same for other services: what their staff did to the rows of others, in the transaction that does it."""
    record_action(actor, entity_type=entity_type, entity_id=entity_id, action_type=action_type, reason=reason)


def note_act(actor: Actor, entity_type: str, entity_id: str, action_type: str, reason: str,
             act_kind: str | None) -> None:
    """Record an act of moderation, in the transaction that does it (moderation.md M-24)."""
    record_action(actor, entity_type=entity_type, entity_id=entity_id, action_type=action_type, reason=reason,
                  act_kind=act_kind)


def reword_action(actor: Actor, action_id: str, *, reason: str | None = None) -> ModerationAction:
    """Change the reason of an entry, the only thing that can be changed; the audit keeps the former one (decision 31).

    Raises NotFound."""
    with unit_of_work(actor) as work:
        action = work.lock(ModerationAction, action_id)
        if reason is not None and reason != action.reason:
            former = action.reason
            work.change(action, reason=reason)
            _audit(work, "reworded", action, formerReason=former)
        work.commit()
    return action


def delete_action(actor: Actor, action_id: str) -> ModerationAction:
    """Soft-delete an entry, which leaves one in the audit (decision 31); raises NotFound."""
    with unit_of_work(actor) as work:
        action = work.lock(ModerationAction, action_id)
        work.archive(action)
        _audit(work, "deleted", action)
        work.commit()
    return action


def _audit(work: UnitOfWork, verb: str, action: ModerationAction, **facts: str) -> None:
    audit.note(work, f"moderationAction.{verb}", id=action.id, actionType=action.action_type,
               entityType=action.entity_type, entityId=action.entity_id, adminId=action.admin_id,
               reason=action.reason, **facts)


def record_payment_fix(actor: Actor, order_id: str, reason: str) -> ModerationAction:
    """Record what staff did to an order's payment by hand, in the transaction that does it (§1.3)."""
    return record_action(actor, entity_type="ORDER", entity_id=order_id, action_type="PAYMENT_FIX", reason=reason)


def record_feedback_correction(actor: Actor, feedback_id: str, action_type: str, reason: str) -> ModerationAction:
    """Record what staff did to somebody's feedback, in the transaction that does it (§1.3)."""
    return record_action(actor, entity_type="FEEDBACK", entity_id=feedback_id, action_type=action_type, reason=reason)


def give_second_chance(actor: Actor, product_id: str, *, reason: str) -> str:
    """Offer a won and unpaid auction to the runner-up, with its MANUAL_CORRECTION entry; returns the offer's id.

    Decision 12. Raises NotFound, Forbidden, RuleViolated like the offer itself."""
    with unit_of_work(actor) as work:
        given = ask_runner_up(actor, product_id)
        record_action(actor, entity_type="PRODUCT", entity_id=product_id, action_type="MANUAL_CORRECTION",
                      reason=f"{reason}: second chance for {given.buyer_id}")
        work.commit()
    return given.offer_id
