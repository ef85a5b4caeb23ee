"""Who is told what of the listings that people watch: each of them each thing once (decisions/073).

What happens to a listing owes work; the work tells its watchers in batches, a transaction each, by an event that
notificationManagement listens to. What a watcher knows stands in the hidden columns of his rows."""
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.clock import now
from app.data.columns import iso
from app.data.money import to_wire
from app.data.unit_of_work import UnitOfWork
from blueprints.marketplace.product_listing.watched import WatchedListing, watched_listings
from blueprints.marketplace.watchlist_cart import rules
from blueprints.marketplace.watchlist_cart.models import WatchlistItem
from blueprints.marketplace.watchlist_cart.topics import WATCHED_NEWS

WATCHERS_AT_ONCE = 200
_SOON = timedelta(milliseconds=1)
_NEWS = {rules.PRICE_FELL: "PRICE_FELL", rules.ENDS_IN_A_DAY: "ENDS_IN_A_DAY",
         rules.ENDS_IN_AN_HOUR: "ENDS_IN_AN_HOUR", rules.SOLD: "SOLD"}
_NOTICED = {rules.ENDS_IN_A_DAY: WatchlistItem.noticed_day, rules.ENDS_IN_AN_HOUR: WatchlistItem.noticed_hour,
            rules.SOLD: WatchlistItem.noticed_sold}


def owe_news(work: UnitOfWork, product_id: str, moments: dict[str, datetime | None]) -> None:
    """Owe the watchers of a listing this news at these moments, by kind; None: not (any more)."""
    for kind, moment in moments.items():
        work.schedule(kind, product_id, moment)


def note_sold(work: UnitOfWork, product_ids: Iterable[str], *, buyer_id: str | None) -> None:
    """Have the watchers told of those listings that are sold out now or won; their buyer knows."""
    for listing in watched_listings(product_ids).values():
        if not listing.is_sold:
            continue
        _note(work, WatchlistItem.product_id == listing.id, WatchlistItem.user_id == buyer_id, noticed_sold=True)
        owe_news(work, listing.id, {rules.SOLD: now()})


def tell_watchers(work: UnitOfWork, kind: str, product_id: str) -> None:
    """Tell one batch of those who watch a listing and do not know yet; owes the next batch, if there is one.

    The rows are locked, and noted in the transaction that tells: nobody is told twice."""
    listing = watched_listings([product_id]).get(product_id)
    if listing is None or not _is_news(kind, listing):
        return
    unaware = work.all(select(WatchlistItem).where(
        WatchlistItem.product_id == product_id, WatchlistItem.is_active.is_(True), _does_not_know(kind, listing))
        .order_by(WatchlistItem.user_id, WatchlistItem.id).limit(WATCHERS_AT_ONCE), lock=True)
    if not unaware:
        return
    known: dict[str, Any] = {"lowest_price": listing.price, "price_currency": listing.currency} if (
        kind == rules.PRICE_FELL) else {_NOTICED[kind].key: True}
    _note(work, WatchlistItem.product_id == product_id, WatchlistItem.user_id.in_({item.user_id for item in unaware}),
          **known)
    # Of a price in another currency than before nobody can say that it fell.
    users = sorted({item.user_id for item in unaware
                    if kind != rules.PRICE_FELL or item.price_currency == listing.currency})
    if users:
        work.emit(WATCHED_NEWS, product_id, _event(kind, listing, users))
    if len(unaware) == WATCHERS_AT_ONCE:
        owe_news(work, product_id, {kind: now() + _SOON})


def _note(work: UnitOfWork, *whose: ColumnElement[bool], **known: Any) -> None:
    """Write down what these watchers know, on their row in every list; no data object changes by it."""
    work.execute(update(WatchlistItem).where(*whose, WatchlistItem.is_active.is_(True)).values(**known)
                 .execution_options(synchronize_session=False))


def _is_news(kind: str, listing: WatchedListing) -> bool:
    if kind == rules.SOLD:
        return listing.is_sold
    if kind == rules.PRICE_FELL:
        return listing.is_available and listing.price is not None
    return listing.is_available and rules.is_reminder_due(kind, listing.ends, now())


def _does_not_know(kind: str, listing: WatchedListing) -> ColumnElement[bool]:
    if kind == rules.PRICE_FELL:
        return or_(WatchlistItem.price_currency != listing.currency, WatchlistItem.lowest_price > listing.price)
    unaware = _NOTICED[kind].is_(False)
    if kind == rules.SOLD or listing.ends is None:
        return unaware
    # Who came later than that saw it himself.
    return and_(unaware, WatchlistItem.created_at <= listing.ends - rules.BEFORE_THE_END[kind])


def _event(kind: str, listing: WatchedListing, users: list[str]) -> dict[str, Any]:
    return {"news": _NEWS[kind], "productId": listing.id, "title": listing.title, "currency": listing.currency,
            "price": to_wire(listing.price, listing.currency), "endsAt": iso(listing.ends), "userIds": users}
