"""Who sees bids and offers (rules-marketplace §2.2): the history of bids is public, an offer is its two parties'."""
from app.data.visibility import Visibility, any_of, is_, me, not_
from blueprints.marketplace.auction_offer.models import Bid, Offer

BIDS = Visibility(Bid, any_of(not_(is_("status", "CANCELLED")), me("userId")))
OFFERS = Visibility(Offer, any_of(me("buyerId"), me("sellerId")))
