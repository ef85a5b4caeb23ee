"""The order in which one transaction may lock rows; whoever locks against it deadlocks on PostgreSQL, so it is refused.

Lock the row that decides first and only that one, unless a rule spans several."""

LOCK_ORDER = (
    "user", "category", "subcategory", "productListingProduct", "productListingMedia", "auctionOfferOffer",
    "auctionOfferBid", "orderManagementOrder", "orderManagementOrderItem", "sys_orderManagementOrderPayment",
    "sys_paymentCustomer", "sys_paymentMethod", "feedback", "watchlistList", "watchlistItem", "cartItem",
    "messagingMessage", "notification", "searchIndex", "moderationAction",
)
_RANK = {name: rank for rank, name in enumerate(LOCK_ORDER)}


class LockOrderError(RuntimeError):
    """A command locks rows against LOCK_ORDER: a programming error that would deadlock."""


def check_order(held: str | None, wanted: str) -> None:
    """Refuse to lock an object of type `wanted` after one of type `held` that comes later in LOCK_ORDER."""
    if held is not None and _RANK.get(wanted, len(_RANK)) < _RANK.get(held, len(_RANK)):
        raise LockOrderError(f"{wanted} must be locked before {held} (app/data/locks.py)")
