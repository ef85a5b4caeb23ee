"""What operators see of orders of premium at the terminal, deleted ones too, and what they do about one's payment."""
from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select

from app.actor import Actor
from app.data.columns import iso
from app.data.holdings import handed_down
from app.data.money import to_wire
from app.data.reads import fetch, fetch_one
from app.data.short_ids import ids_named
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import unit_of_work
from app.errors import NotFound
from app.payments.booking import lock_order
from app.payments.pay import Payment
from app.payments.records import PaymentRefund
from app.payments.refunds import request_surplus_refund
from app.payments.reports import failed_refunds
from blueprints.network.profile.premium import audit_refund
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.premium_settlement import CHECKOUT
from blueprints.platform.auth.inspection import find_accounts
from blueprints.platform.checkout.checks import disputes_of_orders
from blueprints.platform.checkout.inspection import reread

Facts = dict[str, Any]
MOST_PEOPLE = 20
"""Whose orders are looked for at most, when a name is meant."""


def orders_named(text: str) -> list[str]:
    """Return the ids of the orders, deleted ones too, that begin or end so (app/data/short_ids.py)."""
    return ids_named(Premiumsubscription, text)


def find_orders(text: str, limit: int) -> list[str]:
    """Return the ids of the latest orders that the text names (orders_named), or of whom it names.

    A person by e-mail or a part of the name: the first MOST_PEOPLE of them."""
    persons = [one["id"] for one in find_accounts("network", text, MOST_PEOPLE)]
    return [row.id for row in fetch(select(Premiumsubscription.id).where(or_(
        Premiumsubscription.id.in_(orders_named(text)), Premiumsubscription.user_id.in_(persons)))
        .order_by(Premiumsubscription.id.desc()).limit(limit))]


def known_order(order_id: str) -> Facts:
    """Return what an operator may see of an order, its price in major units; raises NotFound."""
    row = fetch_one(select(Premiumsubscription).where(Premiumsubscription.id == order_id))
    if row is None:
        raise NotFound
    return {"id": row.id, "orderNumber": row.id, "state": f"{row.status}/{row.payment_confirmation}",
            "userId": row.user_id, "total": to_wire(row.price, row.currency), "currency": row.currency,
            "paidAt": iso(row.paid_at), "periodStart": iso(row.period_start), "periodEnd": iso(row.period_end),
            "isActive": row.is_active}


def refunds_due() -> list[Facts]:
    """Return the orders whose refund failed when nobody was waiting for it, with what is still here."""
    failed = failed_refunds(CHECKOUT.name)
    states = {row.id: row.status for row in fetch(select(Premiumsubscription.id, Premiumsubscription.status).where(
        Premiumsubscription.id.in_({one.order_id for one in failed})))}
    return [{"order": one.order_id, "id": one.order_id, "status": states[one.order_id], "currency": one.currency,
             "left": to_wire(one.amount, one.currency), "surplus": one.is_surplus} for one in failed]


def disputes(*, closed_too: bool = False, order_id: str | None = None) -> list[Facts]:
    """Return the disputes of orders, those to be answered first on top."""
    return disputes_of_orders(CHECKOUT.name, _called_by_id, closed_too=closed_too, order_id=order_id)


def request_surplus(actor: Actor, order_id: str, *, reason: str) -> PaymentRefund:
    """Request once more that what was paid although nothing was due goes back, after its first way back failed.

    Raises NotFound, RuleViolated when there is no such payment."""
    with unit_of_work(actor) as work:
        refund = request_surplus_refund(work, CHECKOUT, lock_order(work, CHECKOUT, order_id), reason=reason)
        audit_refund(work, refund, reason)
        work.commit()
    return refund


def reread_payment(actor: Actor, order_id: str, *, reason: str) -> Payment:
    """Read an order's payment and its refunds anew from the gateway; the audit keeps why, and what it changed.

    Raises NotFound, Forbidden, RuleViolated when no payment was started."""
    before = known_order(order_id)["state"]
    payment = reread(CHECKOUT, actor, order_id)
    with unit_of_work(actor) as work:
        handed_down(StaffAudit).say(work, "premium.payment-reread", orderId=order_id, was=before,
                                    state=known_order(order_id)["state"], reason=reason)
        work.commit()
    return payment


def _called_by_id(order_ids: Collection[str]) -> dict[str, str]:
    return {order_id: order_id for order_id in order_ids}
