"""The store as a live system with a stream: the web publishes, a process of its own projects what comes back."""
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.components import ROOT, unique_name, wait_until
from tests.live import LiveSystem, live_system
from tests.organization.streams import Kinesis, records
from tests.organization.world import ACME, World


def told(system: LiveSystem, *arguments: str) -> Any:
    answer = system.flask("organization", *arguments, "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def call(address: str, *, body: Any = None, form: str = "", **headers: str) -> tuple[int, Any]:
    data = json.dumps(body).encode() if body else form.encode() or None
    kind = {"Content-Type": "application/json"} if body else {}
    with urlopen(Request(address, data, kind | headers), timeout=60) as response:
        text = response.read()
        return response.status, json.loads(text) if text else None


@contextmanager
def projecting(system: LiveSystem) -> Iterator[None]:
    """Run `flask organization relay` while the block lasts; it ends in peace."""
    with subprocess.Popen([sys.executable, "-m", "flask", "organization", "relay"], cwd=ROOT,
                          env=os.environ | system.environment) as relay:
        try:
            yield
        finally:
            relay.send_signal(signal.SIGTERM)
        assert relay.wait(timeout=30) == 0


@pytest.mark.slow
@pytest.mark.once("about processes; test_kinesis has what they store on both databases")
def test_an_accepted_write_travels_over_the_stream_and_is_shown(world: World, kinesis: Kinesis, stream: str,
                                                                tmp_path: Path) -> None:
    tenant_id = unique_name("t")
    with live_system(tmp_path / "home", DATABASE=world.organization.settings.database, STREAM=stream,
                     AWS_ENDPOINT_URL=kinesis.url) as system, projecting(system):
        told(system, "tenant", "add", tenant_id, "--yes")
        client = told(system, "client", "add", tenant_id, "--yes")
        form = f"grant_type=client_credentials&client_id={client['clientId']}&client_secret={client['clientSecret']}"
        store = f"{system.url}/organization-api"
        _, token = call(f"{store}/oauth/token", form=form)
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        status, written = call(f"{store}/{tenant_id}/organization", body=ACME, Prefer="respond-async", **bearer)
        assert status == 202
        record = f"{store}/{tenant_id}/organization/{written['resourceId']}"
        wait_until(lambda: call(record, **bearer)[0] == 200, "the stream brings the record")
        assert [json.loads(record["Data"])["subject"] for record in records(kinesis, stream)] == [written["resourceId"]]
        told(system, "tenant", "drop", tenant_id, "--yes")
