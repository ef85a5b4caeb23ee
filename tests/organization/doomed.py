"""A relay, a projector or an upgrade in a process of its own that is killed, as by the kernel, after so many steps.

Usage: python -m tests.organization.doomed ROLE HOME DATABASE STREAM ENDPOINT STEPS SECONDS_AHEAD (STEPS 0: live on)."""
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from app import clock
from blueprints.organization.application import projector, schema_upgrade
from blueprints.organization.application.relay import Relay
from blueprints.organization.wiring import Organization, OrganizationSettings


def dying(act: Callable[..., Any], steps: int) -> Callable[..., Any]:
    """Return `act` that is carried out `steps` times, the process dying right after the last; 0 is never."""
    done = 0

    def once_more(*arguments: Any) -> Any:
        nonlocal done
        result = act(*arguments)
        done += 1
        if done == steps:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return once_more


class DyingPublisher:
    """Publishes, and dies before anybody can note that it did."""

    is_stream = True

    def __init__(self, publish: Callable[..., set[str]], steps: int) -> None:
        self.publish = dying(publish, steps)


def run_projector(store: Organization, steps: int) -> None:
    """Project the stream to its end, dying after so many tenants' transactions."""
    projector.project_events = dying(projector.project_events, steps)
    reader = store.stream_projector()
    while reader.pass_once():
        pass
    reader.release()


def run_relay(store: Organization, steps: int) -> None:
    """Drain every outbox, dying after so many calls of the stream."""
    relay = store.relay()
    publisher = DyingPublisher(relay.ports.publisher.publish, steps)
    Relay(replace(relay.ports, publisher=publisher), relay.owner).sweep()


def run_upgrade(store: Organization, steps: int) -> None:
    """Upgrade every tenant, dying after so many records, in the middle of their transaction."""
    schema_upgrade._move = dying(schema_upgrade._move, steps)
    schema_upgrade.PIECE = 2
    for tenant, newest in schema_upgrade.waiting(store.ports):
        schema_upgrade.upgrade(store.ports, tenant, newest)


def main(role: str, home: str, database: str, stream: str, endpoint: str, steps: str, ahead: str) -> None:
    """Do the role's work."""
    clock.set_offset(float(ahead))
    store = Organization(OrganizationSettings(Path(home), "s" * 32, database=database, stream=stream,
                                              endpoint_url=endpoint, background=False,
                                              schema_folders=(Path(home) / "schemas",)))
    {"projector": run_projector, "relay": run_relay, "upgrade": run_upgrade}[role](store, int(steps))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
