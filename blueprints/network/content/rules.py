"""What content decides without a database (rules-network §2)."""
PUBLIC, PRIVATE = VISIBILITIES = ("public", "private")
OWNER, CONNECTIONS = AUDIENCES = ("owner", "connections")
"""Who reads a private post of a person: its author alone, or his connections too (NET-15)."""

LONGEST_POST, LONGEST_COMMENT = 10_000, 5_000
MOST_ATTACHMENTS = MOST_MENTIONS = 20


def reaches_others(visibility: str, audience: str, *, is_companys: bool) -> bool:
    """Return whether a post reaches whoever is connected with its author, or follows its company, in their feeds."""
    return visibility == PUBLIC or (audience == CONNECTIONS and not is_companys)
