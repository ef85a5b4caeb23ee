"""URL map of auctionOffer (contract documents 078–087; the second chance of decision 12 is ours)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from blueprints.marketplace.auction_offer import commands, offer_commands, queries
from blueprints.marketplace.auction_offer.models import Bid, Offer
from blueprints.marketplace.auction_offer.policies import POLICIES
from blueprints.marketplace.auction_offer.schemas import BidChange, NewBid, NewOffer, OfferAnswer, SecondChance

api = Routes(POLICIES, {"offerSecondChance": ApiNames(event="auctionofferoffer-created")})


@api.create("/v1/auctionofferbids", name="createAuctionOfferBid", body=NewBid, returns=Bid, id_name="auctionOfferBidId")
def create_bid(actor: Actor, data: dict[str, Any]) -> Bid:
    """Bid on an auction, raise the own bid, or buy at once."""
    return commands.place_bid(actor, **data)


@api.create("/v1/auctionofferoffers", name="createAuctionOfferOffer", body=NewOffer, returns=Offer,
            id_name="auctionOfferOfferId")
def create_offer(actor: Actor, data: dict[str, Any]) -> Offer:
    """Offer a price for a fixed-price listing."""
    return offer_commands.make_offer(actor, **data)


@api.delete("/v1/auctionofferbids/{auctionOfferBidId}", name="deleteAuctionOfferBid", returns=Bid)
def delete_bid(actor: Actor, data: dict[str, Any], auction_offer_bid_id: str) -> Bid:
    """Delete a bid before the auction ends."""
    return commands.delete_bid(actor, auction_offer_bid_id)


@api.delete("/v1/auctionofferoffers/{auctionOfferOfferId}", name="deleteAuctionOfferOffer", returns=Offer)
def delete_offer(actor: Actor, data: dict[str, Any], auction_offer_offer_id: str) -> Offer:
    """Delete an offer that was not accepted."""
    return offer_commands.delete_offer(actor, auction_offer_offer_id)


@api.get("/v1/auctionofferbids/{auctionOfferBidId}", name="getAuctionOfferBid", returns=Bid)
def get_bid(actor: Actor, asked: ReadRequest, auction_offer_bid_id: str) -> Wire:
    """Get a bid, as its bidder, the seller or staff."""
    return queries.get_bid(actor, auction_offer_bid_id)


@api.get("/v1/auctionofferoffers/{auctionOfferOfferId}", name="getAuctionOfferOffer", returns=Offer)
def get_offer(actor: Actor, asked: ReadRequest, auction_offer_offer_id: str) -> Wire:
    """Get an offer, as its buyer, its seller or staff."""
    return queries.get_offer(actor, auction_offer_offer_id)


@api.list("/v1/auctionofferbids", name="listAuctionOfferBids", returns=Bid, filters=queries.BID_FILTERS)
def list_bids(actor: Actor, asked: ReadRequest) -> Listing:
    """List bids: the history of an auction."""
    return queries.list_bids(actor, asked.page, asked.where)


@api.list("/v1/auctionofferoffers", name="listAuctionOfferOffers", returns=Offer, filters=queries.OFFER_FILTERS,
          cached=False)
def list_offers(actor: Actor, asked: ReadRequest) -> Listing:
    """List the offers made or received."""
    # Not cached: an offer lapses by the clock, without a write that a cache would notice (AO11).
    return queries.list_offers(actor, asked.page, asked.where)


@api.update("/v1/auctionofferbids/{auctionOfferBidId}", name="updateAuctionOfferBid", body=BidChange, returns=Bid)
def update_bid(actor: Actor, data: dict[str, Any], auction_offer_bid_id: str) -> Bid:
    """Cancel a bid, or as staff settle it."""
    return commands.change_bid_status(actor, auction_offer_bid_id, **data)


@api.update("/v1/auctionofferoffers/{auctionOfferOfferId}", name="updateAuctionOfferOffer", body=OfferAnswer,
            returns=Offer)
def update_offer(actor: Actor, data: dict[str, Any], auction_offer_offer_id: str) -> Offer:
    """Accept, decline, counter or withdraw an offer."""
    return offer_commands.answer_offer(actor, auction_offer_offer_id, **data)


@api.create("/v1/secondchances", name="offerSecondChance", body=SecondChance, returns=Offer)
def create_second_chance(actor: Actor, data: dict[str, Any]) -> Offer:
    """Offer an auction that was won and never paid to the runner-up, as its seller or staff."""
    return offer_commands.offer_second_chance(actor, data["product_id"])
