"""What an entry of the moderation record may name (rules-marketplace §1.1)."""

ENTITY_TYPES = ("USER", "PRODUCT", "FEEDBACK", "MEDIA", "CATEGORY", "NOTIFICATION", "ORDER", "SEARCHINDEX")
ACTION_TYPES = ("SOFT_DELETE", "RESTORE", "UPDATE_ROLE", "MANUAL_CORRECTION", "MEDIA_FLAG", "INDEX_REBUILD",
                "PAYMENT_FIX", "FEEDBACK_OVERRIDE", "ADMIN_NOTE")
PAYMENT_STATUSES = ("PAID", "CANCELLED", "REFUNDED")
"""What a correction can make of an order's payment: shipment is no payment, and nothing waits for money anew."""
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Who acted when it was an operator at the command line, whom no account stands for."""

EVERYTHING = NOBODY
"""What was changed when it was all of a kind: an entry names one id, and its reason says ALL (AM3)."""


def signed(reason: str, operator: str | None) -> str:
    """Return the reason with the operator's name, who has no account to be named by."""
    return f"{reason} ({operator})" if operator else reason
