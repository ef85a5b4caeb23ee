"""Telling people what somebody did: not the doer, nobody who is inactive, nobody of two who block each other."""
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import select

from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from blueprints.platform.notification.notices import tell_all
from blueprints.platform.people.briefs import user_briefs
from blueprints.platform.people.queries import blocked_with, inactive_among


def tell_of(work: UnitOfWork, event: Event, notice_type: str, doer_id: str, receivers: Iterable[str],
            payload: Mapping[str, Any], *, despite_blocks: bool = False) -> None:
    """Tell people, in the app and by letter, what the doer did; of what an inactive person did nobody hears.

    `despite_blocks`: for applications, which a block leaves as they are (NET-7). The name of the doer stands in the
    letter alone."""
    others = set(receivers) - {doer_id}
    if not others or inactive_among(event.realm, [doer_id]):
        return
    if not despite_blocks:
        blocked = blocked_with(event.realm, doer_id).subquery()
        others -= {row[0] for row in work.rows(select(blocked).where(next(iter(blocked.c)).in_(others)))}
    brief = user_briefs(event.realm, [doer_id]).get(doer_id)
    tell_all(work, event, notice_type, others, {**payload, "actorUserId": doer_id},
             {"name": brief["fullname"] if brief else ""}, by_letter=True)


def once_about(event: Event, *about: str) -> Event:
    """Return the event under an id of what it is about: nobody is told of the same by another event again."""
    return replace(event, event_id=str(uuid5(NAMESPACE_OID, "\n".join(about))))
