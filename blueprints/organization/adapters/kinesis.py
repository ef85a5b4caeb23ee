"""The Kinesis stream that STREAM names: publisher and reader by boto3 (endpoint other than AWS: AWS_ENDPOINT_URL).

boto3's own retries are off: the relay retries, because only it knows which events must not overtake each other."""
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
import orjson
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from blueprints.organization.application.instants import instant_text
from blueprints.organization.domain.events import Event, to_cloud_event
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Records, StreamDown, Tenant

MOST_RECORDS = 500
MOST_BYTES = 4_500_000
_FALLBACK_REGION = "us-east-1"

Record = dict[str, Any]


def kinesis_client(endpoint_url: str | None = None) -> Any:
    """Return a client with the environment's credentials and region."""
    session = boto3.session.Session()
    return session.client(
        "kinesis", endpoint_url=endpoint_url, region_name=session.region_name or _FALLBACK_REGION,
        config=Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}))


class KinesisPublisher:
    """Puts CloudEvents on the stream; the partition key is the aggregate's."""

    is_stream = True

    def __init__(self, client: Any, stream: str) -> None:
        self._client = client
        self._stream = stream

    def publish(self, tenant: Tenant, kind: ResourceType, events: Sequence[Event]) -> set[str]:
        """Put events of different aggregates; returns the ids of those the stream refused; raises StreamDown."""
        refused: set[str] = set()
        pairs = [(event.id, _record(event)) for event in events]
        for batch in _batches(pairs):
            with _stream_failures():
                answer = self._client.put_records(StreamName=self._stream, Records=[record for _, record in batch])
            refused |= {event_id for (event_id, _), result in zip(batch, answer["Records"], strict=True)
                        if result.get("ErrorCode")}
        return refused


class KinesisReader:
    """Reads the stream shard by shard; iterators are kept between passes and renewed when they expire.

    Its name, under which checkpoints are kept, says when the stream was made: one that was deleted and made anew
    numbers its shards and records from the start, and a former checkpoint would pass over them."""

    def __init__(self, client: Any, stream: str) -> None:
        self.name = stream
        self._is_named = False
        self._stream = stream
        self._client = client
        self._iterators: dict[tuple[str, str | None], str] = {}

    def shards(self) -> list[str]:
        """Return the ids of all shards, closed ones included."""
        with self._asking_its_name_again():
            if not self._is_named:
                self.name, self._is_named = self._made_name(), True
            pages = self._client.get_paginator("list_shards").paginate(StreamName=self._stream)
            return [shard["ShardId"] for page in pages for shard in page["Shards"]]

    def read(self, shard: str, after: str | None) -> Records:
        """Return up to 500 records after a sequence number, or from the oldest."""
        with self._asking_its_name_again():
            try:
                answer = self._records(self._iterators.pop((shard, after), "") or self._iterator(shard, after))
            except self._client.exceptions.ExpiredIteratorException:
                answer = self._records(self._iterator(shard, after))
        records, following = answer["Records"], answer.get("NextShardIterator")
        last = records[-1]["SequenceNumber"] if records else None
        if following:
            self._iterators[shard, last or after] = following
        return Records([record["Data"] for record in records], last, following is None)

    def _records(self, iterator: str) -> Any:
        return self._client.get_records(ShardIterator=iterator, Limit=MOST_RECORDS)

    def _iterator(self, shard: str, after: str | None) -> str:
        start = ({"ShardIteratorType": "TRIM_HORIZON"} if after is None else
                 {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": after})
        iterator: str = self._client.get_shard_iterator(
            StreamName=self._stream, ShardId=shard, **start)["ShardIterator"]
        return iterator

    def _made_name(self) -> str:
        summary = self._client.describe_stream_summary(StreamName=self._stream)["StreamDescriptionSummary"]
        return f"{self._stream} of {instant_text(summary['StreamCreationTimestamp'])}"

    @contextmanager
    def _asking_its_name_again(self) -> Iterator[None]:
        try:
            with _stream_failures():
                yield
        except StreamDown:
            self._is_named = False
            raise


@contextmanager
def _stream_failures() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StreamDown(str(error)) from error


def _record(event: Event) -> Record:
    return {"Data": orjson.dumps(to_cloud_event(event)), "PartitionKey": event.partition_key}


def _batches(pairs: list[tuple[str, Record]]) -> Iterator[list[tuple[str, Record]]]:
    """Cut into calls that the stream's limits allow."""
    batch: list[tuple[str, Record]] = []
    size = 0
    for pair in pairs:
        weight = len(pair[1]["Data"]) + len(pair[1]["PartitionKey"])
        if batch and (len(batch) == MOST_RECORDS or size + weight > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(pair)
        size += weight
    if batch:
        yield batch
