"""For whom an endpoint acts: its person as he is now; nobody once he, or his program, is not active (decision 46)."""
from collections.abc import Iterable
from typing import Any

from app.actor import Actor
from app.identity.api_clients import clients_with
from blueprints.platform.auth.queries import user_facts


def holder_of(endpoint: Any) -> Actor | None:
    """Return who an endpoint's row acts for, None for nobody."""
    return holders_of([endpoint])[endpoint.id]


def holders_of(endpoints: Iterable[Any]) -> dict[str, Actor | None]:
    """Return endpoint's id → for whom it acts; each person is looked up once, and all programs are."""
    rows = list(endpoints)
    programs = clients_with("webhooks", {row.client_id for row in rows if row.client_id is not None})
    people: dict[tuple[str, str], Actor | None] = {}
    found: dict[str, Actor | None] = {}
    for row in rows:
        key = (row.realm, row.user_id)
        if key not in people:
            people[key] = _person(*key)
        found[row.id] = people[key] if row.client_id is None or row.client_id in programs else None
    return found


def _person(realm: str, user_id: str) -> Actor | None:
    facts = user_facts(realm, user_id)
    return facts and Actor(realm, user_id, role=facts.role, email=facts.email, fullname=facts.fullname)
