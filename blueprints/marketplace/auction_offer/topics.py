"""Topics of auctionOffer: the dbevents literal from the contract, and the close of an auction, which is ours."""

BID_CREATED = "ebaycclone-auctionoffer-service-dbevent-auctionofferbid-created"
BID_UPDATED = "ebaycclone-auctionoffer-service-dbevent-auctionofferbid-updated"
BID_DELETED = "ebaycclone-auctionoffer-service-dbevent-auctionofferbid-deleted"
OFFER_CREATED = "ebaycclone-auctionoffer-service-dbevent-auctionofferoffer-created"
OFFER_UPDATED = "ebaycclone-auctionoffer-service-dbevent-auctionofferoffer-updated"
OFFER_DELETED = "ebaycclone-auctionoffer-service-dbevent-auctionofferoffer-deleted"

AUCTION_CLOSED = "ebaycclone-auctionoffer-service-auction-closed"
