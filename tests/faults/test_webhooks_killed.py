"""kill -9 of sender, relay and web while webhooks are sent: each event comes at least once, in the order of its object.

Only in `make long`: what a killed sender had under way is sent again when its lease is over, half a minute later. One
kill without processes is tests/platform/webhooks/test_sending.py."""
import random
import time
from collections import defaultdict
from itertools import cycle, islice
from pathlib import Path

import pytest

from app.data.entity import db
from app.factory import create_app
from app.settings import load_settings
from blueprints.marketplace.category_management.commands import change_category, create_category
from blueprints.platform.webhooks.commands import create_endpoint
from tests.clients import Callers
from tests.components import wait_until
from tests.live import LiveSystem, live_system
from tests.passes import LONG
from tests.platform.webhooks.conftest import CREATED, UPDATED
from tests.platform.webhooks.receivers import Delivery, Receiver, receiving
from tests.testbed import Testbed

VICTIMS = ("webhooks", "relay", "web")
KILLS, OBJECTS, CHANGES = 9, 10, 40
PATIENCE_SECONDS = 180.0


def _slow(_: Delivery) -> tuple[int, dict[str, str]]:
    time.sleep(random.uniform(0, 0.05))
    return 204, {}


def _kill(live: LiveSystem, victim: str) -> None:
    wait_until(lambda: live.is_back(victim), f"{victim} runs", PATIENCE_SECONDS)
    former = live.kill(victim, youngest=True)
    wait_until(lambda: live.is_back(victim) and former not in live.pids(victim), f"{victim} is back", PATIENCE_SECONDS)


def _first_receipts(receiver: Receiver) -> dict[str, list[str]]:
    """Return object → the titles in the order in which each came first."""
    seen, found = set[str](), defaultdict[str, list[str]](list)
    for one in list(receiver.taken):
        if one.id not in seen:
            seen.add(one.id)
            found[one.body["data"]["id"]].append(one.body["data"]["title"])
    return found


if LONG:
    @pytest.mark.slow
    @pytest.mark.both("about what each database has committed")
    def test_no_kill_loses_an_event_or_its_order(testbed: Testbed, tmp_path: Path) -> None:
        with (testbed.fresh_database() as url, receiving() as first, receiving() as second,
              live_system(tmp_path / "live", DATABASE_URL=url, OUTWARD_LOCAL="1") as live):
            app = create_app(load_settings(live.environment))
            with app.app_context():
                callers = Callers(app)
                ben, staff = callers.user("ben").actor, callers.admin().actor
                for receiver in (first, second):
                    receiver.answer = _slow
                    create_endpoint(ben, url=receiver.url, topics=[CREATED, UPDATED])
                time.sleep(2)  # the log is read from here on
                rows = [create_category(staff, title=f"{number}: 0") for number in range(OBJECTS)]
                victims = islice(cycle(VICTIMS), KILLS)
                for change in range(1, CHANGES):
                    for number, row in enumerate(rows):
                        change_category(staff, row.id, title=f"{number}: {change}")
                    if change % (CHANGES // KILLS) == 0 and (victim := next(victims, None)):
                        _kill(live, victim)
                wanted = {row.id: [f"{number}: {change}" for change in range(CHANGES)]
                          for number, row in enumerate(rows)}
                for receiver in (first, second):
                    wait_until(lambda one=receiver: sum(map(len, _first_receipts(one).values())) == OBJECTS * CHANGES,
                               "every event has come", PATIENCE_SECONDS)
                    assert _first_receipts(receiver) == wanted
                db.engine.dispose()
