"""How bids and offers are read: as their lists show them, with the maxima that the caller may know."""
from app.data.visibility import ReadObject
from blueprints.marketplace.auction_offer.queries import BID_FILTERS, OFFER_FILTERS, offers_as_of_now, revealed
from blueprints.marketplace.auction_offer.visibility import BIDS, OFFERS

READABLE = (
    ReadObject(BIDS, facets=("status", "currency"), filters=BID_FILTERS,
               completed=lambda actor, asked, rows: revealed(actor, rows), adds=("visibleAmount",)),
    ReadObject(OFFERS, facets=("status", "currency"),
               searched=("buyerId", "currency", "productId", "offerAmount", "sellerId", "status", "expiresAt"),
               filters=OFFER_FILTERS, completed=lambda actor, asked, rows: offers_as_of_now(rows)),
)
