"""What it means for an order of premium that its payment began, succeeded, failed or went back (rules-network §6D).

Each function runs in the flow's transaction, under the locks of the person's account and of the order."""
import logging
from datetime import datetime, timedelta

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.holdings import handed_down
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.identity.access import require, super_admin
from app.payments.checkout import Bill, Checkout
from app.payments.checkout import Order as AnyOrder
from app.payments.gateway_records import PaymentDispute
from app.payments.records import PaymentAttempt, PaymentRefund
from app.payments.refunds import given_back, refunds_of
from app.payments.states import CANCELED
from blueprints.network.profile import premium_rules as rules
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.premium_payment_models import NetworkCard, NetworkCustomer, PremiumPayment
from blueprints.network.profile.premium_queries import PremiumPlan, premium_plan
from blueprints.network.profile.premium_topics import PAYMENT_STATUS
from blueprints.platform.auth.lending import lock_accounts
from blueprints.platform.people.queries import inactive_among
from blueprints.platform.people.rules import BUYING, SETTLING

log = logging.getLogger("guildhall.premium")

REALM = "network"
TELL_OF_END = "premium-ends"
"""Due work: the letter to a person whose premium ends soon."""
_KEPT = ("won", "prevented")
"""The gateway's words for a dispute that leaves the money with the house."""


def lock_person(work: UnitOfWork, order_id: str) -> None:
    """Lock the account of the person an order is for: it decides over the periods of all orders of that person."""
    for row in work.rows(select(Premiumsubscription.user_id).where(Premiumsubscription.id == order_id)):
        lock_accounts(work, [row.user_id])


def bill(order: AnyOrder) -> Bill:
    """Return what the order asks for (checkout configuration of §6D)."""
    return Bill(order.price, order.currency, order.user_id,
                f"Making subscription for this userId: {order.user_id} with profileId: {order.profile_id}")


def refuse_unpayable(order: AnyOrder) -> None:
    """Raise RuleViolated unless a payment of the order may start now."""
    if order.paid_at is not None:
        raise RuleViolated("OrderAlreadyPaid", "the order is paid already")
    if not _is_at_its_price(order):
        raise RuleViolated("PriceChanged", "premium costs another price by now; price the order anew, or delete it")
    if inactive_among(REALM, [order.user_id], BUYING):
        raise RuleViolated("PartyInactive", "whoever the order is for is not active at present")


def accepts_payment(order: AnyOrder) -> bool:
    """Return whether money that arrives now is the order's: it is not paid yet, and was not deleted."""
    return bool(order.is_active and order.paid_at is None)


def wants_payment(order: AnyOrder) -> bool:
    """Return whether payments of the order may still be sent or stay open."""
    return accepts_payment(order) and _is_at_its_price(order) and not inactive_among(REALM, [order.user_id], BUYING)


def _is_at_its_price(order: AnyOrder) -> bool:
    if rules.price_stands(order.priced_at, now()):
        return True
    return PremiumPlan(order.price, order.currency, order.days) == premium_plan()


def may_be_sold(order: AnyOrder) -> bool:
    """Return whether money that arrives stays: who it is for is here (decision 41)."""
    return not inactive_among(REALM, [order.user_id], SETTLING)


def on_started(work: UnitOfWork, order: Premiumsubscription, attempt: PaymentAttempt) -> None:
    """A payment is under way."""
    work.change(order, status=rules.PENDING, payment_confirmation="processing")


def on_paid(work: UnitOfWork, order: Premiumsubscription, attempt: PaymentAttempt) -> None:
    """The order is paid: premium begins, or goes on where what is paid already ends (NET-27)."""
    moment = now()
    period = rules.period_of(order.id, moment, _current_end(work, order.user_id), timedelta(days=order.days))
    work.change(order, status=rules.COMPLETED, payment_confirmation="paid", paid_at=moment)
    _count(work, order, period.start, period.end)


def on_unpaid(work: UnitOfWork, order: Premiumsubscription, attempt: PaymentAttempt) -> None:
    """The payment failed: the order stays payable (P-6, P-10)."""
    status = rules.CANCELLED if attempt.state == CANCELED else rules.DECLINED
    work.change(order, status=status, payment_confirmation="canceled")


def on_surplus(work: UnitOfWork, order: Premiumsubscription, attempt: PaymentAttempt) -> None:
    """Money came although nothing was due; the flow gives it back."""


def on_refunded(work: UnitOfWork, order: Premiumsubscription, paid: PaymentAttempt, refund: PaymentRefund) -> None:
    """The gateway gave money back; premium ends when it was the whole, and goes on when it was a part."""
    if not refund.is_surplus and given_back(paid, refunds_of(work, CHECKOUT, order.id)) >= paid.amount:
        _end(work, order, rules.REFUNDED)


def on_refund_lost(work: UnitOfWork, order: Premiumsubscription, paid: PaymentAttempt, refund: PaymentRefund) -> None:
    """A refund that the gateway had confirmed came back: premium stays ended, and the money due until staff send it."""
    log.error("refund %s of premium order %s came back", refund.id, order.id)


def on_disputed(work: UnitOfWork, order: Premiumsubscription, dispute: PaymentDispute, is_news: bool) -> None:
    """A bank takes the payment back: premium ends; what was left of it begins again when the house keeps the money."""
    if not is_news or dispute.status.startswith("warning_"):
        return
    if dispute.status not in _KEPT:
        _end(work, order, rules.DISPUTED)
    elif order.status == rules.DISPUTED:
        _resume(work, order)


def _end(work: UnitOfWork, order: Premiumsubscription, status: str) -> None:
    """End what an order gives, once, and move up what was paid for the time behind it."""
    if order.unused_seconds is None or status == rules.REFUNDED:
        work.change(order, status=status, payment_confirmation="canceled")
    if order.unused_seconds is not None or order.period_start is None or order.period_end is None:
        return
    moment = now()
    period = rules.Period(order.id, order.period_start, order.period_end)
    cut = rules.cut(period, moment)
    others = {one.id: one for one in _counting(work, order.user_id) if one.id != order.id}
    later = [rules.Period(one.id, one.period_start, one.period_end) for one in others.values()
             if one.period_start is not None and one.period_end is not None]
    work.change(order, unused_seconds=int((period.end - cut.end).total_seconds()))
    _count(work, order, cut.start, cut.end)
    for moved in rules.moved_up(period, moment, later):
        _count(work, others[moved.order_id], moved.start, moved.end)


def _resume(work: UnitOfWork, order: Premiumsubscription) -> None:
    """Give back what was left of an order when it was ended, behind what is paid by now."""
    length = timedelta(seconds=order.unused_seconds or 0)
    period = rules.period_of(order.id, now(), _current_end(work, order.user_id), length)
    work.change(order, status=rules.COMPLETED, payment_confirmation="paid", unused_seconds=None)
    _count(work, order, period.start, period.end)


def part_periods(actor: Actor, user_id: str, reason: str) -> str:
    """Move what a person has paid for behind what counts before it, as `flask doctor --fix premium` has it; returns the
    periods before and after.

    The person's account is locked, which decides over all periods. Raises Forbidden (not the superAdmin), RuleViolated
    (PremiumAgrees)."""
    require(CHECKOUT.overseers(actor), "errMsg_OnlyTheSuperAdminMovesPremium")
    with unit_of_work(actor) as work:
        lock_accounts(work, [user_id])
        orders = {one.id: one for one in work.all(select(Premiumsubscription).where(
            Premiumsubscription.user_id == user_id, Premiumsubscription.payment_confirmation == "paid"))}
        moved = rules.parted(rules.Period(one.id, one.period_start, one.period_end) for one in orders.values()
                             if one.period_start is not None and one.period_end is not None)
        if not moved:
            raise RuleViolated("PremiumAgrees", "what this person has paid for counts one after the other")
        said = []
        for period in moved:
            order = orders[period.order_id]
            was = f"{iso(order.period_start)} to {iso(order.period_end)}"
            _count(work, order, period.start, period.end)
            said.append(f"order {order.id} counted from {was}, and counts from {iso(period.start)} to "
                        f"{iso(period.end)}")
        handed_down(StaffAudit).say(work, "premium.periods-parted", userId=user_id, moved=said, reason=reason)
        work.commit()
    return "; ".join(said)


def _count(work: UnitOfWork, order: Premiumsubscription, start: datetime, end: datetime) -> None:
    """Let an order count from `start` to `end`, and owe the letter that says so in time."""
    work.change(order, period_start=start, period_end=end)
    work.flush()
    work.schedule(TELL_OF_END, order.id, end - rules.TOLD_BEFORE if end > now() else None)


def _current_end(work: UnitOfWork, user_id: str) -> datetime | None:
    return max((one.period_end for one in _counting(work, user_id) if one.period_end is not None), default=None)


def _counting(work: UnitOfWork, user_id: str) -> list[Premiumsubscription]:
    """Return the paid orders of a person that are not over, whose account is locked."""
    return work.all(select(Premiumsubscription).where(
        Premiumsubscription.user_id == user_id, Premiumsubscription.period_end > now(),
        Premiumsubscription.payment_confirmation == "paid"))


CHECKOUT = Checkout(
    name="premiumsubscription", label="Profile-Premiumsubscription-order", realm=REALM, order=Premiumsubscription,
    reference=PremiumPayment, customer=NetworkCustomer, method=NetworkCard, topics=PAYMENT_STATUS, bill=bill,
    default_method=lambda order: None, refuse_unpayable=refuse_unpayable, accepts_payment=accepts_payment,
    wants_payment=wants_payment, may_be_sold=may_be_sold, on_started=on_started, on_paid=on_paid, on_unpaid=on_unpaid,
    on_surplus=on_surplus, on_refunded=on_refunded, on_refund_lost=on_refund_lost, on_disputed=on_disputed,
    lock_first=lock_person, key_prefix="network-", overseers=super_admin)
