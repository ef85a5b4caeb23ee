"""For whom an endpoint acts: its person as he is now; nobody once he, or his program, is not active (decision 46)."""
from collections.abc import Iterable
from typing import Any

from app.actor import Actor
from app.identity.api_clients import clients_with
from app.identity.sessions import UserFacts
from blueprints.platform.auth.queries import facts_of_users


def holder_of(endpoint: Any) -> Actor | None:
    """Return who an endpoint's row acts for, None for nobody."""
    return holders_of([endpoint])[endpoint.id]


def holders_of(endpoints: Iterable[Any]) -> dict[str, Actor | None]:
    """Return endpoint's id → for whom it acts; all persons of a realm are looked up at once, and all
    programs."""
    rows = list(endpoints)
    programs = clients_with("webhooks", {row.client_id for row in rows if row.client_id is not None})
    people = {realm: facts_of_users(realm, {row.user_id for row in rows if row.realm == realm})
              for realm in {row.realm for row in rows}}
    return {row.id: _actor(row.realm, row.user_id, people[row.realm].get(row.user_id))
            if row.client_id is None or row.client_id in programs else None for row in rows}


def _actor(realm: str, user_id: str, facts: UserFacts | None) -> Actor | None:
    return facts and Actor(realm, user_id, role=facts.role, email=facts.email, fullname=facts.fullname)
