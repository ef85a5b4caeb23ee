"""Who may take an order to which state, and what it may become next, for its commands (§7.3)."""
from collections.abc import Sequence

from app.actor import Actor
from app.errors import Forbidden, RuleViolated
from app.identity.access import require
from blueprints.marketplace.order_management import rules
from blueprints.marketplace.order_management.models import Order, OrderItem


def roles_of(actor: Actor, order: Order, items: Sequence[OrderItem]) -> frozenset[str]:
    """Return as whom the actor acts on the order (rules.roles_of)."""
    return rules.roles_of(user_id=actor.user_id, is_staff=actor.is_staff, is_super_admin=actor.is_super_admin,
                          buyer_id=order.buyer_id, seller_ids=[item.seller_id for item in items])


def refuse_actor(status: str, roles: frozenset[str]) -> None:
    """Raise Forbidden unless one of the roles may do that at all, by whichever verb (rules-marketplace §7.3)."""
    if not rules.may_ever_set(status, roles) and rules.SOME_SELLER in roles:
        raise Forbidden("errMsg_NotSellerOfAllLines", "NotSellerOfAllLines")
    require(rules.may_ever_set(status, roles), f"errMsg_{status.replace(' ', '')}IsNotYoursToSet")


def refuse_step(order: Order, status: str) -> None:
    """Raise RuleViolated OrderStep unless that status follows the order's."""
    if status in ("PAID", rules.FOR_GOOD) and _may_be_retried(order):  # its card failed; it may still be paid
        return
    if not rules.may_follow(order.status, status, was_paid=order.paid_at is not None):
        raise RuleViolated("OrderStep", f"an order that is {order.status} cannot become {status}")


def _may_be_retried(order: Order) -> bool:
    return order.status == "CANCELLED" and order.released_at is None and order.paid_at is None
