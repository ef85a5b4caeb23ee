"""Reads of accounts, for this service's routes and for every service that shows or addresses people."""
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Row,
    Select,
    bindparam,
    cast,
    false,
    func,
    or_,
    select,
)

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.connections import reading
from app.data.folded import has_part
from app.data.reads import Listing, Page, fetch, fetch_one, get_row, list_query, list_rows
from app.data.reads.filters import Filters, contains, equal
from app.data.reads.keyset import row_order
from app.data.reads.prepared import fetch_typed
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire, camel_case
from app.errors import NotFound
from app.folding import compact
from app.identity.access import require_self_or_staff
from app.identity.roles import STAFF, SUPER_ADMIN_ID
from app.identity.sessions import LoginSession, UserFacts, sessions_of
from app.mail_addresses import mail_address, typed_address
from app.runtime import runtime
from blueprints.platform.auth.factor_models import RoleSecondFactor
from blueprints.platform.auth.models import Account, MarketplaceUser, account_model, holds_email
from blueprints.platform.auth.rules import holds, normal_mobile, shortened_address

_NEWEST_SESSION_FIRST = row_order(LoginSession.id.desc())


def user_facts(realm: str, user_id: str) -> UserFacts | None:
    """Return what app.identity knows a session's user by, or None when there is no such user who may be logged in."""
    model = account_model(realm)
    with reading() as connection:
        rows = fetch_typed(connection, _facts(model), {"user": user_id})
    if not rows:
        return None
    role_id, email, fullname, locked_until, suspended_until, *shown = rows[0]
    moment = now()
    if holds(locked_until, moment) or holds(suspended_until, moment):
        return None
    return UserFacts(role_id, email, fullname, dict(zip(map(camel_case, _profile(model)), shown, strict=True)))


def facts_of_users(realm: str, user_ids: Collection[str]) -> dict[str, UserFacts]:
    """Return the same of many, by id, without their profiles: in one statement those who may be logged in now."""
    model, moment = account_model(realm), now()
    rows = fetch(select(model.id, model.role_id, model.email, model.fullname).where(
        model.id.in_(sorted(user_ids)), model.is_active.is_(True),
        *(or_(until.is_(None), until <= moment) for until in (model.locked_until, model.suspended_until))))
    return {row.id: UserFacts(row.role_id, row.email, row.fullname, {}) for row in rows}


def _profile(model: type[Account]) -> tuple[str, ...]:
    return ("avatar", "email_verified", *(name for name in model.__extras__ if name == "phone"))


@cache
def _facts(model: type[Account]) -> Select[Any]:
    shown = (getattr(model, name) for name in _profile(model))
    return select(model.role_id, model.email, model.fullname, model.locked_until, model.suspended_until, *shown).where(
        model.id == bindparam("user"), model.is_active.is_(True))


def get_user(actor: Actor, user_id: str) -> Wire:
    """Return a user to itself or to staff; raises NotFound, Forbidden (rules-platform §12 #2)."""
    row = get_row(account_model(actor.realm), user_id)
    require_self_or_staff(actor, user_id)
    return row


def brief_user(realm: str, user_id: str) -> Wire:
    """Return the public face of an active user: id, fullname, avatar, isActive; raises NotFound."""
    row = get_row(account_model(realm), user_id)
    return {name: row[name] for name in ("id", "fullname", "avatar", "isActive")}


def contact_of(realm: str, user_id: str) -> Wire | None:
    """Return how to reach an active user, as contacts_of has it; None where there is none."""
    return next(iter(contacts_of(realm, [user_id])), None)


def contacts_of(realm: str, user_ids: Iterable[str]) -> list[Wire]:
    """Return how to reach the active users among the ids, in the order of ids, in one statement: id, email,
    emailVerified, fullname, phone (None where the realm has none).

    The name is None while nobody has proved the e-mail: letters to it repeat no word of who typed it (decision 44)."""
    model = account_model(realm)
    rows = fetch(select(*model.__table__.columns).where(model.id.in_(set(user_ids)), model.is_active.is_(True))
                 .order_by(model.id))
    return [{"id": row.id, "email": row.email, "emailVerified": row.email_verified,
             "fullname": row.fullname if row.email_verified else None, "phone": getattr(row, "phone", None)}
            for row in rows]


def staff_of(realm: str) -> list[str]:
    """Return the ids of the active admins and the superAdmin of a realm."""
    model = account_model(realm)
    rows = fetch(select(model.id).where(model.role_id.in_(STAFF), model.is_active.is_(True))
                 .order_by(model.id))
    return [row.id for row in rows]


def user_filters(realm: str) -> Filters:
    """Return the list filters of the contract; `password` is listed there too and is never one (§2.8)."""
    model = account_model(realm)
    email = equal(model.email)
    shared = (replace(email, parse=lambda text: typed_address(email.parse(text))), *(equal(column) for column in (
        model.fullname, model.avatar, model.role_id, model.email_verified)))
    if model is not MarketplaceUser:
        return Filters(shared)
    inside_address = contains(MarketplaceUser.address)
    # The contract misspells it; both are taken (rules-platform §12 #18).
    return Filters((*shared, equal(MarketplaceUser.phone), inside_address, replace(inside_address, name="adress")))


def list_users(actor: Actor, page: Page, where: Sequence[ColumnElement[bool]] = ()) -> Listing:
    """Return a page of the realm's active users, ordered by id."""
    return list_rows(account_model(actor.realm), page, *where)


def search_users(actor: Actor, keyword: str, page: Page) -> Listing:
    """Return the active users whose fullname or e-mail holds the keyword; nothing but signs finds nobody.

    Case and accents do not count in a name; in an address every sign does."""
    model = account_model(actor.realm)
    in_address = model.email.contains(typed_address(keyword), autoescape=True) if compact(keyword) else false()
    return list_rows(model, page, or_(has_part(model.folded_fullname, keyword), in_address))


def find_account(realm: str, email: str) -> Any:
    """Return the row (with hash) that holds the e-mail, however it is typed, active or archived, or None."""
    model = account_model(realm)
    return fetch_one(select(*model.__table__.columns).where(model.email == typed_address(email), holds_email(model)))


def accounts_at_other_forms(realm: str) -> list[str]:
    """Return ids of accounts whose e-mail is not in its one form: with other than ASCII characters behind the @, or
    what is hidden anywhere. It reads every account; it is the operator's question."""
    model = account_model(realm)
    size = cast(model.email, LargeBinary) if runtime().settings.is_sqlite else func.convert_to(model.email, "UTF8")
    rows = fetch(select(model.id, model.email).where(holds_email(model), func.length(size) != func.length(model.email))
                 .order_by(model.id))
    return [row.id for row in rows if not _is_in_one_form(row.email)]


def find_active_account(realm: str, email: str) -> Any:
    """Return the row of the active account with that e-mail, or None."""
    row = find_account(realm, email)
    return row if row is not None and row.is_active else None


def find_active_account_by_id(realm: str, user_id: str) -> Any:
    """Return the row of the active account with that id, or None."""
    model = account_model(realm)
    return fetch_one(select(*model.__table__.columns).where(model.id == user_id, model.is_active.is_(True)))


def find_account_by_mobile(realm: str, mobile: str) -> Any:
    """Return the active account whose owner alone has verified this number; else None."""
    digits = normal_mobile(mobile)
    if account_model(realm) is not MarketplaceUser or not digits:
        return None
    rows = fetch(select(*MarketplaceUser.__table__.columns).where(
        MarketplaceUser.phone_digits == digits, MarketplaceUser.is_active.is_(True),
        MarketplaceUser.mobile_verified.is_(True)).limit(2))
    return rows[0] if len(rows) == 1 else None


def role_factors(realm: str, role_id: str) -> frozenset[str]:
    """Return the second factors that everybody of the role has to prove: `email`, `mobile`."""
    return frozenset(row.channel for row in fetch(select(RoleSecondFactor.channel).where(
        RoleSecondFactor.realm == realm, RoleSecondFactor.role_id == role_id)))


def second_factors(actor: Actor, user_id: str) -> Wire:
    """Return which second factors a person switched on, and which the role adds; to itself or staff."""
    model = account_model(actor.realm)
    row = fetch_one(select(model.role_id, model.needs_email_2fa, model.needs_mobile_2fa).where(
        model.id == user_id, model.is_active.is_(True)))
    if row is None:
        raise NotFound
    require_self_or_staff(actor, user_id)
    by_role = role_factors(actor.realm, row.role_id)
    return {"id": user_id, "email": row.needs_email_2fa, "mobile": row.needs_mobile_2fa,
            "roleEmail": "email" in by_role, "roleMobile": "mobile" in by_role}


def own_sessions(actor: Actor, asked: ReadRequest) -> Listing:
    """Return the actor's own live sessions, newest first; of the address only as much as tells places apart."""
    def wire(row: Row[Any]) -> Wire:
        return {"id": row.id, "device": row.device, "address": shortened_address(row.address or ""),
                "createdAt": iso(row.logged_in_at), "lastSeenAt": iso(row.last_seen_at),
                "expiresAt": iso(row.expires_at), "isCurrent": row.id == actor.session_id}

    return list_query(sessions_of(actor.realm, str(actor.user_id)), _NEWEST_SESSION_FIRST, asked.page, wire)


def has_super_admin(realm: str) -> bool:
    """Tell whether the realm's superAdmin exists."""
    return find_active_account_by_id(realm, SUPER_ADMIN_ID) is not None


def stored_hash(realm: str, user_id: str | None) -> str | None:
    """Return the password hash of an active account, or None."""
    model = account_model(realm)
    row = fetch_one(select(model.password).where(model.id == user_id, model.is_active.is_(True)))
    return row.password if row else None


def personal_words(realm: str, user_id: str) -> tuple[str, ...]:
    """Return what nobody may take for a password of this account: its name and e-mail; nothing of an unknown one."""
    model = account_model(realm)
    row = fetch_one(select(model.fullname, model.email).where(model.id == user_id))
    return (row.fullname, row.email) if row else ()


def _is_in_one_form(email: str) -> bool:
    try:
        return mail_address(email) == email
    except ValueError:
        return False
