"""The topics productListing emits, literal from the contract; the unit of work emits them."""

PRODUCT_CREATED = "ebaycclone-productlisting-service-dbevent-productlistingproduct-created"
PRODUCT_UPDATED = "ebaycclone-productlisting-service-dbevent-productlistingproduct-updated"
PRODUCT_DELETED = "ebaycclone-productlisting-service-dbevent-productlistingproduct-deleted"
MEDIA_UPDATED = "ebaycclone-productlisting-service-dbevent-productlistingmedia-updated"
MEDIA_HELD = "ebaycclone-productlisting-service-productlistingmedia-held"  # ours: moderation holds it, or no more
MEDIA_DELETED = "ebaycclone-productlisting-service-dbevent-productlistingmedia-deleted"
