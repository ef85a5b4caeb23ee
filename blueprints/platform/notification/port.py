"""Where a realm keeps what its people are told: the port between telling and the table behind it (FD-22)."""
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.actor import Actor
from app.data.reads import Listing, Page
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event


@dataclass(frozen=True)
class NoticeStore:
    """The notices of one realm.

    `notified(work, event, type, user ids)` returns who of these was told that of the event before; `keep(work, event,
    type, user ids, payload)` stores it for each of these, unseen and uncounted. `listed(actor, page, newest first)` is
    a page of the actor's own in the shape of rules-platform §6.2; `see(work, ids)` marks those of the actor's that have
    these ids, and returns how many were unseen. `recount(realm)` is user id → unseen ones, for the doctor;
    `give(work, user id, title, body, metadata)` stores words that somebody gave, unseen and uncounted; `is_kept()`
    tells whether events are stored at all (STORED_NOTICE). `unseen(work, user id)` is how many one person of the
    actor's realm has, as the transaction sees it."""

    notified: Callable[[UnitOfWork, Event, str, Collection[str]], set[str]]
    keep: Callable[[UnitOfWork, Event, str, Sequence[str], Mapping[str, Any]], None]
    listed: Callable[[Actor, Page, bool], Listing]
    see: Callable[[UnitOfWork, Sequence[str]], int]
    recount: Callable[[str], Mapping[str, int]]
    unseen: Callable[[UnitOfWork, str], int]
    give: Callable[[UnitOfWork, str, str, str, Mapping[str, Any]], None]
    is_kept: Callable[[], bool]


class NoticeStores(dict[str, NoticeStore]):
    """The stores that realms have of their own, by realm; handed down by their services."""
