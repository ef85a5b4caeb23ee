"""The reads of feedback: what buyers said, and what it comes to for a seller (rules-marketplace §4.2)."""
from collections.abc import Iterable

from sqlalchemy import or_, select

from app.actor import Actor
from app.clock import now
from app.data.held import viewer, viewer_of_role
from app.data.reads import Listing, fetch, get_row, list_rows
from app.data.reads.filters import Filters, equal
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.errors import NotFound
from blueprints.marketplace.feedback.models import ALL_MONTHS, STARS, Feedback, StarCount
from blueprints.marketplace.feedback.rules import a_year_before, month_of, summarize
from blueprints.platform.auth.standings import is_user

FILTERS = Filters((equal(Feedback.rating), equal(Feedback.order_id), equal(Feedback.buyer_id),
                   equal(Feedback.order_item_id), equal(Feedback.seller_id), equal(Feedback.product_id)))
_OLDEST_FIRST = (Feedback.created_at, Feedback.id)


def get_feedback(actor: Actor, feedback_id: str) -> Wire:
    """Return an active feedback; raises NotFound."""
    return get_row(Feedback, feedback_id, viewer=viewer(actor))


def list_feedback(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of active feedback, oldest first; to staff with what is held, marked.

    It is remembered for all callers of a role, so a buyer sees his own HIDDEN feedback by its id alone."""
    return list_rows(Feedback, asked.page, *asked.where, order=_OLDEST_FIRST, viewer=viewer_of_role(actor))


def get_reputation(realm: str, user_id: str) -> Wire:
    """Return {id, userId, count, average, stars, last12Months: {count, average, stars}} of a user as a seller.

    Twelve months are the present one (UTC) and the twelve before it: at most fourteen rows are read.
    Raises NotFound when there is no such user."""
    if not is_user(realm, user_id):
        raise NotFound("User not found")
    since = a_year_before(month_of(now()))
    rows = fetch(select(StarCount.month, *STARS).where(
        StarCount.seller_id == user_id, or_(StarCount.month == ALL_MONTHS, StarCount.month >= since)))
    overall, recent = ([row[1:] for row in rows if (row.month == ALL_MONTHS) is whole] for whole in (True, False))
    return {"id": user_id, "userId": user_id, **_sum(overall), "last12Months": _sum(recent)}


def ratings_of(seller_ids: Iterable[str]) -> dict[str, Wire]:
    """Return id → {ratingAverage, ratingCount} of the sellers that were ever rated, in one statement."""
    wanted = set(seller_ids)
    rows = fetch(select(StarCount.seller_id, *STARS).where(
        StarCount.seller_id.in_(wanted), StarCount.month == ALL_MONTHS)) if wanted else ()
    found = {row.seller_id: summarize(row[1:]) for row in rows}
    return {id: {"ratingAverage": one["average"], "ratingCount": one["count"]} for id, one in found.items()}


def _sum(rows: list[tuple[int, ...]]) -> Wire:
    return summarize([sum(column) for column in zip(*rows, strict=True)] or [0] * len(STARS))
