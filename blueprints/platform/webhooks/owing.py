"""From the log to messages: what happened is owed to every endpoint that chose it and whose person sees it.

Asked here so that nobody's list of deliveries names what he never saw; asked again when it is sent (FD-21)."""
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import select, update

from app.actor import kernel_actor
from app.data.ids import uuid7
from app.data.list_cache import CacheVersions, VersionedCache
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.data.upserts import upsert
from app.errors import InvalidInput
from app.events.log import LoggedEvent, newest_position, read_on
from app.events.outward import Key, OutwardEvent, Receiver, Selection, keys_of, outward
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from blueprints.platform.webhooks.commands import CHANGED
from blueprints.platform.webhooks.holders import holders_of
from blueprints.platform.webhooks.lanes import lock_endpoints, owe
from blueprints.platform.webhooks.models import DISABLED, WebhookEndpoint, WebhookReading
from blueprints.platform.webhooks.queries import message_id


def owe_new_events(realm: str) -> int:
    """Owe the next events of a realm's log to its endpoints; returns how many events were read.

    Two may do so at once: the second finds that the first has read on, and takes nothing back."""
    position = _position(realm)
    if position is None:
        return _begin(realm)
    events, following = read_on(realm, position)
    if following == position:
        return 0
    told = _outward_events(realm, events) if events else {}
    with unit_of_work(kernel_actor()) as work:
        moved = work.execute(update(WebhookReading).where(
            WebhookReading.realm == realm, WebhookReading.position == position).values(position=following))
        if moved.rowcount and told:
            known = lock_endpoints(work, told)
            owe(work, [_message(realm, endpoint_id, one, events) for endpoint_id, some in told.items()
                       if endpoint_id in known for one in some])
        work.commit()
    return len(events)


def selection_of(endpoint: Any) -> Selection | None:
    """Return what an endpoint's row has chosen; None when nothing of it is there any more."""
    return _selection(endpoint.realm, tuple(endpoint.topics))


@lru_cache(maxsize=4096)
def _selection(realm: str, topics: tuple[str, ...]) -> Selection | None:
    try:
        return Selection.stored(realm, topics)
    except InvalidInput:
        return None


def _outward_events(realm: str, events: Sequence[LoggedEvent]) -> dict[str, list[OutwardEvent]]:
    """Return endpoint's id → what it is told of these events, of those that are told anything."""
    by_key = _remembered(runtime().cache_versions).get_or_make(realm, (CHANGED,), lambda: _endpoints_by_key(realm))
    chosen = {row.id: row for event in events for key in keys_of(event) for row in by_key.get(key, ())}
    holders = holders_of(chosen.values())
    active = [(row.id, Receiver(holder, selection)) for row in chosen.values()
              if (holder := holders[row.id]) is not None and (selection := selection_of(row)) is not None]
    told = outward(events, [receiver for _, receiver in active]) if active else []
    return {endpoint_id: some for (endpoint_id, _), some in zip(active, told, strict=True) if some}


@cache
def _remembered(versions: CacheVersions) -> VersionedCache:
    return VersionedCache(versions, len(REALM_CODENAMES))


def _endpoints_by_key(realm: str) -> dict[Key, list[Any]]:
    """Return what can be chosen → the endpoints that have chosen it: a batch of events looks up its own.

    All of a realm are read when one was changed; who is gone meanwhile is owed nothing (`lock_endpoints`)."""
    found: dict[Key, list[Any]] = defaultdict(list)
    for row in fetch(select(WebhookEndpoint.id, WebhookEndpoint.realm, WebhookEndpoint.user_id,
                            WebhookEndpoint.client_id, WebhookEndpoint.topics)
                     .where(WebhookEndpoint.realm == realm, WebhookEndpoint.state != DISABLED)):
        selection = selection_of(row)
        for key in selection.keys if selection is not None else ():
            found[key].append(row)
    return dict(found)


def _message(realm: str, endpoint_id: str, told: OutwardEvent, events: Sequence[LoggedEvent]) -> Mapping[str, Any]:
    return {"id": uuid7(), "endpoint_id": endpoint_id, "realm": realm, "message_id": message_id(told),
            "position": told.position, "place": told.position, "topic": told.topic, "object_name": told.object_name,
            "object_id": told.object_id,
            "occurred_at": next(event.at for event in events if event.position == told.position)}


def _position(realm: str) -> int | None:
    found = fetch(select(WebhookReading.position).where(WebhookReading.realm == realm))
    return int(found[0].position) if found else None


def _begin(realm: str) -> int:
    """Begin behind what has happened so far: nobody had an endpoint."""
    with unit_of_work(kernel_actor()) as work:
        work.execute(upsert(WebhookReading).values(realm=realm, position=newest_position()).on_conflict_do_nothing())
        work.commit()
    return 0
