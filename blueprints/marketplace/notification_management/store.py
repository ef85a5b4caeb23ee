"""The marketplace's notifications as the store of its notices (FD-22): isSeen is isRead, metadata is the payload."""
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Row, func, select

from app.actor import Actor
from app.data.reads import Listing, Page, fetch, list_rows
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from blueprints.marketplace.notification_management.models import IS_UNREAD, Notification
from blueprints.platform.notification.port import NoticeStore
from blueprints.platform.notification.preferences import locales_of
from blueprints.platform.notification.words import SYSTEM_ALERT, said_in_app

_IN_APP = "IN_APP"
_NEWEST_FIRST = (Notification.created_at.desc(), Notification.id.desc())
_OLDEST_FIRST = (Notification.created_at, Notification.id)


def _notified(work: UnitOfWork, event: Event, notification_type: str, user_ids: Collection[str]) -> set[str]:
    return {row.user_id for row in work.rows(select(Notification.user_id).where(
        Notification.event_id == event.event_id, Notification.notification_type == notification_type,
        Notification.user_id.in_(user_ids)))}


def _keep(work: UnitOfWork, event: Event, notification_type: str, user_ids: Sequence[str],
          payload: Mapping[str, Any]) -> None:
    for user_id in user_ids:
        work.insert(Notification(notification_type=notification_type, user_id=user_id, channel=_IN_APP,
                                 payload=dict(payload), is_read=False, event_id=event.event_id))


def _listed(actor: Actor, page: Page, newest_first: bool) -> Listing:
    listing = list_rows(Notification, page, Notification.user_id == actor.user_id, Notification.channel == _IN_APP,
                        order=_NEWEST_FIRST if newest_first else _OLDEST_FIRST)
    user_id = str(actor.user_id)
    given = {row.id: row for row in fetch(select(Notification.id, Notification.title, Notification.body).where(
        Notification.id.in_([row["id"] for row in listing.rows]), Notification.title.is_not(None)))}
    locale = locales_of(actor.realm, [user_id])[user_id]
    listing.rows = [_as_notice(actor.realm, row, given.get(row["id"]), locale) for row in listing.rows]
    return listing


def see(work: UnitOfWork, ids: Sequence[str] | None, most: int | None = None) -> int:
    """Mark the actor's unread notifications as read, those with these ids or all, the oldest first and `most` at most.

    Returns how many were unread; who calls it counts them."""
    mine = select(Notification).where(IS_UNREAD, Notification.user_id == work.actor.user_id)
    if ids is not None:
        mine = mine.where(Notification.id.in_(ids))
    unread = work.all(mine.order_by(Notification.id).limit(most), lock=True)
    work.change_all(unread, is_read=True)
    return len(unread)


def _recount(realm: str) -> Mapping[str, int]:
    return {row.user_id: row.unread for row in fetch(
        select(Notification.user_id, func.count().label("unread")).where(IS_UNREAD).group_by(Notification.user_id))}


def _unseen(work: UnitOfWork, user_id: str) -> int:
    [[unread]] = work.rows(select(func.count()).where(IS_UNREAD, Notification.user_id == user_id))
    return int(unread)


def _give(work: UnitOfWork, user_id: str, title: str, body: str, metadata: Mapping[str, Any]) -> None:
    work.insert(Notification(notification_type=SYSTEM_ALERT, user_id=user_id, channel=_IN_APP, payload=dict(metadata),
                             is_read=False, title=title, body=body))


def _is_kept() -> bool:
    """The notifications are the contract's own rows: they are always kept."""
    return True


def _as_notice(realm: str, row: Wire, given: Row[Any] | None, locale: str) -> Wire:
    payload = orjson.loads(orjson.dumps(row["payload"]))
    title, body = (given.title, given.body) if given else said_in_app(realm, row["notificationType"], payload, locale)
    return {"id": row["id"], "userId": row["userId"], "type": row["notificationType"], "title": title, "body": body,
            "metadata": payload, "isSeen": row["isRead"], "createdAt": row["createdAt"], "updatedAt": row["updatedAt"]}


STORE = NoticeStore(_notified, _keep, _listed, see, _recount, _unseen, _give, _is_kept)
