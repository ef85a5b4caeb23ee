"""What happens to listings that people watch: it owes the work that tells them."""
from collections.abc import Sequence
from datetime import datetime

from app.actor import system_actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe, subscribe_batch
from blueprints.marketplace.auction_offer.topics import AUCTION_CLOSED
from blueprints.marketplace.product_listing.topics import PRODUCT_CREATED, PRODUCT_UPDATED
from blueprints.marketplace.product_listing.watched import watched_listings
from blueprints.marketplace.watchlist_cart import rules
from blueprints.marketplace.watchlist_cart.notices import note_sold, owe_news


@subscribe_batch(PRODUCT_CREATED, PRODUCT_UPDATED, name="watchlist_cart.follow-listings")
def follow_listings(events: Sequence[Event]) -> None:
    """Owe news of a price that fell, and reminders of the end of an auction, at the end it has now.

    Many at once, because each bid changes a listing; of most there is nothing to do. An event may come late: what
    counts is the end that the auction has by now."""
    ending = watched_listings(event.key for event in events if _moves_end(event))
    for event in events:
        moments: dict[str, datetime | None] = {}
        if _may_be_cheaper(event):
            moments[rules.PRICE_FELL] = now()
        if event.key in ending and _moves_end(event):
            moments |= rules.reminders(ending[event.key].ends, now())
        if moments:
            with unit_of_work(system_actor(event.realm), request_id=event.request_id) as work:
                owe_news(work, event.key, moments)
                work.commit()


@subscribe(AUCTION_CLOSED, name="watchlist_cart.auction-closed")
def follow_auction(work: UnitOfWork, event: Event) -> None:
    """Have the watchers of an auction told that it was won; its winner knows."""
    if event.payload["bidId"]:
        note_sold(work, [event.payload["productId"]], buyer_id=event.payload["winnerId"])


def _moves_end(event: Event) -> bool:
    if event.topic == PRODUCT_CREATED:
        return event.payload["effectiveEnd"] is not None
    return "effectiveEnd" in event.payload["newDataValues"]


def _may_be_cheaper(event: Event) -> bool:
    return event.topic == PRODUCT_UPDATED and rules.price_may_have_fallen(
        event.payload["oldDataValues"], event.payload["newDataValues"])
