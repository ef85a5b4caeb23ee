"""Whether people may trade: the one predicate every command, close and list asks (decision 41); who blocks whom."""
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, or_, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.actor import Actor
from app.clock import now
from app.data.connections import reading
from app.data.id_sets import not_among
from app.data.list_cache import CacheVersions, VersionedCache
from app.data.reads import Listing, Page, fetch_one, list_rows
from app.data.reads.joins import Hiding
from app.data.reads.prepared import among, fetch_prepared, is_among
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.version_keys import version_key
from app.errors import Forbidden, RuleViolated
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.briefs import added_to_briefs, named_accounts
from blueprints.platform.auth.rules import Standing, holds
from blueprints.platform.auth.standings import account_standings, accounts_at_rest
from blueprints.platform.people.blocking import hides_blocked
from blueprints.platform.people.briefs import BRIEF, user_briefs
from blueprints.platform.people.models import Block
from blueprints.platform.people.rules import ACTING, BUYING, SELLING, may_trade

_REMEMBERED_SECONDS = 60
_LATEST_FIRST = (Block.updated_at.desc(), Block.id.desc())
HIDES_PEOPLE = (version_key(Block), "rows:user")
"""What `depends_on` of a remembered list names that asks `not_hidden`."""


def inactive_among(realm: str, user_ids: Iterable[str | None], side: str = ACTING) -> frozenset[str]:
    """Return which of these people may not act, sell, buy or win now (rules.py), in one statement; who has no account
    any more may not.

    Inside a unit of work it sees what that has written."""
    wanted = {user_id for user_id in user_ids if user_id}
    return inactive_in(standings_of(realm, wanted), wanted, side) if wanted else frozenset()


def standings_of(realm: str, user_ids: Iterable[str]) -> dict[str, Standing]:
    """Return id → standing of the accounts that exist among these, at least one id, in one statement."""
    return {standing.id: standing for standing in account_standings(realm, set(user_ids))}


def refuse_inactive(actor: Actor, *, sellers: Iterable[str | None] = (), buyer: str | None = None,
                    known: Mapping[str, Standing] | None = None) -> None:
    """Refuse a command while somebody it needs may not act, the sellers not sell or the buyer not buy.

    `known` are the standings of all of them, of who has shared their accounts. Raises Forbidden AccountInactive for the
    actor, RuleViolated SellerInactive or BuyerInactive for the other side.

    Who archives, deletes or locks an account reads nothing that a bid or an order writes: of two at once either may be
    first, and what a bid did before is tidied up by the event, behind the same lock. Who suspends or bans does read it:
    bids, offers and orders share both accounts first (commands.py)."""
    sellers, me = set(sellers), actor.user_id
    wanted = {user_id for user_id in (me, buyer, *sellers) if user_id}
    if known is None:
        known = standings_of(actor.realm, wanted) if wanted else {}
    not_selling, not_buying = inactive_in(known, sellers, SELLING), inactive_in(known, [buyer], BUYING)
    if me in not_selling | not_buying | inactive_in(known, [me], ACTING):
        raise Forbidden("errMsg_AccountInactive", "AccountInactive")
    if not_selling:
        raise RuleViolated("SellerInactive", "The seller is not active at present")
    if not_buying:
        raise RuleViolated("BuyerInactive", "The buyer is not active at present")


def inactive_in(known: Mapping[str, Standing], wanted: Iterable[str | None], side: str) -> frozenset[str]:
    """Return the same as inactive_among, of people whose standings are read already."""
    moment = now()
    return frozenset(user_id for user_id in wanted if user_id is not None and (
        user_id not in known or not may_trade(known[user_id], side, moment)))


def people_at_rest(realm: str, side: str = ACTING) -> frozenset[str]:
    """Return the people whose rows no list shows now, as what they are there: a small set, remembered until an account
    changes.

    Who was deleted or purged leaves it after a week: by then the events have withdrawn what was shown of him, so that
    no list has to ask for each row whether its person has an account."""
    known = _remembered(runtime().cache_versions).get_or_make(
        realm, ("rows:user",), lambda: accounts_at_rest(realm), _REMEMBERED_SECONDS)
    moment = now()
    return frozenset(standing.id for standing in known if not may_trade(standing, side, moment))


def suspended_people(realm: str) -> frozenset[str]:
    """Return the people who are suspended or banned now, and so cannot log in."""
    moment = now()
    return frozenset(standing.id for standing in accounts_at_rest(realm) if holds(standing.suspended_until, moment))


@cache
def _remembered(versions: CacheVersions) -> VersionedCache:
    return VersionedCache(versions, len(REALM_CODENAMES))


def is_gone_for_good(realm: str, user_id: str) -> bool:
    """Return whether nobody comes back under that id: deleted by staff, or purged."""
    rows = account_standings(realm, {user_id})
    return not rows or (not rows[0].is_active and rows[0].archived_at is None)


def ended_among(realm: str, user_ids: Iterable[str]) -> frozenset[str]:
    """Return which of these people have no account any more: archived, deleted, banned or purged; in one statement.

    Who is locked or suspended for days still has one."""
    wanted = set(user_ids)
    known = standings_of(realm, wanted) if wanted else {}
    return frozenset(user_id for user_id in wanted if user_id not in known or not known[user_id].is_active
                     or known[user_id].is_banned)


def briefs_for(actor: Actor, user_ids: Iterable[str | None]) -> dict[str, Wire]:
    """Return the same of those whom the actor may see: neither at rest nor blocked with the actor (NET-32)."""
    wanted = {user_id for user_id in user_ids if user_id}
    return user_briefs(actor.realm, wanted - hidden_among(actor, wanted))


def find_people(actor: Actor, name: str, page: Page) -> Listing:
    """Return a page of the briefs of active people whose name holds this part, in the order of their ids.

    Left out are the actor and whom the actor has blocked. Case and accents do not count; nothing but signs is nobody's
    name. Who blocked the actor is left out where a block hides (NET-7); elsewhere it stops messages alone (M-23)."""
    blocked = blocked_with(actor.realm, actor.user_id) if hides_blocked(actor.realm) else select(
        Block.blocked_id).where(Block.realm == actor.realm, Block.blocker_id == actor.user_id,
                                Block.is_active.is_(True))
    listing = named_accounts(actor.realm, name, page, {str(actor.user_id), *people_at_rest(actor.realm)}, blocked)
    whole = user_briefs(actor.realm, [row["id"] for row in listing.rows]) if added_to_briefs(actor.realm) else {}
    listing.rows = [whole.get(row["id"]) or _brief(row) for row in listing.rows]
    return listing


def list_blocks(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's own blocks, the latest first, each with id, fullname and avatar of whom it keeps
    away: no more, in the network their profile is hidden from the actor (NET-7)."""
    listing = list_rows(Block, asked.page, Block.realm == actor.realm, Block.blocker_id == actor.user_id,
                        order=_LATEST_FIRST)
    listing.rows = with_blocked(actor, asked, listing.rows)
    return listing


def with_blocked(actor: Actor, asked: ReadRequest, rows: list[Wire]) -> list[Wire]:
    """Return blocks with whom each keeps away, where joins are asked for, in one statement (list_blocks)."""
    if asked.joins:
        briefs = user_briefs(actor.realm, [row["blockedId"] for row in rows])
        for row in rows:
            brief = briefs.get(row["blockedId"])
            row["blocked"] = brief and _brief(brief)
    return rows


def is_blocked_between(realm: str, one: str, other: str) -> bool:
    """Return whether one of two people has blocked the other."""
    both = (one, other)
    return fetch_one(select(Block.id).where(Block.realm == realm, Block.blocker_id.in_(both),
                                            Block.blocked_id.in_(both), Block.is_active.is_(True))) is not None


def blocked_among(realm: str, user_id: str, others: Collection[str]) -> frozenset[str]:
    """Return which of these people are blocked with this person, whoever blocked whom; in one statement."""
    if not others:
        return frozenset()
    values = among(others)
    with reading() as connection:
        rows = fetch_prepared(connection, _blocked_among(len(values)), {**values, "realm": realm, "me": user_id})
    return frozenset(row[0] for row in rows)


@cache
def _blocked_among(count: int) -> Select[Any]:
    blocked = blocked_with(bindparam("realm", type_=String), bindparam("me", type_=String))
    return blocked.where(is_among(blocked.selected_columns[0], count))


def blocked_with(realm: str | ColumnElement[str], user_id: str | ColumnElement[str] | None) -> Select[str]:
    """Return the query of the ids of whoever has blocked this person or is blocked by them (NET-7).

    Each side is a range of its own index: with `or_` SQLite would walk all blocks of the realm."""
    here = (Block.realm == realm, Block.is_active.is_(True))
    both = union_all(select(Block.blocked_id.label("user_id")).where(*here, Block.blocker_id == user_id),
                     select(Block.blocker_id).where(*here, Block.blocked_id == user_id)).subquery()
    return select(both.c.user_id)


def not_hidden(column: ColumnElement[str] | InstrumentedAttribute[str], actor: Actor) -> ColumnElement[bool]:
    """Return the condition that rows of the person in this column are shown to the actor (NET-7, NET-8).

    Hidden are people at rest and whoever is blocked with the actor; own rows are shown, and superAdmin sees all. A list
    that asks it and is remembered depends on HIDES_PEOPLE."""
    if actor.is_super_admin:
        return true()
    at_rest, blocked = people_at_rest(actor.realm), blocked_with(actor.realm, actor.user_id)
    return or_(column == actor.user_id, and_(not_among(column, at_rest), column.not_in(blocked)))


def is_hidden(actor: Actor, user_id: str) -> bool:
    """Return whether this person is not there for the actor: gone, at rest, or blocked with him (NET-4, NET-7).

    Nobody is hidden from himself, or from superAdmin. Who is hidden is answered by 404."""
    if actor.is_super_admin or actor.is_user(user_id):
        return False
    return bool(inactive_among(actor.realm, [user_id])) or (
        actor.user_id is not None and is_blocked_between(actor.realm, actor.user_id, user_id))


def hidden_among(actor: Actor, user_ids: Iterable[str]) -> frozenset[str]:
    """Return who of these people is hidden from the actor, as `not_hidden` has it, in at most one statement."""
    others = frozenset() if actor.is_super_admin else frozenset(user_ids) - {actor.user_id}
    at_rest = others & people_at_rest(actor.realm)
    return at_rest if actor.user_id is None else at_rest | blocked_among(actor.realm, actor.user_id, others - at_rest)


_HIDING = Hiding(hidden_among, HIDES_PEOPLE[:1])


def hiding_in(realm: str) -> Hiding | None:
    """Return whom a realm hides wherever people are joined to rows; None where a block hides nobody (NET-32, M-23)."""
    return _HIDING if hides_blocked(realm) else None


def _brief(row: Wire) -> Wire:
    return {name: row[name] for name in BRIEF}
