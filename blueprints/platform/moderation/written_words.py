"""Where people write, in every realm, the list of words is looked for (M-30).

Each kind of object says by which dbevents its words arrive (app/data/moderated_kinds.py)."""
from collections.abc import Iterator, Sequence
from typing import Any

from app.actor import system_actor
from app.data.moderated_kinds import ModeratedKinds
from app.events.event_delivery import Event
from app.events.subscriptions import Subscription
from app.runtime import runtime
from blueprints.platform.moderation.words import look_into


def word_subscription(kinds: ModeratedKinds) -> Subscription:
    """Return the subscriber that looks into what is written of any of these kinds."""
    return Subscription("moderation.words", frozenset(_written(kinds)), batch_handler=look_for_words)


def look_for_words(events: Sequence[Event]) -> None:
    """Open a case where somebody has just written a word of the list."""
    written = _written(runtime().part(ModeratedKinds))
    for event in events:
        row = event.payload.get("newDataValues", event.payload)
        look_into(system_actor(event.realm), written[event.topic], event.key, _texts(row), event.occurred_at)


def _written(kinds: ModeratedKinds) -> dict[str, str]:
    """Return topic → entity type."""
    return {topic: kind.entity_type for kind in kinds.values() for topic in kind.written}


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in JSON, at any depth."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
