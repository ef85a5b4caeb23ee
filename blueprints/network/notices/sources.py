"""What notices must know of posts, conversations and postings beside their events: one function each.

A service that is not there knows nothing, so nobody is told of what is its."""
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple


class Posting(NamedTuple):
    """What an applicant and who decides are told of a posting."""

    title: str
    poster_id: str
    company_id: str | None
    company_name: str | None


@dataclass(frozen=True)
class Sources:
    """The functions, by what they return; service.py fills them in with the queries of the services below."""

    author_of_post: Callable[[str], str | None] = lambda _: None
    """The author of the active post with that id."""
    participants_of: Callable[[str], Collection[str]] = lambda _: ()
    """The present participants of a conversation."""
    posting: Callable[[str], Posting | None] = lambda _: None
    """The posting with that id, closed ones too."""
