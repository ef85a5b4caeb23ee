"""What happens to listings when their seller is gone for good; while he may return they only rest (decision 41)."""
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from blueprints.marketplace.product_listing.commands import withdraw_listings_of
from blueprints.platform.auth.topics import user_topic
from blueprints.platform.people.queries import is_gone_for_good


@subscribe(user_topic("marketplace", "deleted"), name="product_listing.end_with_seller")
def end_with_seller(work: UnitOfWork, event: Event) -> None:
    """Withdraw the listings of a seller whom staff deleted, or who was purged."""
    if is_gone_for_good(event.realm, event.key):
        withdraw_listings_of(work.actor, event.key)
