"""What operators see at the terminal of where a person logged in, and of who else did so from there.

Apart from inspection.py: who only finds accounts maps no sessions and no log of security."""
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import literal, select, union_all

from app.data.columns import iso
from app.data.reads import fetch
from app.identity.security_events import WAS_LOGIN, SecurityEvent
from app.identity.sessions import LoginSession, sessions_of
from blueprints.platform.auth.inspection import Facts, people
from blueprints.platform.auth.models import account_model
from blueprints.platform.auth.rules import shortened_address

LATEST_LOGINS = 50
"""How many of a person's latest logins tell from where it came."""
PLACES = 5
LOGINS_OF_PLACE = 200
"""How many of the latest logins from one network, or with one device, are looked through."""
MOST_LINKED = 20
COMMON_DEVICE = 5
"""A client that more other people use says nothing of one of them: it is a common browser."""


def live_sessions(realm: str, user_id: str, limit: int) -> list[Facts]:
    """Return the latest live sessions of an account; of the address as much as tells places apart."""
    rows = fetch(sessions_of(realm, user_id).order_by(LoginSession.id.desc()).limit(limit))
    return [{"id": row.id, "device": row.device, "address": shortened_address(row.address or ""),
             "since": iso(row.logged_in_at), "seen": iso(row.last_seen_at)} for row in rows]


def linked_accounts(realm: str, user_id: str) -> list[Facts]:
    """Return other accounts of the same phone, or that logged in from the same network or with the same device.

    Each says why; the MOST_LINKED with most reasons, those first. Five statements at most, and of logins the latest."""
    model = account_model(realm)
    reasons: dict[str, list[str]] = defaultdict(list)
    if hasattr(model, "phone_digits"):
        digits = select(model.phone_digits).where(model.id == user_id).scalar_subquery()
        for row in fetch(select(model.id).where(model.phone_digits == digits, model.id != user_id).limit(MOST_LINKED)):
            reasons[row.id].append("phone")
    logins = fetch(select(SecurityEvent.address, SecurityEvent.device).where(
        SecurityEvent.realm == realm, SecurityEvent.user_id == user_id, WAS_LOGIN)
        .order_by(SecurityEvent.id.desc()).limit(LATEST_LOGINS))
    for address, others in _others(realm, user_id, SecurityEvent.address, [row.address for row in logins]).items():
        for other in sorted(others):
            reasons[other].append(f"address {shortened_address(address)}")
    for others in _others(realm, user_id, SecurityEvent.device, [row.device for row in logins]).values():
        for other in sorted(others) if len(others) <= COMMON_DEVICE else ():
            reasons[other].append("device")
    nearest = sorted(reasons, key=lambda other: (-len(reasons[other]), other))[:MOST_LINKED]
    known = people(realm, nearest)
    return [{**known[other], "why": ", ".join(dict.fromkeys(reasons[other]))} for other in nearest if other in known]


def _others(realm: str, user_id: str, column: Any, values: Iterable[str | None]) -> dict[str, Collection[str]]:
    """Return value → who else logged in with it, for the first values, in one statement: a range of an index each."""
    wanted = [value for value in dict.fromkeys(values) if value][:PLACES]
    if not wanted:
        return {}
    ranges = [select(literal(value).label("value"), SecurityEvent.user_id).where(
        SecurityEvent.realm == realm, column == value, WAS_LOGIN).order_by(SecurityEvent.id.desc())
        .limit(LOGINS_OF_PLACE).subquery() for value in wanted]
    found: dict[str, set[str]] = defaultdict(set)
    logins = union_all(*(select(one.c.value, one.c.user_id) for one in ranges)).subquery()
    for row in fetch(select(logins.c.value, logins.c.user_id)):
        if row.user_id not in (None, user_id):
            found[row.value].add(row.user_id)
    return dict(found)
