"""Events over a real Kinesis endpoint (a moto server, by HTTP): published and projected."""
import json
from typing import Any
from uuid import uuid4

import orjson
import pytest

from app.clock import moved_clock
from blueprints.organization.adapters.kinesis import MOST_RECORDS, KinesisPublisher, KinesisReader, kinesis_client
from blueprints.organization.application.backoff import LONGEST_SECONDS
from blueprints.organization.application.projector import StreamProjector
from blueprints.organization.application.tenants import drop_tenant
from blueprints.organization.domain.events import Event, Identity
from blueprints.organization.ports import Records, StreamDown
from tests.components import free_port
from tests.organization.streams import Kinesis, assert_projected, project_all, records
from tests.organization.world import ACME, World

pytestmark = pytest.mark.usefixtures("_credentials")


def test_a_write_is_a_cloud_event_on_the_stream_keyed_by_its_resource(streaming: World, kinesis: Kinesis,
                                                                      stream: str) -> None:
    caller = streaming.caller()
    resource_id = caller.add()
    streaming.drain(caller)
    [record] = records(kinesis, stream)
    message = json.loads(record["Data"])
    assert record["PartitionKey"] == f"{caller.tenant_id}:{resource_id}"
    assert streaming.ports.schemas.event_errors(message) == []
    assert (message["type"], message["source"]) == ("organizationCreated", f"/organization/{caller.tenant_id}")
    assert message["data"] == {"after": caller.get(resource_id).get_json()}


def test_an_accepted_write_is_shown_when_the_stream_brought_it(streaming: World) -> None:
    caller = streaming.caller()
    resource_id = caller.post(ACME, Prefer="respond-async").get_json()["resourceId"]
    streaming.drain(caller)
    assert caller.get(resource_id).status_code == 204
    assert project_all(streaming.organization.stream_projector()) == 1
    assert caller.get(resource_id).status_code == 200


def test_what_was_shown_before_the_stream_brought_it_stays(streaming: World) -> None:
    caller = streaming.caller()
    resource_id = caller.add()
    caller.patch(resource_id, {"name": "Second"})
    streaming.drain(caller)
    project_all(streaming.organization.stream_projector())
    assert caller.get(resource_id).get_json()["name"] == "Second"
    assert_projected(streaming, caller)


def test_a_new_projector_goes_on_where_the_last_one_stopped(streaming: World) -> None:
    caller = streaming.caller()
    for _ in range(4):
        caller.add()
    streaming.drain(caller)
    first = streaming.organization.stream_projector()
    assert project_all(first) == 4
    first.release()
    caller.add()
    streaming.drain(caller)
    assert project_all(streaming.organization.stream_projector()) == 1


def test_messages_that_are_not_ours_are_skipped(streaming: World, kinesis: Kinesis, stream: str) -> None:
    caller = streaming.caller()
    caller.post(ACME, Prefer="respond-async")
    streaming.drain(caller)
    good = json.loads(records(kinesis, stream)[0]["Data"])
    strange = [b"", b"\xff", b"[]", b"{}", b"null", b"[" * 100_000,
               orjson.dumps({**good, "source": "/organization/nobody"}),
               orjson.dumps({**good, "source": "/nothing/" + caller.tenant_id, "type": "nothingCreated"}),
               orjson.dumps({**good, "sequence": "x"}), orjson.dumps({**good, "subject": str(uuid4())})]
    client = kinesis_client(kinesis.url)
    for data in strange:
        client.put_record(StreamName=stream, Data=data or b" ", PartitionKey="x")
    projector = streaming.organization.stream_projector()
    assert project_all(projector) == 1 + len(strange)
    assert projector.skipped == len(strange)
    assert_projected(streaming, caller)


def test_a_message_that_tells_an_event_otherwise_than_the_log_changes_nothing(streaming: World, kinesis: Kinesis,
                                                                              stream: str) -> None:
    caller = streaming.caller()
    resource_id = caller.add()
    streaming.drain(caller)
    [record] = records(kinesis, stream)
    forged = json.loads(record["Data"])
    forged["sequence"] = "0000000002"
    forged["data"]["after"] |= {"version": 2, "name": "Forged"}
    assert streaming.organization.stream_projector().project([orjson.dumps(forged)]) == 0
    assert caller.get(resource_id).get_json()["name"] == ACME["name"]


def test_events_of_a_tenant_that_was_dropped_do_not_come_back_when_its_name_is_given_again(streaming: World) -> None:
    former = streaming.caller()
    former.add()
    streaming.drain(former)
    drop_tenant(streaming.ports, former.tenant_id)
    caller = streaming.caller(former.tenant_id)
    projector = streaming.organization.stream_projector()
    assert project_all(projector) == 1
    assert (caller.search().status_code, projector.skipped) == (204, 1)


def test_a_shard_has_one_reader_at_a_time(streaming: World) -> None:
    caller = streaming.caller()
    caller.add()
    streaming.drain(caller)
    first, second = streaming.organization.stream_projector(), streaming.organization.stream_projector()
    second.owner = "another"
    assert project_all(first) == 1
    caller.add()
    streaming.drain(caller)
    assert project_all(second) == 0
    first.release()
    assert project_all(second) == 1


def test_a_stream_whose_shards_are_split_is_followed(streaming: World, kinesis: Kinesis, stream: str) -> None:
    caller = streaming.caller()
    for _ in range(3):
        caller.post(ACME, Prefer="respond-async")
    streaming.drain(caller)
    client = kinesis_client(kinesis.url)
    shard = client.list_shards(StreamName=stream)["Shards"][0]
    middle = str(int(shard["HashKeyRange"]["EndingHashKey"]) // 2)
    client.split_shard(StreamName=stream, ShardToSplit=shard["ShardId"], NewStartingHashKey=middle)
    for _ in range(3):
        caller.post(ACME, Prefer="respond-async")
    streaming.drain(caller)
    projector = streaming.organization.stream_projector()
    for _ in range(4):
        projector.pass_once()
    assert caller.search().headers["X-Total-Count"] == "6"
    assert_projected(streaming, caller)


def test_a_database_that_is_away_holds_the_checkpoint_back(streaming: World, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = streaming.caller()
    resource_id = caller.post(ACME, Prefer="respond-async").get_json()["resourceId"]
    streaming.drain(caller)
    first, second = streaming.organization.stream_projector(), streaming.organization.stream_projector()
    with monkeypatch.context() as broken:
        broken.setattr(type(first), "_project_target", _stumble)
        assert project_all(first) == 1
    first.release()
    second.owner = "another"
    assert project_all(second) == 1
    assert caller.get(resource_id).status_code == 200


def _stumble(*_args: object) -> int:
    raise RuntimeError("the database went away")


def test_a_tenant_whose_database_fails_does_not_hold_up_the_others_and_loses_nothing(
        streaming: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, well = streaming.caller(), streaming.caller()
    projector = streaming.organization.stream_projector()
    project = type(projector)._project_target

    def fail_one(self: StreamProjector, tenant_id: str, *rest: Any) -> int:
        if tenant_id == broken.tenant_id:
            raise RuntimeError("damaged")
        return project(self, tenant_id, *rest)

    with monkeypatch.context() as damaged:
        damaged.setattr(type(projector), "_project_target", fail_one)
        for caller in (broken, well) * 2:
            caller.post(ACME, Prefer="respond-async")
            streaming.drain(caller)
            project_all(projector)
        assert (broken.search().status_code, len(well.names())) == (204, 2)
    with moved_clock(seconds=LONGEST_SECONDS):
        project_all(projector)
    assert len(broken.names()) == 2
    assert projector.skipped == 0
    projector.release()
    assert project_all(streaming.organization.stream_projector()) == 0


def test_a_shard_that_cannot_be_read_does_not_hold_up_the_others(streaming: World) -> None:
    caller = streaming.caller()
    for _ in range(8):
        caller.post(ACME, Prefer="respond-async")
    streaming.drain(caller)
    projector = streaming.organization.stream_projector()
    first, read = projector.stream.shards()[0], projector.stream.read

    def throttled(shard: str, after: str | None) -> Records:
        if shard == first:
            raise StreamDown("throttled")
        return read(shard, after)

    projector.stream.read = throttled  # type: ignore[method-assign]
    with pytest.raises(StreamDown):
        projector.pass_once()
    assert 0 < len(caller.names()) < 8
    projector.stream.read = read  # type: ignore[method-assign]
    project_all(projector)
    assert_projected(streaming, caller)


def test_a_stream_that_was_deleted_and_made_anew_is_read_from_its_start(streaming: World, kinesis: Kinesis,
                                                                        stream: str) -> None:
    caller, client = streaming.caller(), kinesis_client(kinesis.url)
    projector = streaming.organization.stream_projector()
    for _ in range(4):
        caller.post(ACME, Prefer="respond-async")
    streaming.drain(caller)
    assert project_all(projector) == 4
    with pytest.raises(StreamDown):
        client.delete_stream(StreamName=stream)
        projector.pass_once()
    client.create_stream(StreamName=stream, ShardCount=2)
    caller.post(ACME, Prefer="respond-async")
    streaming.drain(caller)
    project_all(projector)
    assert len(caller.names()) == 5


def test_a_stream_that_does_not_exist_is_down(kinesis: Kinesis) -> None:
    with pytest.raises(StreamDown):
        KinesisReader(kinesis_client(kinesis.url), "missing").shards()


def test_without_a_server_the_stream_is_down() -> None:
    client = kinesis_client(f"http://127.0.0.1:{free_port()}")
    event = Event("1", "Created", Identity("acme", "organization", "1"), 1, "", "", "", None, {})
    with pytest.raises(StreamDown):
        KinesisPublisher(client, "x").publish(None, None, [event])  # type: ignore[arg-type]


class RecordingClient:
    """Answers put_records as Kinesis does, and refuses the events it is told to."""

    def __init__(self, refused: set[int]) -> None:
        self.sizes: list[int] = []
        self.refused = refused

    def put_records(self, *, StreamName: str, Records: list[dict]) -> dict:  # noqa: N803 - boto3's names
        """Take the call."""
        self.sizes.append(len(Records))
        return {"Records": [{"ErrorCode": "ProvisionedThroughputExceededException"} if number in self.refused else {}
                            for number in range(len(Records))]}


def _many(count: int, padding: int = 0) -> list[Event]:
    return [Event(str(number), "Created", Identity("acme", "organization", str(number)), 1, "", "", "", None,
                  {"name": "x" * padding}) for number in range(count)]


def test_a_call_stays_within_the_limits_of_kinesis() -> None:
    client = RecordingClient(set())
    KinesisPublisher(client, "s").publish(None, None, _many(MOST_RECORDS + 1))  # type: ignore[arg-type]
    assert client.sizes == [MOST_RECORDS, 1]
    client.sizes.clear()
    KinesisPublisher(client, "s").publish(None, None, _many(11, padding=500_000))  # type: ignore[arg-type]
    assert client.sizes == [8, 3]


def test_the_events_a_call_refused_are_told() -> None:
    publisher = KinesisPublisher(RecordingClient({1, 3}), "s")
    assert publisher.publish(None, None, _many(5)) == {"1", "3"}  # type: ignore[arg-type]


def test_an_iterator_that_expired_is_renewed(streaming: World, kinesis: Kinesis, stream: str) -> None:
    client = kinesis_client(kinesis.url)
    reader = KinesisReader(client, stream)
    shard = reader.shards()[0]
    reader.read(shard, None)
    get_records, calls = client.get_records, []

    def once_expired(**arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise client.exceptions.ExpiredIteratorException({"Error": {}}, "GetRecords")
        return get_records(**arguments)

    client.get_records = once_expired
    assert reader.read(shard, None).messages == []
    assert len(calls) == 2
