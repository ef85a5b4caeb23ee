"""For whom an endpoint acts: its person as he is now; nobody once he, or his program, is not active (decision 46)."""
from collections.abc import Iterable
from typing import Any

from app.actor import Actor
from blueprints.platform.auth.queries import user_facts


def holder_of(endpoint: Any) -> Actor | None:
    """Return who an endpoint's row acts for, None for nobody."""
    return holders_of([endpoint])[endpoint.id]


def holders_of(endpoints: Iterable[Any]) -> dict[str, Actor | None]:
    """Return endpoint's id → for whom it acts; each person is looked up once."""
    people: dict[tuple[str, str], Actor | None] = {}
    found = {}
    for endpoint in endpoints:
        key = (endpoint.realm, endpoint.user_id)
        if key not in people:
            people[key] = _person(*key)
        found[endpoint.id] = people[key]
    return found


def _person(realm: str, user_id: str) -> Actor | None:
    facts = user_facts(realm, user_id)
    return facts and Actor(realm, user_id, role=facts.role, email=facts.email, fullname=facts.fullname)
