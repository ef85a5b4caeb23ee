"""What `flask doctor` and `flask payments` ask of premium: are orders, payments and periods of one mind?"""
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from app.data.reads import fetch
from app.errors import RuleViolated
from app.payments.gateway.circuit_breaker import webhook_secret
from app.payments.reports import failed_refunds
from app.runtime import runtime
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.premium_queries import premium_plan
from blueprints.network.profile.premium_settlement import CHECKOUT, REALM
from blueprints.platform.checkout.checks import unmatched_payments


def differences() -> list[str]:
    """Return what does not agree, one sentence each; nothing when all agrees."""
    return [*unmatched_payments(CHECKOUT.name, Premiumsubscription), *_overlapping()]


def check_premium() -> tuple[str, str]:
    """Return what `flask doctor` says of premium."""
    try:
        premium_plan()
    except RuleViolated as trouble:
        return "fail", f"PREMIUM_PRICE, PREMIUM_CURRENCY: {trouble.message}"
    if wrong := differences():
        return "fail", f"{len(wrong)} differences (flask payments status --realm network); the first: {wrong[0]}"
    if failed := failed_refunds(CHECKOUT.name):
        return "warn", f"{len(failed)} refunds of premium failed (flask payments status --realm network)"
    if not webhook_secret(runtime().settings, REALM):
        return "warn", "STRIPE_WEBHOOK_SECRET_NETWORK is not set: payments are looked up, not told"
    return "ok", "premium orders, payments and periods agree"


def overlapping_people() -> Sequence[tuple[str, str]]:
    """Return (realm, person) of each who has paid for two periods that count at the same time."""
    return [(REALM, user_id) for user_id in sorted({one.user_id for one, _ in _overlaps()})]


def _overlapping() -> list[str]:
    return [f"orders {one.id} and {other.id} count at the same time" for one, other in _overlaps()]


def _overlaps() -> list[tuple[Any, Any]]:
    """What was paid for one person counts one after the other; returned are the neighbours that do not."""
    periods = defaultdict(list)
    for row in fetch(select(Premiumsubscription.id, Premiumsubscription.user_id, Premiumsubscription.period_start,
                            Premiumsubscription.period_end).where(
            Premiumsubscription.payment_confirmation == "paid").order_by(Premiumsubscription.period_start)):
        periods[row.user_id].append(row)
    return [(one, other) for paid in periods.values() for one, other in pairwise(paid)
            if other.period_start < one.period_end]
