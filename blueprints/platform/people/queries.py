"""Whether people may trade: the one predicate that every command, close and list asks (decision 41); who blocks whom.

Commands ask behind the lock of the listing or order they change; no account is locked for it. Who archives, deletes or
locks one reads nothing that a bid or an order writes: of two at once either may be first, and what a bid did before is
tidied up by the event, behind the same lock."""
from collections.abc import Iterable
from functools import cache

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.list_cache import CacheVersions, VersionedCache
from app.data.reads import Listing, Page, fetch_one, list_rows
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.errors import Forbidden, RuleViolated
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.queries import account_standings, accounts_at_rest, brief_users, named_accounts
from blueprints.platform.people.models import Block
from blueprints.platform.people.rules import may_trade

_REMEMBERED_SECONDS = 60
_BRIEF = ("id", "fullname", "avatar")
_LATEST_FIRST = (Block.updated_at.desc(), Block.id.desc())


def inactive_among(realm: str, user_ids: Iterable[str | None]) -> frozenset[str]:
    """Return which of these people may not trade now, in one statement; who has no account any more may not.

    Inside a unit of work it sees what that has written."""
    wanted = {user_id for user_id in user_ids if user_id}
    if not wanted:
        return frozenset()
    moment = now()
    active = {row.id for row in account_standings(realm, wanted)
              if may_trade(is_active=row.is_active, locked_until=row.locked_until, now=moment)}
    return frozenset(wanted - active)


def refuse_inactive(actor: Actor, *, sellers: Iterable[str] = (), buyer: str | None = None) -> None:
    """Refuse a command while somebody it needs is not active: raises Forbidden AccountInactive for the actor,
    RuleViolated SellerInactive or BuyerInactive for the other side."""
    sellers = set(sellers)
    inactive = inactive_among(actor.realm, {actor.user_id, buyer, *sellers})
    if actor.user_id in inactive:
        raise Forbidden("errMsg_AccountInactive", "AccountInactive")
    if inactive & sellers:
        raise RuleViolated("SellerInactive", "The seller is not active at present")
    if buyer in inactive:
        raise RuleViolated("BuyerInactive", "The buyer is not active at present")


def people_at_rest(realm: str) -> frozenset[str]:
    """Return the people whose rows no list shows now: a small set, remembered until an account changes.

    Whom staff deleted leaves it after a week: the events have withdrawn his listings by then."""
    known = _remembered(runtime().cache_versions).get_or_make(
        realm, ("rows:user",), lambda: accounts_at_rest(realm), _REMEMBERED_SECONDS)
    moment = now()
    return frozenset(user_id for user_id, is_active, until in known
                     if not may_trade(is_active=is_active, locked_until=until, now=moment))


@cache
def _remembered(versions: CacheVersions) -> VersionedCache:
    return VersionedCache(versions, len(REALM_CODENAMES))


def is_gone_for_good(realm: str, user_id: str) -> bool:
    """Return whether nobody comes back under that id: deleted by staff, or purged."""
    rows = account_standings(realm, {user_id})
    return not rows or (not rows[0].is_active and rows[0].archived_at is None)


def user_briefs(realm: str, user_ids: Iterable[str | None]) -> dict[str, Wire]:
    """Return id → {id, fullname, avatar} of the people among the ids who are not gone, in one statement."""
    return {user_id: _brief(row) for user_id, row in brief_users(realm, user_ids).items()}


def find_people(actor: Actor, name: str, page: Page) -> Listing:
    """Return a page of the briefs of active people whose name holds this part, in the order of their ids.

    Left out are the actor and whom the actor has blocked. Case and accents do not count; nothing but signs is nobody's
    name. Who blocked the actor is found: a block stops messages and nothing else (M-23)."""
    blocked = select(Block.blocked_id).where(
        Block.realm == actor.realm, Block.blocker_id == actor.user_id, Block.is_active.is_(True))
    listing = named_accounts(actor.realm, name, page, {str(actor.user_id), *people_at_rest(actor.realm)}, blocked)
    listing.rows = [_brief(row) for row in listing.rows]
    return listing


def list_blocks(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's own blocks, the latest first, each with the brief of whom it keeps away."""
    listing = list_rows(Block, asked.page, Block.realm == actor.realm, Block.blocker_id == actor.user_id,
                        order=_LATEST_FIRST)
    if asked.joins:
        briefs = user_briefs(actor.realm, [row["blockedId"] for row in listing.rows])
        for row in listing.rows:
            row["blocked"] = briefs.get(row["blockedId"])
    return listing


def is_blocked_between(realm: str, one: str, other: str) -> bool:
    """Return whether one of two people has blocked the other."""
    both = (one, other)
    return fetch_one(select(Block.id).where(Block.realm == realm, Block.blocker_id.in_(both),
                                            Block.blocked_id.in_(both), Block.is_active.is_(True))) is not None


def _brief(row: Wire) -> Wire:
    return {name: row[name] for name in _BRIEF}
