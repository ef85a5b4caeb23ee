"""The reads of premium: what it costs, who has it until when, a person's orders (decision 19, NET-27, P-4)."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.money import to_payable, to_wire
from app.data.reads import Listing, fetch, fetch_one, get_row, list_rows
from app.data.reads.filters import Filters, equal
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.visibility import holds, seen_by
from app.errors import RuleViolated
from app.identity.access import require
from app.runtime import runtime
from blueprints.network.profile.models import Profile
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.visibility import ORDERS

FILTERS = Filters((
    equal(Premiumsubscription.profile_id, "subscriptionProfileId"),
    equal(Premiumsubscription.currency, "subscriptionCurrency"),
    equal(Premiumsubscription.status, "subscriptionStatus"),
    equal(Premiumsubscription.price, "subscriptionPrice"),
    equal(Premiumsubscription.user_id, "subscriptionUserId"),
    equal(Premiumsubscription.payment_confirmation)))
_OLDEST_FIRST = (Premiumsubscription.created_at, Premiumsubscription.id)


@dataclass(frozen=True, slots=True)
class PremiumPlan:
    """What premium costs now, in minor units of `currency`, for so many days."""

    price: int
    currency: str
    days: int


def premium_plan() -> PremiumPlan:
    """Return what premium costs now; raises RuleViolated when PREMIUM_PRICE is no amount of PREMIUM_CURRENCY."""
    settings = runtime().settings
    try:
        price = to_payable(Decimal(settings.premium_price), settings.premium_currency)
    except ValueError as error:
        raise RuleViolated("PremiumNotSold", f"premium is not sold at present: {error}") from None
    return PremiumPlan(price, settings.premium_currency, settings.premium_days)


def plan_shown_to(actor: Actor) -> Wire:
    """Return what premium costs, and until when the caller has it."""
    plan, until = premium_plan(), premium_until(str(actor.user_id))
    return {"price": to_wire(plan.price, plan.currency), "currency": plan.currency, "days": plan.days,
            "isPremium": until is not None, "premiumUntil": iso(until)}


def owner_of_profile(profile_id: str) -> str | None:
    """Return whose profile that is, None where there is none."""
    row = fetch_one(select(Profile.user_id).where(Profile.id == profile_id, Profile.is_active.is_(True)))
    return None if row is None else str(row.user_id)


def is_premium(user_id: str) -> bool:
    """Return whether a person is premium now: the clock decides (NET-27)."""
    return bool(premium_among([user_id]))


def premium_until(user_id: str) -> datetime | None:
    """Return when a person's premium ends, as it is paid by now; None for who has none."""
    return fetch(select(func.max(Premiumsubscription.period_end)).where(
        Premiumsubscription.user_id == user_id, *_counts_now()))[0][0]


def profile_glance(user_id: str) -> tuple[list[Wire], str | None]:
    """Return what operators see of a person's profile, held too, at most one row, and until when premium is paid.

    In one statement, and without what the profile says: it may be private (NET-15)."""
    of_premium = select(func.max(Premiumsubscription.period_end)).where(
        Premiumsubscription.user_id == user_id, *_counts_now()).scalar_subquery().label("premium_until")
    one = select(of_premium).subquery()
    is_theirs = (Profile.user_id == user_id) & Profile.is_active.is_(True)
    row = fetch(select(one.c.premium_until, Profile.id, Profile.profile_visibility, Profile.audience,
                       Profile.created_at, Profile.held).select_from(one.outerjoin(Profile.__table__, is_theirs)))[0]
    profile = {"id": row.id, "visibility": row.profile_visibility, "audience": row.audience,
               "createdAt": iso(row.created_at), "held": row.held}
    return [profile] if row.id else [], iso(row.premium_until)


def premium_among(user_ids: Iterable[str]) -> frozenset[str]:
    """Return which of these people are premium now, in one statement."""
    wanted = sorted(set(user_ids))
    if not wanted:
        return frozenset()
    rows = fetch(select(Premiumsubscription.user_id).where(Premiumsubscription.user_id.in_(wanted), *_counts_now()))
    return frozenset(row.user_id for row in rows)


def _counts_now() -> tuple[ColumnElement[bool], ...]:
    """What is paid runs without a gap, so whatever ends later than now also covers now."""
    return Premiumsubscription.period_end > now(), Premiumsubscription.payment_confirmation == "paid"


def get_order(actor: Actor, order_id: str) -> Wire:
    """Return an order of premium to its person; raises NotFound, Forbidden."""
    row = get_row(Premiumsubscription, order_id)
    require(holds(ORDERS, row, actor))
    return row


def list_orders(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the caller's orders of premium, oldest first; all for the superAdmin."""
    return list_rows(Premiumsubscription, asked.page, *asked.where, *seen_by(ORDERS, actor), order=_OLDEST_FIRST)
