"""The reads of search: what of an index the caller does not see is left out before it is counted (NET-7, NET-8)."""
from collections.abc import Iterable

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.search.rows import SearchedRows, find_rows
from blueprints.platform.people.searched import hidden_rows


def search(rows: SearchedRows, actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the rows that the actor finds and sees, with facets; raises as find_rows."""
    return find_rows(rows, actor, asked, *hidden_rows(rows, actor))


def suggest(indexes: Iterable[SearchedRows], actor: Actor, text: str) -> dict[str, list[str]]:
    """Return by index what a text that is being typed may become: words of rows that the actor finds."""
    return {rows.schema.name: rows.suggested(actor, text) for rows in indexes}
