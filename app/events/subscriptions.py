"""Who wants which topic. A subscriber is a function that runs as a job when an event arrives, once per event.

`@subscribe` handlers change our database: they run in the transaction that marks the event done. `@subscribe_batch`
handlers feed something outside it (the search index): they get many events at once, at least once each."""
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.annotations import annotate
from app.runtime import runtime

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork
    from app.events.event_delivery import Event

Handler = Callable[["UnitOfWork", "Event"], None]
BatchHandler = Callable[[Sequence["Event"]], None]


@dataclass(frozen=True)
class Subscription:
    """One subscriber; its name is stored with each delivery and must never be reused for another meaning."""

    name: str
    topics: frozenset[str]
    handler: Handler | None = None
    batch_handler: BatchHandler | None = None


class Subscriptions:
    """The subscribers of one application."""

    def __init__(self, subscriptions: Iterable[Subscription] = ()) -> None:
        self.by_name: dict[str, Subscription] = {}
        self.by_topic: dict[str, list[Subscription]] = {}
        for one in subscriptions:
            self.add(one)

    def add(self, one: Subscription) -> None:
        """Take one more subscriber; raises ValueError when its name is taken."""
        if one.name in self.by_name:
            raise ValueError(f"two subscribers are called {one.name}")
        self.by_name[one.name] = one
        for topic in one.topics:
            self.by_topic.setdefault(topic, []).append(one)


def subscribe(*topics: str, name: str) -> Callable[[Handler], Handler]:
    """Mark a transactional handler of the topics; the service's `service.py` names its module."""
    return lambda handler: annotate(handler, Subscription(name, frozenset(topics), handler=handler))


def subscribe_batch(*topics: str, name: str) -> Callable[[BatchHandler], BatchHandler]:
    """Mark an idempotent batch handler of the topics."""
    return lambda handler: annotate(handler, Subscription(name, frozenset(topics), batch_handler=handler))


def subscription(name: str) -> Subscription | None:
    """Return the subscriber of that name, or None when it was retired."""
    return runtime().part(Subscriptions).by_name.get(name)
