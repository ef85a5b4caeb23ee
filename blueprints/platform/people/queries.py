"""Whether people may trade: the one predicate that every command, close and list asks (decision 41).

Commands ask behind the lock of the listing or order they change; no account is locked for it. Who archives, deletes or
locks one reads nothing that a bid or an order writes: of two at once either may be first, and what a bid did before is
tidied up by the event, behind the same lock."""
from collections.abc import Iterable
from functools import cache

from app.actor import Actor
from app.clock import now
from app.data.list_cache import CacheVersions, VersionedCache
from app.errors import Forbidden, RuleViolated
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.queries import account_standings, accounts_at_rest
from blueprints.platform.people.rules import may_trade

_REMEMBERED_SECONDS = 60


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
