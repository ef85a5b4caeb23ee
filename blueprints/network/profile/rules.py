"""What profiles and their dictionaries decide without a database (rules-network §6A–§6C)."""
from typing import Any

PUBLIC, PRIVATE = "public", "private"
VISIBILITIES = (PUBLIC, PRIVATE)
OWNER, CONNECTIONS = "owner", "connections"
AUDIENCES = (OWNER, CONNECTIONS)
"""Who sees a private profile: its owner alone, or their connections too (NET-15)."""

SKILL, LANGUAGE, CERTIFICATION = "skill", "language", "certification"
TERM_LISTS = {SKILL: "skills", LANGUAGE: "languages", CERTIFICATION: "certifications"}
"""Kind of term → the list of a profile that holds terms of it."""

LONGEST_SUMMARY = 10_000
MOST_TERMS = 100
MOST_ITEMS = 50
DEEPEST_ITEM = 8
LARGEST_ITEMS = 65_536
"""The bytes of a whole list of experience or education as JSON."""

VIEW_DAYS = 90
"""For how many days it is kept who looked at a profile (NET-26)."""


def depth_of(value: Any) -> int:
    """Return how deep lists and objects stand inside a JSON value: 0 of a number, 1 of an object of numbers."""
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth_of, inner), default=0)
