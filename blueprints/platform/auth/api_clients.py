"""API clients of a realm: made, listed, rotated and revoked, by the person they act for or a superAdmin (decision 46).

A client sees exactly what its person sees, private messages too: an admin makes none for others (decisions/111)."""
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.holdings import handed_down
from app.data.ids import uuid7
from app.data.reads import Listing, Page, fetch, list_query
from app.data.reads.filters import Condition, Filters, equal
from app.data.reads.keyset import row_order
from app.data.serialization import Wire
from app.data.short_ids import ids_named
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, NotFound, RuleViolated
from app.identity.access import acting_user, require
from app.identity.api_clients import ApiClient, end_tokens_of, read_scopes
from app.identity.client_secrets import digest, new_secret
from app.identity.security_events import record_security
from blueprints.platform.auth.credentials import require_password
from blueprints.platform.auth.models import account_model

MOST_CLIENTS = 20
"""How many one person may have."""
FILTERS = Filters((equal(ApiClient.user_id),))
_NEWEST_FIRST = row_order(ApiClient.id.desc())


def create_client(actor: Actor, *, name: str, scopes: Sequence[str], user_id: str | None = None,
                  proven_hash: str | None = None) -> tuple[Wire, str]:
    """Make a client that acts for the actor or, by superAdmin, for another active person; return it and its secret,
    which is kept nowhere.

    Whoever asks over HTTP has proved the password. Raises Forbidden, NotFound, RuleViolated TooManyApiClients."""
    person, secret = acting_user(actor, user_id), new_secret()
    with unit_of_work(actor) as work:
        account = work.lock(account_model(actor.realm), person)
        _require_own_password(actor, account, proven_hash)
        mine = select(func.count()).where(ApiClient.realm == actor.realm, ApiClient.user_id == person)
        if work.rows(mine)[0][0] >= MOST_CLIENTS:
            raise RuleViolated("TooManyApiClients", f"a person has at most {MOST_CLIENTS} API clients")
        client = work.insert(ApiClient(
            id=uuid7(), realm=actor.realm, user_id=person, name=name, scopes=" ".join(sorted(set(scopes))),
            secret_hash=digest(secret), created_at=now()))
        _record(work, client, made=True, scopes=client.scopes)
        work.commit()
        return _wire(client), secret


def rotate_client(actor: Actor, client_id: str, *, proven_hash: str | None = None) -> tuple[Wire, str]:
    """Give a client another secret and return both; the former one and every token it got are refused from now on.

    Raises NotFound, also for a client of somebody else, and Forbidden as create_client."""
    secret = new_secret()
    with unit_of_work(actor) as work:
        client, account = _locked(work, client_id, inactive_too=False)
        require(actor.is_super_admin or actor.is_user(client.user_id))
        _require_own_password(actor, account, proven_hash)
        work.change(client, secret_hash=digest(secret), rotated_at=now())
        end_tokens_of(work, client)
        _record(work, client, rotated=True)
        work.commit()
        return _wire(client), secret


def revoke_client(actor: Actor, client_id: str) -> None:
    """Remove a client, and with it every token it got; by its person and by staff. Raises NotFound."""
    with unit_of_work(actor) as work:
        client, _ = _locked(work, client_id, inactive_too=True)
        end_tokens_of(work, client)
        _record(work, client, revoked=True)
        work.delete(client)
        work.commit()


def list_clients(actor: Actor, page: Page, where: Sequence[Condition] = ()) -> Listing:
    """Return a page of the actor's own clients, of staff those of everybody, the newest first."""
    own = () if actor.is_staff else (ApiClient.user_id == actor.user_id,)
    known = select(*ApiClient.__table__.columns).where(ApiClient.realm == actor.realm, *own, *where)
    return list_query(known, _NEWEST_FIRST, page, _wire)


def find_client(realm: str, client_id: str) -> Wire | None:
    """Return a client of the realm as it is listed, None where there is none."""
    rows = fetch(select(*ApiClient.__table__.columns).where(ApiClient.realm == realm, ApiClient.id == client_id))
    return _wire(rows[0]) if rows else None


def clients_named(realm: str, text: str) -> list[str]:
    """Return the ids of the clients of the realm that the text begins or ends (app/data/short_ids.py)."""
    model: Any = ApiClient
    return ids_named(model, text, ApiClient.realm == realm)


def _locked(work: UnitOfWork, client_id: str, *, inactive_too: bool) -> tuple[ApiClient, Any]:
    """Return the client that the actor may know of and the account it acts for, both locked; raises NotFound."""
    actor = work.actor
    which = select(ApiClient).where(ApiClient.id == client_id, ApiClient.realm == actor.realm)
    known = work.first(which)
    if known is None or not (actor.is_staff or actor.is_user(known.user_id)):
        raise NotFound
    account = work.lock(account_model(actor.realm), known.user_id, archived_too=inactive_too)
    client = work.first(which, lock=True)
    if client is None:  # revoked meanwhile
        raise NotFound
    return client, account


def _require_own_password(actor: Actor, account: Any, proven_hash: str | None) -> None:
    """A secret lasts longer than a session: who has only stolen one gets none. Operators prove themselves elsewhere."""
    if actor.operator is not None:
        return
    if proven_hash is None:
        raise Forbidden("errMsg_CurrentPasswordNeeded", "CurrentPasswordNeeded")
    require_password(actor, account, proven_hash)


def _record(work: UnitOfWork, client: ApiClient, **what: Any) -> None:
    """Write a security event of the person's and, where staff act on a client that is not theirs, an audit row."""
    record_security(work, "client", client.user_id, client=client.id, **what)
    if work.actor.is_person_of_staff and not work.actor.is_user(client.user_id):
        verb = next(iter(what))
        handed_down(StaffAudit).say(work, f"api-client.{verb}", userId=client.user_id, clientId=client.id,
                                    scopes=client.scopes.split())


def _wire(client: ApiClient | Any) -> Wire:
    moments = {"createdAt": client.created_at, "rotatedAt": client.rotated_at, "lastTokenAt": client.last_token_at}
    return {"id": client.id, "userId": client.user_id, "name": client.name,
            "scopes": sorted(read_scopes(client.scopes)), **{name: iso(moment) for name, moment in moments.items()}}
