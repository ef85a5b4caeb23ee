"""auctionOffer as one declaration."""
from functools import partial

from app.data.person_rows import ANONYMOUS, exported, rows_of_people
from app.data.reads.joins import JoinTarget, Relation, relations_of
from app.ops.mends import Mend
from app.service import ServiceDeclaration
from blueprints.marketplace.auction_offer import jobs, subscribers
from blueprints.marketplace.auction_offer.checks import check_auctions, mend_auctions
from blueprints.marketplace.auction_offer.commands import take_out_bids_of
from blueprints.marketplace.auction_offer.held_trade import lapse_offers_on, lock_offers_on, revive_trade
from blueprints.marketplace.auction_offer.index import READABLE
from blueprints.marketplace.auction_offer.models import Bid, Offer
from blueprints.marketplace.auction_offer.offer_commands import end_offers_of
from blueprints.marketplace.auction_offer.queries import offers_seen_by
from blueprints.marketplace.auction_offer.rules import parse_increments
from blueprints.marketplace.auction_offer.topics import AUCTION_CLOSED, PRICE_CHANGED
from blueprints.marketplace.product_listing.holds import HeldTrade

SERVICE = ServiceDeclaration(
    name="auctionOffer", version="1.0.0", description="Bids on auctions and offers on fixed-price listings.",
    realms=("marketplace",),
    routes="blueprints.marketplace.auction_offer.routes.api",
    background=(jobs, subscribers),
    emits=lambda _: (AUCTION_CLOSED, PRICE_CHANGED),
    readable=READABLE,
    relations=(
        relations_of(Bid, Relation("userId", "user"), Relation("productId", "productListingProduct")),
        relations_of(Offer, Relation("buyerId", "user"), Relation("sellerId", "user"),
                     Relation("productId", "productListingProduct"), Relation("counterOfferId", "auctionOfferOffer")),
    ),
    targets=(
        JoinTarget("auctionOfferOffer", ("id", "offerAmount", "counterAmount", "currency", "status", "status_idx"),
                   offers_seen_by, personal=True),
    ),
    checks={"auctions": check_auctions},
    mends={"auctions": Mend("lets these auctions stand where their bids put them", mend_auctions)},
    cli=("cli.auctions",),
    hands_down=(HeldTrade(lock_offers_on, lapse_offers_on, revive_trade),),
    settings={"bid_increments": partial(parse_increments, minor_factor=100)},
    persons=(
        # Ended first: a listing takes one standing bid, and one pending offer, of each person, nobody included.
        rows_of_people(Bid, ANONYMOUS, "user_id", why="the history of an auction is its other bidders' too",
                       first=take_out_bids_of, export=exported("bids", "user_id", also=("maximum",))),
        rows_of_people(Offer, ANONYMOUS, "buyer_id", "seller_id", why="the other party keeps the offer",
                       first=end_offers_of,
                       blanks={"buyer_id": {"message": None}, "seller_id": {"counter_message": None}},
                       export=exported("offers", "buyer_id", "seller_id")),
    ),
)
