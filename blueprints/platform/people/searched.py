"""Rows of people as an index of words knows them: what of it a caller does not see."""
from app.actor import Actor
from app.data.reads import fetch
from app.search import Filter
from app.search.rows import SearchedRows
from blueprints.platform.people.queries import blocked_with, people_at_rest


def hidden_rows(rows: SearchedRows, actor: Actor) -> list[Filter]:
    """Return the conditions that leave out the rows of people at rest, and of whoever is blocked with the actor.

    superAdmin sees them. Both are small sets, so the index need not know who reads (NET-7, NET-8)."""
    if actor.is_super_admin:
        return []
    hidden = [Filter(name, "not_in", people_at_rest(actor.realm)) for name in rows.people]
    if rows.blockable:
        blocked = [row.user_id for row in fetch(blocked_with(actor.realm, actor.user_id))]
        hidden.append(Filter(rows.blockable, "not_in", blocked))
    return hidden
