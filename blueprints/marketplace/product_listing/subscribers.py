"""What happens to listings when their seller is gone for good; while he may return they only rest (decision 41)."""
from collections.abc import Sequence

from app.actor import system_actor
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from blueprints.marketplace.product_listing.commands import withdraw_listings_of
from blueprints.marketplace.product_listing.topics import PRODUCT_CREATED
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.people.queries import is_gone_for_good


@subscribe_batch(user_topic("marketplace", "deleted"), name="product_listing.end_with_seller")
def end_with_seller(events: Sequence[Event]) -> None:
    """Withdraw the listings of sellers whom staff deleted, or who were purged."""
    for event in events:
        if is_gone_for_good(event.realm, event.key):
            withdraw_listings_of(system_actor(event.realm), event.key, event.request_id)


@subscribe_batch(PRODUCT_CREATED, name="product_listing.end_what_came_late")
def end_what_came_late(events: Sequence[Event]) -> None:
    """Withdraw listings that were made while their seller was deleted: nothing locks an account for that long."""
    causes = {(event.realm, event.payload["sellerId"]): event.request_id for event in events}
    for (realm, seller_id), cause in causes.items():
        if is_gone_for_good(realm, seller_id):
            withdraw_listings_of(system_actor(realm), seller_id, cause)
