"""Who may call which API of auctionOffer; commands and queries check whose row it is (rules-marketplace §2.2)."""
from app.identity.access import Predicate, logged_in

POLICIES: dict[str, Predicate] = {
    "createAuctionOfferBid": logged_in,
    "createAuctionOfferOffer": logged_in,
    "deleteAuctionOfferBid": logged_in,
    "deleteAuctionOfferOffer": logged_in,
    "getAuctionOfferBid": logged_in,
    "getAuctionOfferOffer": logged_in,
    "listAuctionOfferBids": logged_in,
    "listAuctionOfferOffers": logged_in,
    "offerSecondChance": logged_in,
    "updateAuctionOfferBid": logged_in,
    "updateAuctionOfferOffer": logged_in,
}
