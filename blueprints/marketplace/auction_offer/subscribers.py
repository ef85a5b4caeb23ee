"""What happens to bids and offers when their listing is withdrawn, or a party of theirs is not active any more."""
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from blueprints.marketplace.auction_offer.commands import close_auction, take_out_bids_of
from blueprints.marketplace.auction_offer.offer_commands import decline_open_offers, end_offers_of
from blueprints.marketplace.product_listing.auction_state import lock_listing
from blueprints.marketplace.product_listing.topics import PRODUCT_DELETED
from blueprints.platform.auth.topics import standing_topic, user_topic
from blueprints.platform.people.queries import inactive_among
from blueprints.platform.people.rules import WINNING


@subscribe(PRODUCT_DELETED, name="auction_offer.end_with_listing")
def end_with_listing(work: UnitOfWork, event: Event) -> None:
    """Cancel the bids of a withdrawn auction, decline the offers on a withdrawn listing; not of one restored since."""
    if lock_listing(work, event.key, withdrawn_too=True).is_active:
        return
    if event.payload["type"] == "AUCTION":
        close_auction(work.actor, event.payload["id"], early=True)
    decline_open_offers(work.actor, event.payload["id"])


@subscribe(standing_topic("marketplace", "locked"), user_topic("marketplace", "deleted"),
           name="auction_offer.end_with_person")
def end_with_person(work: UnitOfWork, event: Event) -> None:
    """Take out the standing bids and let lapse the open offers of who was locked, archived or deleted (decision 41)."""
    if inactive_among(event.realm, [event.key], WINNING):
        take_out_bids_of(work.actor, event.key)
        end_offers_of(work.actor, event.key)
