"""The twelve views that the documents name and never define (rules-platform §5.2): an object with what it points at.

Its rows are the object's, its joins the declared relations, each under the rule of what is joined. What rows point at
is kept (stored_views.py), and shown from there only as far as it is proved to be current, to whom may see it now."""
from collections.abc import Mapping

_OF: Mapping[str, Mapping[str, str]] = {
    "marketplace": {
        "OrderNotificationView": "orderManagementOrder", "BidNotificationView": "auctionOfferBid",
        "OfferNotificationView": "auctionOfferOffer", "FeedbackNotificationView": "feedback",
        "MessageNotificationView": "messagingMessage"},
    "network": {
        "UserProfileDetailView": "profile", "userdetailview": "user", "conversationdetailview": "conversation",
        "jobapplicationdetailview": "jobApplication", "jobpostingdetailview": "jobPosting", "postdetailview": "post",
        "CompanyProfileView": "company"}}
VIEWS_NAMED = "; ".join(f"{realm}: {', '.join(views)}" for realm, views in _OF.items()) + "."
"""The views of each realm, for the OpenAPI document."""
_FOUND = {(realm, view.lower()): (view, name) for realm, views in _OF.items() for view, name in views.items()}


def view_of(realm: str, name: str) -> tuple[str, str] | None:
    """Return the name of a view and of the object whose rows it shows; None where it is none."""
    return _FOUND.get((realm, name.lower()))


def views_of(realm: str) -> Mapping[str, str]:
    """Return the views of a realm: name → object."""
    return _OF.get(realm, {})
