"""auctionOffer as one declaration."""
from functools import partial

from app.service import ServiceDeclaration
from blueprints.marketplace.auction_offer import jobs, subscribers
from blueprints.marketplace.auction_offer.routes import api
from blueprints.marketplace.auction_offer.rules import parse_increments

SERVICE = ServiceDeclaration(
    name="auctionOffer", version="1.0.0", description="Bids on auctions and offers on fixed-price listings.",
    realms=("marketplace",),
    routes=api,
    background=(jobs, subscribers),
    cli=("cli.auctions",),
    settings={"bid_increments": partial(parse_increments, minor_factor=100)},
)
