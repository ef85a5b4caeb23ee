"""URL map of auctionOffer (contract documents 078–087; the second chance of decision 12 is ours)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import ServiceBlueprint
from app.http.service import Service
from blueprints.marketplace.auction_offer import commands, offer_commands, queries
from blueprints.marketplace.auction_offer.models import Bid, Offer
from blueprints.marketplace.auction_offer.policies import POLICIES
from blueprints.marketplace.auction_offer.schemas import BidChange, NewBid, NewOffer, OfferAnswer, SecondChance

SERVICE = Service("marketplace", "auctionOffer", "1.0.0", "Bids on auctions and offers on fixed-price listings.")
api = ServiceBlueprint(SERVICE, POLICIES)


@api.create("/v1/auctionofferbids", name="createAuctionOfferBid", data_name="auctionOfferBid",
            event="auctionofferbid-created", body=NewBid, returns=Bid, id_name="auctionOfferBidId")
def create_bid(actor: Actor, data: dict[str, Any]) -> Bid:
    """Bid on an auction, raise the own bid, or buy at once."""
    return commands.place_bid(actor, **data)


@api.create("/v1/auctionofferoffers", name="createAuctionOfferOffer", data_name="auctionOfferOffer",
            event="auctionofferoffer-created", body=NewOffer, returns=Offer, id_name="auctionOfferOfferId")
def create_offer(actor: Actor, data: dict[str, Any]) -> Offer:
    """Offer a price for a fixed-price listing."""
    return offer_commands.make_offer(actor, **data)


@api.delete("/v1/auctionofferbids/{auctionOfferBidId}", name="deleteAuctionOfferBid", data_name="auctionOfferBid",
            event="auctionofferbid-deleted", returns=Bid)
def delete_bid(actor: Actor, data: dict[str, Any], auction_offer_bid_id: str) -> Bid:
    """Delete a bid before the auction ends."""
    return commands.delete_bid(actor, auction_offer_bid_id)


@api.delete("/v1/auctionofferoffers/{auctionOfferOfferId}", name="deleteAuctionOfferOffer",
            data_name="auctionOfferOffer", event="auctionofferoffer-deleted", returns=Offer)
def delete_offer(actor: Actor, data: dict[str, Any], auction_offer_offer_id: str) -> Offer:
    """Delete an offer that was not accepted."""
    return offer_commands.delete_offer(actor, auction_offer_offer_id)


@api.get("/v1/auctionofferbids/{auctionOfferBidId}", name="getAuctionOfferBid", data_name="auctionOfferBid",
         event="auctionofferbid-retrived", returns=Bid)
def get_bid(actor: Actor, asked: ReadRequest, auction_offer_bid_id: str) -> Wire:
    """Get a bid, as its bidder, the seller or staff."""
    return queries.get_bid(actor, auction_offer_bid_id)


@api.get("/v1/auctionofferoffers/{auctionOfferOfferId}", name="getAuctionOfferOffer", data_name="auctionOfferOffer",
         event="auctionofferoffer-retrived", returns=Offer)
def get_offer(actor: Actor, asked: ReadRequest, auction_offer_offer_id: str) -> Wire:
    """Get an offer, as its buyer, its seller or staff."""
    return queries.get_offer(actor, auction_offer_offer_id)


@api.list("/v1/auctionofferbids", name="listAuctionOfferBids", data_name="auctionOfferBids",
          event="auctionofferbids-listed", returns=Bid, filters=queries.BID_FILTERS)
def list_bids(actor: Actor, asked: ReadRequest) -> Listing:
    """List bids: the history of an auction."""
    return queries.list_bids(actor, asked.page, asked.where)


@api.list("/v1/auctionofferoffers", name="listAuctionOfferOffers", data_name="auctionOfferOffers",
          event="auctionofferoffers-listed", returns=Offer, filters=queries.OFFER_FILTERS, cached=False)
def list_offers(actor: Actor, asked: ReadRequest) -> Listing:
    """List the offers made or received."""
    # Not cached: an offer lapses by the clock, without a write that a cache would notice (AO11).
    return queries.list_offers(actor, asked.page, asked.where)


@api.update("/v1/auctionofferbids/{auctionOfferBidId}", name="updateAuctionOfferBid", data_name="auctionOfferBid",
            event="auctionofferbid-updated", body=BidChange, returns=Bid)
def update_bid(actor: Actor, data: dict[str, Any], auction_offer_bid_id: str) -> Bid:
    """Cancel a bid, or as staff settle it."""
    return commands.change_bid_status(actor, auction_offer_bid_id, **data)


@api.update("/v1/auctionofferoffers/{auctionOfferOfferId}", name="updateAuctionOfferOffer",
            data_name="auctionOfferOffer", event="auctionofferoffer-updated", body=OfferAnswer, returns=Offer)
def update_offer(actor: Actor, data: dict[str, Any], auction_offer_offer_id: str) -> Offer:
    """Accept, decline, counter or withdraw an offer."""
    return offer_commands.answer_offer(actor, auction_offer_offer_id, **data)


@api.create("/v1/secondchances", name="offerSecondChance", data_name="auctionOfferOffer",
            event="auctionofferoffer-created", body=SecondChance, returns=Offer)
def create_second_chance(actor: Actor, data: dict[str, Any]) -> Offer:
    """Offer an auction that was won and never paid to the runner-up, as its seller or staff."""
    return offer_commands.offer_second_chance(actor, data["product_id"])
