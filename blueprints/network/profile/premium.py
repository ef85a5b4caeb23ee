"""The writes of premium that call no payment gateway: placing an order, pricing it anew, deleting it, its refund."""
from decimal import Decimal
from typing import Any

from app.actor import Actor
from app.clock import now
from app.data.holdings import handed_down
from app.data.money import minor_of, to_wire
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import InvalidInput, NotFound, RuleViolated
from app.identity.access import require, require_self
from app.payments.booking import lock_order
from app.payments.pay import Payment
from app.payments.records import PaymentRefund
from blueprints.network.profile import premium_rules as rules
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.premium_queries import PremiumPlan, owner_of_profile, premium_plan
from blueprints.network.profile.premium_settlement import CHECKOUT
from blueprints.platform.checkout.refunds import request_refund_once, sent_refund
from blueprints.platform.people.queries import refuse_inactive


def place_order(actor: Actor, *, profile_id: str, currency: str, price: Decimal, status: str,
                user_id: str | None = None, **values: Any) -> Premiumsubscription:
    """Place an order of premium for the caller (a superAdmin: for anybody), at exactly what it costs now.

    Raises Forbidden (another person, another's profile), NotFound, InvalidInput (another price), DuplicateRecord
    (SubscriptionOpen: an order that is not paid is there already) (decision 19, P-4)."""
    payer_id = user_id or str(actor.user_id)
    require_self(actor, payer_id)
    owner_id = owner_of_profile(profile_id)
    if owner_id is None:
        raise NotFound
    require(owner_id == payer_id, "errMsg_ProfileBelongsToAnotherUser")
    plan = premium_plan()
    _require_price(plan, price, currency)
    with unit_of_work(actor) as work:
        refuse_inactive(actor, buyer=payer_id)
        order = work.insert(Premiumsubscription(
            profile_id=profile_id, user_id=payer_id, status=status, priced_at=now(), **_priced(plan), **values))
        work.commit()
    return order


def change_order(actor: Actor, order_id: str, *, price: Decimal | None = None, currency: str | None = None,
                 status: str | None = None, profile_id: str | None = None,
                 user_id: str | None = None) -> Premiumsubscription:
    """Price an order anew, or change what the client calls it, before its payment starts; later both are the server's.

    Raises NotFound, Forbidden, InvalidInput (another person or profile, another price than premium costs now),
    RuleViolated (PriceFrozen) (§6B 158)."""
    with unit_of_work(actor) as work:
        order = work.lock(Premiumsubscription, order_id)
        require_self(actor, order.user_id)
        require(user_id in (None, order.user_id), "errMsg_userIdIsAnotherUser")
        if profile_id not in (None, order.profile_id):
            raise InvalidInput("profileId: cannot be changed", detail={"profileId": "cannot be changed"})
        if price is not None or currency is not None:
            _refuse_price(order, price, currency)
            if _is_untouched(order):
                work.change(order, priced_at=now(), **_priced(premium_plan()))
        if status is not None and _is_untouched(order):
            work.change(order, status=status)
        work.commit()
    return order


def delete_order(actor: Actor, order_id: str) -> Premiumsubscription:
    """Delete an order that is not paid; money that still comes for it goes back.

    Raises NotFound, Forbidden, RuleViolated (SubscriptionPaid, PaymentInProgress) (§6B 136)."""
    with unit_of_work(actor) as work:
        order = work.lock(Premiumsubscription, order_id)
        require_self(actor, order.user_id)
        if order.paid_at is not None:
            raise RuleViolated("SubscriptionPaid", "what was paid is not deleted; staff give it back")
        if order.payment_confirmation == "processing":
            raise RuleViolated("PaymentInProgress", "a payment of this order is under way; refresh it first")
        work.archive(order)
        work.commit()
    return order


def refund_order(actor: Actor, order_id: str, *, reason: str, amount: Decimal | None = None,
                 key: str | None = None) -> Payment:
    """Give an order's money back, whole or `amount` in major units; premium ends when the gateway gave back the whole.

    `key` is the call's Idempotency-Key. Raises NotFound, Forbidden, RuleViolated (never paid, less is left). Without an
    answer of the gateway the refund stays requested, and the settle job asks again (NET-27)."""
    return sent_refund(CHECKOUT, actor, request_order_refund(actor, order_id, reason=reason, amount=amount, key=key))


def request_order_refund(actor: Actor, order_id: str, *, reason: str, amount: Decimal | None = None,
                         key: str | None = None) -> PaymentRefund:
    """Request that an order's money goes back, without asking the gateway, and say so in the audit; raises as
    `refund_order`."""
    require(CHECKOUT.overseers(actor), "errMsg_OnlyTheSuperAdminRefunds")
    with unit_of_work(actor) as work:
        order = lock_order(work, CHECKOUT, order_id)
        minor = None if amount is None else minor_of("amount", amount, order.currency)
        refund, is_new = request_refund_once(work, CHECKOUT, order, amount=minor, reason=reason, key=key)
        if is_new:
            audit_refund(work, refund, reason)
        work.commit()
    return refund


def audit_refund(work: UnitOfWork, refund: PaymentRefund, reason: str) -> None:
    """Say in the audit that staff had money go back, and why: a refund is no data object, so nothing else does."""
    handed_down(StaffAudit).say(work, "premium.refund-requested", orderId=refund.order_id, refundId=refund.id,
                                amount=to_wire(refund.amount, refund.currency), currency=refund.currency, reason=reason)


def _refuse_price(order: Premiumsubscription, price: Decimal | None, currency: str | None) -> None:
    """Refuse a price that is not what premium costs now, or not the order's own once a payment of it has started."""
    if _is_untouched(order):
        _require_price(premium_plan(), price, currency)
    else:
        asked = currency or order.currency
        if asked != order.currency or (price is not None and minor_of("price", price, asked) != order.price):
            raise RuleViolated("PriceFrozen", "the price of an order is frozen once its payment has started")


def _is_untouched(order: Premiumsubscription) -> bool:
    """Return whether no payment of the order was ever started."""
    return order.payment_confirmation == rules.PENDING


def _require_price(plan: PremiumPlan, price: Decimal | None, currency: str | None) -> None:
    """Raise InvalidInput that names what differs from what premium costs."""
    if currency not in (None, plan.currency):
        raise InvalidInput(f"currency: premium is paid in {plan.currency}", detail={"currency": plan.currency})
    if price is not None and minor_of("price", price, plan.currency) != plan.price:
        costs = to_wire(plan.price, plan.currency)
        raise InvalidInput(f"price: premium costs {costs} {plan.currency}", detail={"price": costs})


def _priced(plan: PremiumPlan) -> dict[str, Any]:
    return {"price": plan.price, "currency": plan.currency, "days": plan.days}
