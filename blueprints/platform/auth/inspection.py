"""What operators see of accounts at the terminal: naming, finding, one person's sessions and linked accounts.

E-mail and phone are masked; commands.reveal_contacts gives them whole and leaves an audit row. Rows of every state."""
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, create_engine, false, literal, or_, select, union_all
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.data.columns import iso
from app.data.folded import has_part
from app.data.reads import fetch, fetch_one
from app.data.short_ids import ids_named
from app.folding import compact
from app.identity.security_events import WAS_LOGIN, SecurityEvent
from app.identity.sessions import LoginSession, sessions_of
from app.mail_addresses import masked_email, typed_address
from blueprints.platform.auth.models import MarketplaceUser, NetworkUser, PurgedAccount, account_model
from blueprints.platform.auth.queries import find_account
from blueprints.platform.auth.rules import LONG_AGO, account_state, masked_mobile, shortened_address

Facts = dict[str, Any]

LATEST_LOGINS = 50
"""How many of a person's latest logins tell from where it came."""
PLACES = 5
LOGINS_OF_PLACE = 200
"""How many of the latest logins from one network, or with one device, are looked through."""
MOST_LINKED = 20
COMMON_DEVICE = 5
"""A client that more other people use says nothing of one of them: it is a common browser."""


def accounts_named(realm: str, text: str) -> list[str]:
    """Return the ids of the accounts the text may mean: by e-mail, else by id, a beginning or its last eight digits."""
    if "@" in text:
        known = find_account(realm, text)
        return [known.id] if known is not None else []
    return ids_named(account_model(realm), text)


def alive_again(former: str, present: str) -> list[Facts] | None:
    """Return realm and id of each account that was erased in the database `former`, and that `present` has.

    Both are addresses: after a restore of what was put aside, and of what is served (decision 095). None when one of
    them cannot be read; a much earlier release did not write down who was erased."""
    try:
        with _connected(former) as earlier, _connected(present) as later:
            gone = {*_gone(earlier)} - {*_gone(later)}
            return [{"realm": model.__realm__, "id": found} for model in (MarketplaceUser, NetworkUser)
                    for found in later.scalars(select(model.id).order_by(model.id).where(
                        model.id.in_([account for realm, account in gone if realm == model.__realm__])))]
    except SQLAlchemyError:
        return None


def find_accounts(realm: str, text: str, limit: int) -> list[Facts]:
    """Return at most `limit` accounts by e-mail, id, or a part of name or e-mail, by id; masked.

    For a part it reads the accounts, as searchUsers does; a whole e-mail is found by its index."""
    model, named = account_model(realm), accounts_named(realm, text)
    wanted: ColumnElement[bool] = model.id.in_(named)
    if "@" not in text or not named:
        in_address = model.email.contains(typed_address(text), autoescape=True) if compact(text) else false()
        wanted = or_(wanted, in_address, has_part(model.folded_fullname, text))
    rows = fetch(select(model).where(wanted).order_by(model.id).limit(limit))
    return [_shown(row) for row in rows]


def people(realm: str, user_ids: Iterable[str | None]) -> dict[str, Facts]:
    """Return id → masked facts of the accounts, in one statement; who is gone for good is not among them."""
    wanted = {user_id for user_id in user_ids if user_id}
    if not wanted:
        return {}
    model = account_model(realm)
    return {row.id: _shown(row) for row in fetch(select(model).where(model.id.in_(wanted)))}


def person(realm: str, user_id: str) -> Facts | None:
    """Return the masked facts of one account, with what staff must know of its state; None when there is none."""
    model = account_model(realm)
    row = fetch_one(select(model).where(model.id == user_id))
    if row is None:
        return None
    return {**_shown(row), "emailVerified": bool(row.email_verified), "lockedUntil": iso(row.locked_until),
            "archivedAt": iso(row.archived_at)}


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


@contextmanager
def _connected(address: str) -> Iterator[Connection]:
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _gone(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield realm and id of whom nobody restores: the purged, and those who wait for their purge."""
    yield from ((row.realm, row.id) for row in connection.execute(select(PurgedAccount.realm, PurgedAccount.id)))
    for model in (MarketplaceUser, NetworkUser):
        ended = select(model.id).where(model.archived_at == LONG_AGO)
        yield from ((model.__realm__, account) for account in connection.scalars(ended))


def _shown(row: Any) -> Facts:
    phone = getattr(row, "phone", None)
    return {"id": row.id, "fullname": row.fullname, "email": masked_email(row.email),
            "phone": masked_mobile(phone) if phone else None, "role": row.role_id, "state": _state(row, now()),
            "createdAt": iso(row.created_at)}


def _state(row: Any, moment: datetime) -> str:
    return account_state(is_active=row.is_active, archived_at=row.archived_at,
                         suspended_until=row.suspended_until, locked_until=row.locked_until, moment=moment)
