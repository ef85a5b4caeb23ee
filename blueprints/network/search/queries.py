"""The reads of search: what of an index the caller does not see is left out before it is counted (NET-7, NET-8)."""
from collections.abc import Iterable

from app.actor import Actor
from app.data.reads import Listing, fetch
from app.data.reads.read_request import ReadRequest
from app.search import Filter
from app.search.catalogue import suggestions
from app.search.rows import SearchedRows, find_rows
from blueprints.platform.people.queries import blocked_with, people_at_rest


def search(rows: SearchedRows, actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the rows that the actor finds and sees, with facets; raises as find_rows."""
    return find_rows(rows, actor, asked, *_hidden(rows, actor))


def suggest(indexes: Iterable[SearchedRows], actor: Actor, text: str) -> dict[str, list[str]]:
    """Return by index what a text that is being typed may become: words of rows that the actor finds."""
    return {rows.schema.name: suggestions(rows.schema.name, text, _hidden(rows, actor)) for rows in indexes}


def _hidden(rows: SearchedRows, actor: Actor) -> list[Filter]:
    """Return the conditions that leave out the rows of people at rest, and of whoever is blocked with the actor.

    superAdmin sees them. Both are small sets, so the index need not know who reads."""
    if actor.is_super_admin:
        return []
    hidden = [Filter(rows.person, "not_in", people_at_rest(actor.realm))] if rows.person else []
    if rows.blockable:
        blocked = [row.user_id for row in fetch(blocked_with(actor.realm, actor.user_id))]
        hidden.append(Filter(rows.blockable, "not_in", blocked))
    return hidden
