"""URL map of auctionOffer (contract documents 078–087; the second chance of decision 12 is ours)."""

from app.http.declaration import Routes
from app.http.naming import ApiNames
from blueprints.marketplace.auction_offer import commands, offer_commands, queries
from blueprints.marketplace.auction_offer.models import Bid, Offer
from blueprints.marketplace.auction_offer.policies import POLICIES
from blueprints.marketplace.auction_offer.schemas import BidChange, NewBid, NewOffer, OfferAnswer, SecondChance

api = Routes(POLICIES, {"offerSecondChance": ApiNames(event="auctionofferoffer-created")})

api.create("/v1/auctionofferbids", commands.place_bid, "Bid on an auction, raise the own bid, or buy at once.",
           name="createAuctionOfferBid", body=NewBid, returns=Bid, id_name="auctionOfferBidId")
api.create("/v1/auctionofferoffers", offer_commands.make_offer, "Offer a price for a fixed-price listing.",
           name="createAuctionOfferOffer", body=NewOffer, returns=Offer, id_name="auctionOfferOfferId")
api.delete("/v1/auctionofferbids/{auctionOfferBidId}", commands.delete_bid, "Delete a bid before the auction ends.",
           name="deleteAuctionOfferBid", returns=Bid)
api.delete("/v1/auctionofferoffers/{auctionOfferOfferId}", offer_commands.delete_offer,
           "Delete an offer that was not accepted.",
           name="deleteAuctionOfferOffer", returns=Offer)
api.get("/v1/auctionofferbids/{auctionOfferBidId}", queries.get_bid, "Get a bid, as its bidder, the seller or staff.",
        name="getAuctionOfferBid", returns=Bid)
api.get("/v1/auctionofferoffers/{auctionOfferOfferId}", queries.get_offer,
        "Get an offer, as its buyer, its seller or staff.",
        name="getAuctionOfferOffer", returns=Offer)
api.list("/v1/auctionofferbids", queries.list_bids, "List bids: the history of an auction.",
         name="listAuctionOfferBids", returns=Bid, filters=queries.BID_FILTERS)

# Not cached: an offer lapses by the clock, without a write that a cache would notice (AO11).
api.list("/v1/auctionofferoffers", queries.list_offers, "List the offers made or received.",
         name="listAuctionOfferOffers", returns=Offer, filters=queries.OFFER_FILTERS, cached=False)
api.update("/v1/auctionofferbids/{auctionOfferBidId}", commands.change_bid_status,
           "Cancel a bid, or as staff settle it.",
           name="updateAuctionOfferBid", body=BidChange, returns=Bid)
api.update("/v1/auctionofferoffers/{auctionOfferOfferId}", offer_commands.answer_offer,
           "Accept, decline, counter or withdraw an offer.",
           name="updateAuctionOfferOffer", body=OfferAnswer, returns=Offer)
api.create("/v1/secondchances", offer_commands.offer_second_chance,
           "Offer an auction that was won and never paid to the runner-up, as its seller or staff.",
           name="offerSecondChance", body=SecondChance, returns=Offer)
