"""What an entry of the moderation record may name (rules-marketplace §1.1)."""

ENTITY_TYPES = ("USER", "PRODUCT", "FEEDBACK", "MEDIA", "CATEGORY", "NOTIFICATION", "ORDER", "SEARCHINDEX")
ACTION_TYPES = ("SOFT_DELETE", "RESTORE", "UPDATE_ROLE", "MANUAL_CORRECTION", "MEDIA_FLAG", "INDEX_REBUILD",
                "PAYMENT_FIX", "FEEDBACK_OVERRIDE", "ADMIN_NOTE")
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Who acted when it was an operator at the command line, whom no account stands for."""


def signed(reason: str, operator: str | None) -> str:
    """Return the reason with the operator's name, who has no account to be named by."""
    return f"{reason} ({operator})" if operator else reason
