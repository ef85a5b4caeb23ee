"""A process that takes a write, answers it with 202 and never carries it: it waits to be killed.

Usage: python -m tests.organization.abandoning HOME DATABASE TENANT TOKEN; prints the status and the id."""
import sys
import time
from pathlib import Path

from blueprints.organization.adapters.courier import Courier
from tests.organization.world import ACME, Caller, World


def main(home: str, database: str, tenant_id: str, token: str) -> None:
    """Take the write."""
    Courier._carry = lambda *_: time.sleep(60)  # type: ignore[method-assign]
    world = World(Path(home), database, background=True)
    answer = Caller(world.app, tenant_id, token).post(ACME, Prefer="respond-async")
    sys.stdout.write(f"{answer.status_code} {answer.get_json()['resourceId']}\n")
    sys.stdout.flush()
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
