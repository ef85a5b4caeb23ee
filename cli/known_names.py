"""Names that services declare and a TAB offers without importing one: tests/cli/test_completed_ids.py compares them."""

INDEXES = ("comments", "companies", "feedback", "jobs", "marketplaceMessages", "networkMessages", "news", "people",
           "posts", "products", "searchIndex")

VIEWS = ("BidNotificationView", "FeedbackNotificationView", "MessageNotificationView", "OfferNotificationView",
         "OrderNotificationView", "UserProfileDetailView", "conversationdetailview", "jobapplicationdetailview",
         "jobpostingdetailview", "postdetailview")

_EVERYWHERE = ("counterfeit", "fraud", "harassment", "hate", "privacy", "prohibited", "sexual", "spam")
RULES = {"marketplace": (*_EVERYWHERE, "off-platform", "shill-bidding"), "network": _EVERYWHERE}
"""The rules of the house that stand without anybody having written them, by realm."""

SUBSCRIBERS = (
    "auction_offer.end_with_listing", "auction_offer.end_with_person", "bff.stored-views", "bucket.purge",
    "company.accounts_of_admins", "company.followers_gone", "company.tell_staff", "company.words",
    "content.words_of_the_gone", "jobApplication.accounts_of_posters", "jobApplication.companies",
    "messaging.erased_words", "messaging.groups_of_the_gone", "moderation.act-undone", "moderation.appeal-decided",
    "moderation.outcomes", "moderation.question", "moderation.receipts", "moderation.statements", "moderation.undone",
    "moderation.words", "networking.part_with_the_gone", "notices.company-admin-assigned", "notices.company-followed",
    "notices.company-update-published", "notices.connection-request-accepted", "notices.connection-request-received",
    "notices.followers-left", "notices.job-application-received", "notices.job-application-status-updated",
    "notices.job-application-submitted", "notices.message-received", "notices.post-commented", "notices.post-liked",
    "notices.post-mentioned", "notifications.auction-closed", "notifications.bid-placed", "notifications.bid-settled",
    "notifications.feedback-received", "notifications.line-cancelled", "notifications.mail",
    "notifications.message-received", "notifications.moderation-appeal", "notifications.moderation-outcome",
    "notifications.moderation-receipt", "notifications.moderation-statement", "notifications.moderation-undone",
    "notifications.offer-answered", "notifications.offer-made", "notifications.order-cancelled",
    "notifications.order-disputed", "notifications.order-moved", "notifications.order-placed",
    "notifications.order-received", "notifications.price-changed", "notifications.watched-news",
    "order_management.forget-customers", "order_management.tell-watchers", "people.forget", "platform.account-letters",
    "platform.proved-address", "platform.verification-code", "platform.welcome", "product_listing.end_what_came_late",
    "product_listing.end_with_seller", "profile.forget-customers", "profile.profiles_of_the_gone", "search.comments",
    "search.companies", "search.feedback", "search.forgotten", "search.jobs", "search.marketplaceMessages",
    "search.networkMessages", "search.news", "search.of_companies", "search.of_posts", "search.people", "search.posts",
    "search.products", "search.rows-left", "search.search_index", "search_indexing.media", "search_indexing.refresh",
    "search_indexing.reputation", "search_indexing.seller_standing", "watchlist_cart.auction-closed",
    "watchlist_cart.follow-listings",
)
"""Who is owed events, as `flask events retry` and `replay` name them."""
