"""How many notifications a user has not read: a counter kept in the transaction that changes them (decision 35)."""
from collections.abc import Sequence

from sqlalchemy import func, select

from app.actor import Actor
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.data.upserts import upsert
from blueprints.marketplace.notification_management.models import IS_UNREAD, Notification, UnreadCount


def count_unread(work: UnitOfWork, user_id: str, by: int) -> None:
    """Count `by` more unread notifications of a user, or fewer.

    It holds the user's counter until the commit, so it comes after the notifications' own locks; who tells several
    users in one transaction does so in the order of their ids, or all at once (`count_unread_of`)."""
    count_unread_of(work, [user_id], by)


def count_unread_of(work: UnitOfWork, user_ids: Sequence[str], by: int) -> None:
    """Count as many more unread notifications of each of these users, in one statement."""
    if by and user_ids:
        counted = upsert(UnreadCount).values([{"user_id": user_id, "unread": by} for user_id in sorted(user_ids)])
        work.execute(counted.on_conflict_do_update(index_elements=["user_id"],
                                                   set_={"unread": UnreadCount.unread + by}))


def unread_of(actor: Actor) -> int:
    """Return how many notifications the actor has not read."""
    found = fetch(select(UnreadCount.unread).where(UnreadCount.user_id == actor.user_id))
    return found[0].unread if found else 0


def check_unread() -> tuple[str, str]:
    """Return what `flask doctor` says: every counter is what a recount finds."""
    recount = {row.user_id: row.unread for row in fetch(
        select(Notification.user_id, func.count().label("unread")).where(IS_UNREAD).group_by(Notification.user_id))}
    kept = {row.user_id: row.unread for row in fetch(
        select(UnreadCount.user_id, UnreadCount.unread).where(UnreadCount.unread != 0))}
    wrong = [f"user {user_id}: {kept.get(user_id, 0)} counted, {recount.get(user_id, 0)} unread"
             for user_id in sorted({*recount, *kept}) if recount.get(user_id, 0) != kept.get(user_id, 0)]
    if wrong:
        return "fail", f"{len(wrong)} counters of unread notifications are wrong: {'; '.join(wrong[:3])}"
    return "ok", f"{sum(kept.values())} unread, as a recount says"
