"""Nothing a client puts into a body is a failure of ours: a refusal says why, names the field and writes nothing."""
from collections import Counter
from collections.abc import Callable, Sequence
from zlib import crc32

import pytest
from sqlalchemy import select

from app.data.connections import reading
from app.events.event_delivery import EventDelivery
from tests.contract.fronts import DISTINCT_MOUNTS, Front, each_world
from tests.contract.hostile import NO_JSON, NO_OBJECTS, odd_values, with_value, wrong_values
from tests.contract.surface import Operation
from tests.passes import share

# The body is a signed event; what the document shows of it is not read from there.
UNREAD = {"callbackOrderManagementOrderPayment", "callbackPremiumsubscriptionPayment", "noteBounces"}
# What needs a code, a signature, a closed auction or another state of its object than the small world has.
NOT_OPEN = {*UNREAD, "offerSecondChance", "startOrderManagementOrderPayment", "refreshOrderManagementOrderPayment",
            "startPremiumsubscriptionPayment", "refreshPremiumsubscriptionPayment", "refundPremiumsubscription",
            "email-verification-start", "mobile-verification-start", "mobile-2factor-verification-start",
            "password-reset-by-mobile-start", "createAppeal", "decideAppeal"}

pytestmark = pytest.mark.sweep("every field of every service with every odd value: PostgreSQL is the stricter judge")
# Of a kind of field each is tried with so small a share of the values, its neighbours with the others.
WRONG_AMONG, ODD_AMONG = 6, 40
# Services that use up nothing of each other's share a world, which costs as much as what is tried in it.
TOGETHER = (
    tuple(f"/marketplace/{name}" for name in (
        "bucket", "bff-service", "realtime", "webhooks-api", "notification-service", "people-api",
        "searchindexing-api", "notificationmanagement-api", "categorymanagement-api")),
    tuple(f"/network/{name}" for name in ("search-api", "networking-api", "content-api", "messaging-api")))
WORLDS = (*TOGETHER, *((mount,) for mount in DISTINCT_MOUNTS if not any(mount in some for some in TOGETHER)))


def is_open(operation: Operation) -> bool:
    return not operation.name.endswith("-complete") and operation.name not in NOT_OPEN


@each_world
def test_a_body_that_is_no_json_object_is_refused(fronts: list[Front]) -> None:
    for front in fronts:
        for place, operation in enumerate(front.bodies):
            good = front.good(operation.name)
            broken = [with_value(good, operation.fields[0], raw) for raw in NO_JSON]
            for body in share([*broken, *NO_OBJECTS], place, 3):
                answer = front.call(operation, data=body, said=repr(body[:60]))
                assert answer.status_code in (400, front.refusal), (operation.name, body[:80], answer.text)
        assert not front.faults, "\n".join(front.faults)


@pytest.mark.slow
@pytest.mark.parametrize("mounts", WORLDS, ids=[mounts[0] for mounts in WORLDS])
def test_the_good_call_of_each_operation_is_good_and_no_value_of_any_field_is_a_failure(
        fronts: list[Front], settle: Callable[[], None]) -> None:
    for front in fronts:
        for operation in front.bodies:
            answer = front.call(operation)
            assert answer.status_code < (300 if is_open(operation) else 500), (operation.name, answer.text)
        try_every_field(front)
        read_again(front, front.reads, "everything")
    settle()
    assert [fault for front in fronts for fault in front.faults] == []
    assert failed_deliveries() == []


def try_every_field(front: Front) -> None:
    """Try each field with values that it must refuse and with odd ones; each service begins at other values."""
    places: Counter[str] = Counter()
    for operation in front.bodies:
        for field in operation.fields:
            good, place = front.good(operation.name), crc32(front.mount.encode()) + places[field.kind]
            for raw in share(wrong_values(field), place, WRONG_AMONG):
                answer = front.call(operation, data=with_value(good, field, raw), said=f"{field.place} {raw[:60]}")
                refused = answer.status_code in (400, front.refusal) and front.names(answer, field.name)
                assert refused or operation.name in UNREAD, (operation.name, field.place, raw[:60], answer.text)
            for raw in share(odd_values(field), place, ODD_AMONG):
                answer = front.call(operation, data=with_value(good, field, raw), said=f"{field.place} {raw[:60]}")
                if answer.status_code not in (400, front.refusal):  # such a refusal used nothing up
                    good = front.good(operation.name)
            places[field.kind] += 1
        read_again(front, [read for read in front.reads if kind_of(read) == kind_of(operation)], operation.name)


def kind_of(operation: Operation) -> str:
    """Return what the operation is about: its path as far as that names no single thing."""
    return operation.path.partition("/{")[0]


def read_again(front: Front, reads: Sequence[Operation], after: str) -> None:
    """Note what cannot be read any more: what was accepted must be readable."""
    for read in reads:
        front.call(read, f"{front.url(read)}?caching=false&pageNumber=0", said=f"after {after}")


def failed_deliveries() -> list[object]:
    with reading() as connection:
        return list(connection.execute(select(EventDelivery.subscriber, EventDelivery.last_error)
                                       .where(EventDelivery.last_error.is_not(None))))
