"""What happens to bids and offers when their listing is withdrawn: they end with it."""
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.marketplace.auction_offer.offer_commands import decline_open_offers
from blueprints.marketplace.product_listing.topics import PRODUCT_DELETED


@subscribe(PRODUCT_DELETED, name="auction_offer.end_with_listing")
def end_with_listing(work: UnitOfWork, event: Event) -> None:
    """Cancel the bids of a withdrawn auction, decline the offers on a withdrawn listing."""
    if event.payload["type"] == "AUCTION":
        close_auction(work.actor, event.payload["id"], early=True)
    decline_open_offers(work.actor, event.payload["id"])
