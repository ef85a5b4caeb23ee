"""A Kinesis endpoint that can go away, what is on its streams, and whether query tables say what the events say."""
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.server import ThreadedMotoServer

from blueprints.organization.adapters.kinesis import kinesis_client
from blueprints.organization.application.projector import StreamProjector
from blueprints.organization.domain.aggregate import fold
from blueprints.organization.domain.events import Event, Identity
from tests.components import free_port
from tests.organization.world import Caller, World


class Kinesis:
    """A moto server that can go away and come back with what it held."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: ThreadedMotoServer | None = None

    def start(self) -> None:
        """Listen."""
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        """Refuse every connection; the records stay."""
        if self._server:
            self._server.stop()
        self._server = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """Be away while the block lasts."""
        self.stop()
        try:
            yield
        finally:
            self.start()


def records(kinesis: Kinesis, stream: str) -> list[dict[str, Any]]:
    """Return everything on the stream, shard by shard, with its partition key."""
    client, found = kinesis_client(kinesis.url), []
    for shard in client.list_shards(StreamName=stream)["Shards"]:
        iterator = client.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"],
                                             ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while True:
            answer = client.get_records(ShardIterator=iterator)
            found += answer["Records"]
            if not answer["Records"]:
                break
            iterator = answer["NextShardIterator"]
    return found


def project_all(projector: StreamProjector) -> int:
    total = 0
    while count := projector.pass_once():
        total += count
    return total


def log_of(world: World, caller: Caller) -> list[Event]:
    tenant = world.ports.tenants.find(caller.tenant_id)
    assert tenant is not None
    return list(world.ports.store.history(tenant, world.kind))


def assert_projected(world: World, caller: Caller) -> None:
    """The query table is the fold of the events, no more and no less."""
    events = log_of(world, caller)
    by_id: dict[Identity, list[Event]] = {}
    for event in events:
        by_id.setdefault(event.identity, []).append(event)
    folded = [fold(identity, its).state for identity, its in by_id.items()]
    living = sorted((state for state in folded if state), key=lambda state: state["resourceId"])
    shown: list[dict] = []
    page = 1
    while rows := caller.search(f"sort=resourceId&pageSize=200&page={page}").get_json(silent=True):
        shown, page = shown + rows, page + 1
    assert shown == living


def assert_on_stream_in_order(kinesis: Kinesis, stream: str, events: list[Event]) -> None:
    """Every event is there, and for each resource the first sightings are in order."""
    seen: dict[str, list[str]] = {}
    for record in records(kinesis, stream):
        message = json.loads(record["Data"])
        ids = seen.setdefault(record["PartitionKey"], [])
        if message["id"] not in ids:
            ids.append(message["id"])
    expected: dict[str, list[str]] = {}
    for event in events:
        expected.setdefault(event.partition_key, []).append(event.id)
    assert seen == expected
