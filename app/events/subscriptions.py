"""Who wants which topic. A subscriber is a function that runs as a job when an event arrives, once per event.

`@subscribe` handlers change our database: they run in the transaction that marks the event done. `@subscribe_batch`
handlers feed something outside it (the search index): they get many events at once, at least once each."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.data.unit_of_work import UnitOfWork
from app.events.outbox import Event

Handler = Callable[[UnitOfWork, Event], None]
BatchHandler = Callable[[Sequence[Event]], None]


@dataclass(frozen=True)
class Subscription:
    """One subscriber; its name is stored with each delivery and must never be reused for another meaning."""

    name: str
    topics: frozenset[str]
    handler: Handler | None = None
    batch_handler: BatchHandler | None = None


_by_name: dict[str, Subscription] = {}
_by_topic: dict[str, list[Subscription]] = {}


def subscribe(*topics: str, name: str) -> Callable[[Handler], Handler]:
    """Register a transactional handler for the topics."""
    def register(handler: Handler) -> Handler:
        _register(Subscription(name, frozenset(topics), handler=handler))
        return handler
    return register


def subscribe_batch(*topics: str, name: str) -> Callable[[BatchHandler], BatchHandler]:
    """Register an idempotent batch handler for the topics."""
    def register(handler: BatchHandler) -> BatchHandler:
        _register(Subscription(name, frozenset(topics), batch_handler=handler))
        return handler
    return register


def _register(subscription: Subscription) -> None:
    known = _by_name.get(subscription.name)
    if known is not None and known.topics != subscription.topics:
        raise RuntimeError(f"two subscribers are called {subscription.name}")
    if known is None:
        for topic in subscription.topics:
            _by_topic.setdefault(topic, []).append(subscription)
    _by_name[subscription.name] = subscription


def subscribers_of(topic: str) -> list[Subscription]:
    """Return the subscribers of a topic."""
    return _by_topic.get(topic, [])


def subscription(name: str) -> Subscription | None:
    """Return the subscriber of that name, or None when it was retired."""
    return _by_name.get(name)
