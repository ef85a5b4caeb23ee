"""The table of what people are told, behind the port: of every realm that has no store of its own."""
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.ids import uuid7
from app.data.reads import Listing, Page, fetch, list_query
from app.data.reads.keyset import row_order
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.runtime import runtime
from blueprints.platform.notification.models import IS_UNSEEN, StoredNotice
from blueprints.platform.notification.port import NoticeStore, NoticeStores
from blueprints.platform.notification.preferences import locales_of
from blueprints.platform.notification.words import SYSTEM_ALERT, said_in_app

_NEWEST_FIRST = row_order(StoredNotice.created_at.desc(), StoredNotice.id.desc())
_OLDEST_FIRST = row_order(StoredNotice.created_at, StoredNotice.id)


def _notified(work: UnitOfWork, event: Event, notice_type: str, user_ids: Collection[str]) -> set[str]:
    return {row.user_id for row in work.rows(select(StoredNotice.user_id).where(
        StoredNotice.event_id == event.event_id, StoredNotice.notice_type == notice_type,
        StoredNotice.user_id.in_(user_ids)))}


def _keep(work: UnitOfWork, event: Event, notice_type: str, user_ids: Sequence[str],
          payload: Mapping[str, Any]) -> None:
    locales = locales_of(event.realm, user_ids)
    said = {locale: said_in_app(event.realm, notice_type, payload, locale) for locale in set(locales.values())}
    _insert(work, event.realm, [(user_id, *said[locales[user_id]]) for user_id in user_ids], notice_type, payload,
            event.event_id)


def _give(work: UnitOfWork, user_id: str, title: str, body: str, metadata: Mapping[str, Any]) -> None:
    _insert(work, work.actor.realm, [(user_id, title, body)], SYSTEM_ALERT, metadata, None)


def _insert(work: UnitOfWork, realm: str, said: Sequence[tuple[str, str, str]], notice_type: str,
            payload: Mapping[str, Any], event_id: str | None) -> None:
    moment = now()
    work.execute(insert(StoredNotice).values([
        {"id": uuid7(), "realm": realm, "user_id": user_id, "notice_type": notice_type, "title": title,
         "body": body, "payload": dict(payload), "is_seen": False, "event_id": event_id, "created_at": moment,
         "updated_at": moment} for user_id, title, body in said]))


def _is_kept() -> bool:
    return runtime().settings.stored_notice


def _listed(actor: Actor, page: Page, newest_first: bool) -> Listing:
    query = select(*StoredNotice.__table__.columns).where(
        StoredNotice.realm == actor.realm, StoredNotice.user_id == actor.user_id)
    return list_query(query, _NEWEST_FIRST if newest_first else _OLDEST_FIRST, page, _wire)


def _see(work: UnitOfWork, ids: Sequence[str]) -> int:
    unseen = work.all(select(StoredNotice).where(
        StoredNotice.realm == work.actor.realm, StoredNotice.user_id == work.actor.user_id, IS_UNSEEN,
        StoredNotice.id.in_(ids)).order_by(StoredNotice.id), lock=True)
    moment = now()
    for notice in unseen:
        work.change(notice, is_seen=True, updated_at=moment)
    return len(unseen)


def _recount(realm: str) -> Mapping[str, int]:
    return {row.user_id: row.unseen for row in fetch(
        select(StoredNotice.user_id, func.count().label("unseen")).where(StoredNotice.realm == realm, IS_UNSEEN)
        .group_by(StoredNotice.user_id))}


def _unseen(work: UnitOfWork, user_id: str) -> int:
    [[unseen]] = work.rows(select(func.count()).where(
        StoredNotice.realm == work.actor.realm, StoredNotice.user_id == user_id, IS_UNSEEN))
    return int(unseen)


def _wire(row: Row[Any]) -> Wire:
    return {"id": row.id, "userId": row.user_id, "type": row.notice_type, "title": row.title, "body": row.body,
            "metadata": row.payload, "isSeen": row.is_seen, "createdAt": iso(row.created_at),
            "updatedAt": iso(row.updated_at)}


_COMMON = NoticeStore(_notified, _keep, _listed, _see, _recount, _unseen, _give, _is_kept)


def store_of(realm: str) -> NoticeStore:
    """Return where the notices of a realm are: its own store, or the common table."""
    return runtime().part(NoticeStores).get(realm, _COMMON)
