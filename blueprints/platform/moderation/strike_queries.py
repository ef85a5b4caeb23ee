"""Strikes as they are read: who lists them maps neither cases nor acts."""
from collections.abc import Sequence

from sqlalchemy import func, select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.reads import Listing, fetch_one, list_rows
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.identity.access import require
from blueprints.platform.moderation.rules import STRIKE_STATES
from blueprints.platform.moderation.strike_models import Strike

_LATEST_FIRST = (Strike.lapses_at.desc(), Strike.id.desc())


def active_strikes(realm: str, person_id: str) -> int:
    """Return how many strikes stand against a person now: neither lapsed nor revoked."""
    row = fetch_one(select(func.count()).select_from(Strike).where(
        Strike.realm == realm, Strike.person_id == person_id, Strike.lapses_at > now(), Strike.state == "ACTIVE"))
    return int(row[0]) if row else 0


def list_strikes(actor: Actor, asked: ReadRequest, user_id: str | None = None) -> Listing:
    """Return a page of the strikes of the actor, or of the person staff names, the latest first.

    One that has lapsed says so. Raises Forbidden for another person's."""
    person_id = user_id or str(actor.user_id)
    require(actor.is_staff or actor.is_user(person_id))
    listing = list_rows(Strike, asked.page, Strike.realm == actor.realm, Strike.person_id == person_id,
                        order=_LATEST_FIRST)
    listing.rows = strikes_as_of_now(listing.rows)
    return listing


def strikes_as_of_now(rows: Sequence[Wire]) -> list[Wire]:
    """Return strikes whose states say what the clock made of them."""
    return [_as_it_stands(row) for row in rows]


def _as_it_stands(row: Wire) -> Wire:
    """Return a row whose state says that its time is over, which no write does."""
    if row["state"] == "ACTIVE" and row["lapsesAt"] <= str(iso(now())):
        return row | {"state": "LAPSED", "state_idx": STRIKE_STATES.index("LAPSED")}
    return row
