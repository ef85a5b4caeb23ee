"""How many notices a person has not read: a counter kept in the transaction that changes them (decision 35)."""
from collections.abc import Sequence

from sqlalchemy import select, update

from app.actor import Actor
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.data.upserts import upsert
from app.ops.mends import MOST_MENDED, mend_each
from app.settings import REALM_CODENAMES
from blueprints.platform.notification.models import UnreadCount
from blueprints.platform.notification.store import store_of


def count_unread(work: UnitOfWork, user_id: str, by: int) -> None:
    """Count `by` more unread notices of a person of the actor's realm, or fewer.

    It holds the person's counter until the commit, so it comes after the notices' own locks; who tells several people
    in one transaction does so in the order of their ids, or all at once (`count_unread_of`)."""
    count_unread_of(work, [user_id], by)


def count_unread_of(work: UnitOfWork, user_ids: Sequence[str], by: int) -> None:
    """Count as many more unread notices of each of these people, in one statement."""
    if by and user_ids:
        counted = upsert(UnreadCount).values([
            {"realm": work.actor.realm, "user_id": user_id, "unread": by} for user_id in sorted(user_ids)])
        work.execute(counted.on_conflict_do_update(index_elements=["realm", "user_id"],
                                                   set_={"unread": UnreadCount.unread + by}))


def unread_of(actor: Actor) -> int:
    """Return how many notices the actor has not read."""
    found = fetch(select(UnreadCount.unread).where(
        UnreadCount.realm == actor.realm, UnreadCount.user_id == actor.user_id))
    return found[0].unread if found else 0


def check_unread() -> tuple[str, str]:
    """Return what `flask doctor` says: every counter is what a recount finds."""
    recount, kept = _recounted(), _kept()
    wrong = [f"{who[0]} user {who[1]}: {kept.get(who, 0)} counted, {recount.get(who, 0)} unread"
             for who in sorted({*recount, *kept}) if recount.get(who, 0) != kept.get(who, 0)]
    if wrong:
        return "fail", f"{len(wrong)} counters of unread notices are wrong: {'; '.join(wrong[:3])}"
    return "ok", f"{sum(kept.values())} unread, as a recount says"


def mend_unread(operator: str) -> int:
    """Count the unread notices anew of the people whose counters differ, each by himself; returns how many."""
    recount, kept = _recounted(), _kept()
    wrong = sorted(who for who in {*recount, *kept} if recount.get(who, 0) != kept.get(who, 0))[:MOST_MENDED]
    return sum(mend_each(realm, operator, "unread notices of a person", [
        user_id for of, user_id in wrong if of == realm], _count_anew) for realm in REALM_CODENAMES)


def _count_anew(work: UnitOfWork, user_id: str) -> None:
    """Who counts for the person waits at the counter, which is locked first; what waits is counted by whoever waits."""
    realm = work.actor.realm
    work.execute(upsert(UnreadCount).values(realm=realm, user_id=user_id, unread=0).on_conflict_do_update(
        index_elements=["realm", "user_id"], set_={"unread": UnreadCount.unread}))
    work.execute(update(UnreadCount).where(UnreadCount.realm == realm, UnreadCount.user_id == user_id).values(
        unread=store_of(realm).unseen(work, user_id)).execution_options(synchronize_session=False))


def _recounted() -> dict[tuple[str, str], int]:
    return {(realm, user_id): unread for realm in REALM_CODENAMES
            for user_id, unread in store_of(realm).recount(realm).items()}


def _kept() -> dict[tuple[str, str], int]:
    return {(row.realm, row.user_id): row.unread for row in fetch(
        select(UnreadCount.realm, UnreadCount.user_id, UnreadCount.unread).where(UnreadCount.unread != 0))}
