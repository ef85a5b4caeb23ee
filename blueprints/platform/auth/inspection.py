"""What operators see of accounts at the terminal: naming, finding, one person.

E-mail and phone are masked; commands.reveal_contacts gives them whole and leaves an audit row. Rows of every state."""
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, create_engine, false, inspect, or_, select
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.data.columns import iso
from app.data.folded import has_part
from app.data.reads import fetch, fetch_one
from app.data.short_ids import ids_named
from app.folding import compact
from app.mail_addresses import masked_email, typed_address
from blueprints.platform.auth.models import MarketplaceUser, NetworkUser, account_model, holds_email
from blueprints.platform.auth.rules import LONG_AGO, account_state, masked_mobile

Facts = dict[str, Any]


def accounts_named(realm: str, text: str) -> list[str]:
    """Return the ids of the accounts the text may mean: by e-mail, else by id, a beginning or its last eight digits."""
    model = account_model(realm)
    if "@" in text:
        known = fetch_one(select(model.id).where(model.email == typed_address(text), holds_email(model)))
        return [known.id] if known is not None else []
    return ids_named(model, text)


def alive_again(former: str, present: str) -> list[Facts] | None:
    """Return realm and id of each account that was erased in the database `former`, and that `present` has.

    Both are addresses: after a restore of what was put aside, and of what is served (decision 095), which may be of an
    earlier release that wrote nobody down. None when one of them cannot be read."""
    from blueprints.platform.auth.person_models import PurgedAccount

    try:
        with _connected(former) as earlier, _connected(present) as later:
            wrote_down = inspect(later).has_table(PurgedAccount.__tablename__)
            gone = {*_purged(earlier), *_ending(earlier)} - {*(_purged(later) if wrote_down else ()), *_ending(later)}
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


@contextmanager
def _connected(address: str) -> Iterator[Connection]:
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _purged(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield realm and id of those of whom nothing is there any more."""
    from blueprints.platform.auth.person_models import PurgedAccount

    yield from ((row.realm, row.id) for row in connection.execute(select(PurgedAccount.realm, PurgedAccount.id)))


def _ending(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield realm and id of those who wait for their purge, whom nobody restores."""
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
