"""Runs the relay in processes that are killed, as by the kernel, each at another place between number and mark.

Usage: python -m tests.faults.doomed_relay, the settings in the environment; it says at which places they were."""
import os
import signal
from collections.abc import Callable
from typing import Any

from app.actor import system_actor
from app.events import relay
from app.events.transport import RedisStreams
from app.factory import create_app
from app.runtime import runtime
from blueprints.marketplace.category_management.commands import create_category

PLACES = ("numbered", "published", "marking", "marked")


def main() -> None:
    """Fork a relay for each place, behind a new category; wait until it is dead."""
    app = create_app()
    for place in PLACES:
        child = os.fork()
        if not child:
            with app.app_context():
                create_category(system_actor("marketplace"), title=place)
                _die_at(place)
                relay.relay_all()
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        print(place, os.WTERMSIG(status) if os.WIFSIGNALED(status) else "lives")  # noqa: T201


def _die_at(place: str) -> None:
    publish = RedisStreams.publish
    if place == "numbered":
        RedisStreams.publish = _dying(publish, before=True)  # type: ignore[method-assign]
    elif place == "published":
        RedisStreams.publish = _dying(publish)  # type: ignore[method-assign]
    elif place == "marking":
        relay.note_published = _dying(relay.note_published)
    else:
        runtime().keep(relay.WakeUp(_dying(lambda: None)))


def _dying(act: Callable[..., Any], *, before: bool = False) -> Callable[..., Any]:
    def once(*arguments: Any) -> None:
        if not before:
            act(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    return once


if __name__ == "__main__":
    main()
