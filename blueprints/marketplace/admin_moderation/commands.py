"""The writes of adminModeration: the record itself, and what staff does by hand, which never goes without it."""
from decimal import Decimal

from app.clock import now
from app.data.plain import archive_object
from app.data.unit_of_work import unit_of_work
from app.identity.access import require
from app.identity.actor import Actor
from app.payments.flow import Payment
from blueprints.marketplace.admin_moderation.models import ModerationAction
from blueprints.marketplace.admin_moderation.rules import NOBODY, signed
from blueprints.marketplace.auction_offer.offer_commands import offer_second_chance
from blueprints.marketplace.order_management import commands as orders
from blueprints.marketplace.order_management import paying
from blueprints.marketplace.order_management.queries import order_state


def record_action(actor: Actor, *, entity_type: str, entity_id: str, action_type: str, reason: str,
                  id: str | None = None) -> ModerationAction:
    """Record what a member of staff did; nothing is carried out. Raises Forbidden (not staff)."""
    require(actor.is_staff, "errMsg_OnlyStaffModerates")
    with unit_of_work(actor) as work:
        action = work.insert(ModerationAction(
            id=id, admin_id=actor.user_id or NOBODY, entity_id=entity_id, entity_type=entity_type,
            action_type=action_type, reason=signed(reason, actor.operator), action_timestamp=now()))
        work.commit()
    return action


def reword_action(actor: Actor, action_id: str, *, reason: str | None = None) -> ModerationAction:
    """Change the reason of an entry, the only thing that can be changed; raises NotFound."""
    with unit_of_work(actor) as work:
        action = work.lock(ModerationAction, action_id)
        if reason is not None:
            work.change(action, reason=reason)
        work.commit()
    return action


def delete_action(actor: Actor, action_id: str) -> ModerationAction:
    """Soft-delete an entry; raises NotFound."""
    return archive_object(actor, ModerationAction, action_id)


def set_payment_by_hand(actor: Actor, order_id: str, *, status: str, reason: str) -> None:
    """Take an order to a status by hand, with its PAYMENT_FIX entry in the same transaction (§1.3).

    Raises NotFound, Forbidden, RuleViolated like the order's own change of status."""
    with unit_of_work(actor) as work:
        before = order_state(order_id)
        orders.change_status(actor, order_id, status=status)
        _record_fix(actor, order_id, f"{reason}: {before} → {status}")
        work.commit()


def reread_payment(actor: Actor, order_id: str, *, reason: str) -> Payment:
    """Read an order's payment anew from the gateway, and leave a PAYMENT_FIX entry that says what it changed.

    Raises NotFound, RuleViolated when no payment was started."""
    before = order_state(order_id)
    payment = paying.refresh_payment(actor, order_id, {}, cancelled_too=True)
    _record_fix(actor, order_id, f"{reason}: {before} → {order_state(order_id)}")
    return payment


def refund_payment(actor: Actor, order_id: str, *, amount: Decimal | None, reason: str) -> Payment:
    """Give an order's money back (`amount` in major units; None: all that is left), with its PAYMENT_FIX entry.

    Raises NotFound, RuleViolated (never paid, less is left); `result` says how it fared at the gateway."""
    with unit_of_work(actor) as work:
        refund = orders.request_order_refund(actor, order_id, amount=amount, reason=reason, cancelled_too=True)
        _record_fix(actor, order_id, f"{reason}: refund of {refund.amount} minor units {refund.currency}")
        work.commit()
    return paying.send_requested(actor, refund)


def give_second_chance(actor: Actor, product_id: str, *, reason: str) -> str:
    """Offer a won and unpaid auction to the runner-up, with its MANUAL_CORRECTION entry; returns the offer's id.

    Decision 12. Raises NotFound, Forbidden, RuleViolated like the offer itself."""
    with unit_of_work(actor) as work:
        offer = offer_second_chance(actor, product_id)
        record_action(actor, entity_type="PRODUCT", entity_id=product_id, action_type="MANUAL_CORRECTION",
                      reason=f"{reason}: second chance for {offer.buyer_id}")
        work.commit()
    return offer.id


def _record_fix(actor: Actor, order_id: str, reason: str) -> None:
    record_action(actor, entity_type="ORDER", entity_id=order_id, action_type="PAYMENT_FIX", reason=reason)
