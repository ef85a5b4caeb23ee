"""Topics of auctionOffer: the dbevents literal from the contract; what happens to an auction's price is ours (062)."""

BID_CREATED = "ebaycclone-auctionoffer-service-dbevent-auctionofferbid-created"
BID_UPDATED = "ebaycclone-auctionoffer-service-dbevent-auctionofferbid-updated"
OFFER_CREATED = "ebaycclone-auctionoffer-service-dbevent-auctionofferoffer-created"
OFFER_UPDATED = "ebaycclone-auctionoffer-service-dbevent-auctionofferoffer-updated"

PRICE_CHANGED = "ebaycclone-auctionoffer-service-auction-price-changed"
AUCTION_CLOSED = "ebaycclone-auctionoffer-service-auction-closed"
