"""What company decides without a database."""
PUBLIC, PRIVATE = VISIBILITIES = ("public", "private")
"""Of a page: everybody, or its admins and followers. Of an update: the same (rules-network §1A)."""
REQUESTED, APPROVED = FOLLOW_STATES = ("requested", "approved")

LONGEST_NAME = 255
LONGEST_DESCRIPTION = LONGEST_UPDATE = 10_000
MOST_ATTACHMENTS = 20


def first_follow_state(page_visibility: str, *, is_admin: bool) -> str:
    """Return how following begins: a private page lets in its own admins only, everybody else asks (NET-10)."""
    return APPROVED if page_visibility == PUBLIC or is_admin else REQUESTED


def counts_as_follower(follow_state: str, is_active: bool) -> bool:
    """Return whether a row of a follower is one in the tally."""
    return is_active and follow_state == APPROVED


def counts_as_update(visibility: str, is_active: bool) -> bool:
    """Return whether an update is one in the tally: the number is shown to strangers, so private ones are not."""
    return is_active and visibility == PUBLIC
