"""kill -9 of the relay between number, publish and mark: each event is in the log and in its stream once, in order."""
import os
import subprocess
import sys

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.data.reads import fetch
from app.events.deliveries import drain_deliveries
from app.events.event_delivery import DONE, EventDelivery
from app.events.log import events_after
from app.events.relay import relay_all
from app.runtime import runtime
from tests.components import ROOT
from tests.faults.doomed_relay import PLACES
from tests.testbed import Testbed

CREATED = "ebaycclone-categorymanagement-service-dbevent-category-created"


@pytest.mark.both("about what each database has committed")
def test_fd_12_a_relay_killed_at_each_place_neither_loses_nor_doubles_an_event(app: Flask, testbed: Testbed) -> None:
    runtime().redis.delete(CREATED)
    killed = subprocess.run([sys.executable, "-m", "tests.faults.doomed_relay"], cwd=ROOT, capture_output=True,
                            env=os.environ | testbed.environment, text=True, check=True, timeout=120)
    assert killed.stdout.split() == [word for place in PLACES for word in (place, "9")]
    relay_all()
    drain_deliveries()
    logged = [event for event in events_after("marketplace", 0, limit=1000) if event.topic == CREATED]
    assert [event.row["title"] for event in logged] == list(PLACES)
    entries = [(int(entry_id.split(b"-")[0]), entry[b"eventId"].decode())
               for entry_id, entry in runtime().redis.xrange(CREATED)]
    assert entries == [(event.position, event.event_id) for event in logged]
    owed = fetch(select(func.count().label("count"), EventDelivery.status).where(
        EventDelivery.topic == CREATED).group_by(EventDelivery.status, EventDelivery.subscriber))
    assert {tuple(row) for row in owed} <= {(len(PLACES), DONE)}
