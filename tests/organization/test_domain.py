"""The rules of a resource's life, without any database."""
import json

import pytest

from blueprints.organization.domain import identifiers
from blueprints.organization.domain.aggregate import Aggregate, Expectation, Stamp, fold
from blueprints.organization.domain.documents import DEEPEST, check_size, merge_patch, storable
from blueprints.organization.domain.events import Event, Identity, from_cloud_event, to_cloud_event
from blueprints.organization.domain.legal_entity_identifier import is_lei
from blueprints.organization.domain.refusals import (
    IdTaken,
    MalformedBody,
    MalformedResourceId,
    MalformedTenantId,
    NeverExisted,
    PreconditionFailed,
)

WHO = Identity("acme", "organization", "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e")
NEW = Aggregate(WHO)


def stamp(second: int) -> Stamp:
    return Stamp(f"event-{second}", f"2026-01-01T00:00:{second:02d}.000Z", "someone", "urn:test:v1")


def after(*events: Event | None) -> Aggregate:
    return fold(WHO, [event for event in events if event])


CREATED = NEW.create({"name": "Acme"}, stamp(1))
UPDATED = after(CREATED).update({"name": "Acme Ltd"}, stamp(2))
DELETED = after(CREATED, UPDATED).delete(stamp(3))


def test_an_id_that_is_in_use_cannot_be_created_again() -> None:
    with pytest.raises(IdTaken):
        after(CREATED).create({"name": "Other"}, stamp(2))


def test_an_id_that_was_in_use_cannot_be_created_again() -> None:
    with pytest.raises(IdTaken):
        after(CREATED, UPDATED, DELETED).create({"name": "Other"}, stamp(4))


@pytest.mark.parametrize("aggregate", [NEW, after(CREATED, UPDATED, DELETED)])
def test_what_is_not_there_cannot_be_updated(aggregate: Aggregate) -> None:
    with pytest.raises(NeverExisted):
        aggregate.update({"name": "Acme"}, stamp(5))


def test_what_never_existed_cannot_be_deleted() -> None:
    with pytest.raises(NeverExisted):
        NEW.delete(stamp(1))


def test_deleting_again_says_nothing() -> None:
    assert after(CREATED, UPDATED, DELETED).delete(stamp(4)) is None


def test_an_update_keeps_the_time_of_creation_and_counts_versions() -> None:
    state = after(CREATED, UPDATED).state
    assert state == {"resourceId": WHO.resource_id, "version": 2, "createdAt": "2026-01-01T00:00:01.000Z",
                     "updatedAt": "2026-01-01T00:00:02.000Z", "name": "Acme Ltd"}


def test_an_event_tells_the_record_before_and_after() -> None:
    assert UPDATED.before == CREATED.after
    assert DELETED is not None
    assert (DELETED.before, DELETED.after) == (UPDATED.after, None)


def test_putting_over_a_deleted_resource_creates_it_anew_with_the_next_version() -> None:
    event = after(CREATED, UPDATED, DELETED).put({"name": "Again"}, stamp(4))
    assert (event.type, event.version, event.before) == ("organizationCreated", 4, None)
    assert event.after is not None
    assert event.after["createdAt"] == "2026-01-01T00:00:04.000Z"


@pytest.mark.parametrize(("aggregate", "expectation", "holds"), [
    (NEW, Expectation(match=frozenset("*")), False),
    (NEW, Expectation(match=frozenset("1")), False),
    (NEW, Expectation(none_match=frozenset("*")), True),
    (after(CREATED), Expectation(match=frozenset("*")), True),
    (after(CREATED), Expectation(match=frozenset(["1", "7"])), True),
    (after(CREATED), Expectation(match=frozenset("2")), False),
    (after(CREATED), Expectation(match=frozenset()), False),
    (after(CREATED), Expectation(none_match=frozenset("*")), False),
    (after(CREATED), Expectation(none_match=frozenset("1")), False),
    (after(CREATED), Expectation(none_match=frozenset("2")), True),
    (after(CREATED, UPDATED, DELETED), Expectation(match=frozenset("3")), False),
    (after(CREATED, UPDATED, DELETED), Expectation(none_match=frozenset("*")), True),
    (after(CREATED), Expectation(), True),
])
def test_preconditions_hold_for_the_stored_version_only(aggregate: Aggregate, expectation: Expectation,
                                                        holds: bool) -> None:
    if holds:
        aggregate.demand(expectation)
        return
    with pytest.raises(PreconditionFailed):
        aggregate.demand(expectation)


@pytest.mark.parametrize("event", [CREATED, UPDATED, DELETED])
def test_a_cloud_event_carries_everything_back(event: Event) -> None:
    assert from_cloud_event(to_cloud_event(event)) == event


def test_a_cloud_event_is_named_keyed_and_numbered() -> None:
    message = to_cloud_event(UPDATED)
    assert message["type"] == "organizationUpdated"
    assert message["source"] == "/organization/acme"
    assert message["subject"] == WHO.resource_id
    assert message["partitionkey"] == f"acme:{WHO.resource_id}"
    assert (message["sequence"], message["actor"]) == ("0000000002", "someone")


def test_a_message_whose_record_is_about_another_resource_is_no_event() -> None:
    message = to_cloud_event(CREATED)
    message["data"] = {"after": {**message["data"]["after"], "resourceId": "another"}}
    with pytest.raises(ValueError, match="subject"):
        from_cloud_event(message)


def test_a_message_of_another_kind_of_resource_is_no_event() -> None:
    with pytest.raises(ValueError, match="personMoved"):
        from_cloud_event({**to_cloud_event(CREATED), "type": "personMoved"})


# Merge patch: the examples of RFC 7396, appendix A, that are objects.
@pytest.mark.parametrize(("target", "patch", "result"), [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
])
def test_merge_patch_follows_the_rfc(target: dict, patch: dict, result: dict) -> None:
    assert merge_patch(target, patch) == result


@pytest.mark.parametrize("tenant_id", ["acme", "a1", "a_b-c", "a" * 63])
def test_a_tenant_id_is_lower_case_letters_digits_and_dashes(tenant_id: str) -> None:
    assert identifiers.tenant_id(tenant_id) == tenant_id


@pytest.mark.parametrize("tenant_id", ["", "a", "A", "Acme", "1a", "a" * 64, "a b", "a/b", "../x", 'a"b', "a\0",
                                       "acme\n", "äcme", "a;b", "a.b"])
def test_anything_else_is_no_tenant_id(tenant_id: str) -> None:
    with pytest.raises(MalformedTenantId):
        identifiers.tenant_id(tenant_id)


def test_a_resource_id_is_kept_in_lower_case() -> None:
    assert identifiers.resource_id(WHO.resource_id.upper()) == WHO.resource_id


@pytest.mark.parametrize("text", ["", "1", f"{{{WHO.resource_id}}}", WHO.resource_id + "\n", None, 7,
                                  WHO.resource_id.replace("-", "")])
def test_anything_else_is_no_resource_id(text: object) -> None:
    with pytest.raises(MalformedResourceId):
        identifiers.resource_id(text)


@pytest.mark.parametrize("body", [[], "text", 1, None, {"a": "\0"}, {"\0": 1}, {"a": [{"b": "x\0"}]}])
def test_a_body_that_no_database_can_hold_is_refused(body: object) -> None:
    with pytest.raises(MalformedBody):
        storable(body)


def test_a_whole_number_is_kept_as_postgresql_gives_it_back() -> None:
    body = {"a": 1e18, "b": [-0.0, 5.0, 2.5], "c": {"d": 1e300}, "e": True}
    assert json.dumps(storable(body)) == (
        '{"a": 1000000000000000000, "b": [0, 5, 2.5], "c": {"d": 1e+300}, "e": true}')


def test_nesting_has_a_limit() -> None:
    def nested(levels: int) -> dict:
        return {"a": nested(levels - 1)} if levels > 1 else {"a": 1}

    assert storable(nested(DEEPEST))
    with pytest.raises(MalformedBody):
        storable(nested(DEEPEST + 1))


def test_a_document_cannot_outgrow_the_stream() -> None:
    check_size({"a": "x" * 262_000})
    with pytest.raises(MalformedBody):
        check_size({"a": "x" * 262_144})


# Real LEIs: GLEIF, Apple Inc., Deutsche Bank AG.
@pytest.mark.parametrize("code", ["506700GE1G29325QX363", "HWUPKR0MPOU8FGXBT394", "7LTWFZYICNSX8D621K86"])
def test_check_digits_of_real_leis_agree(code: str) -> None:
    assert is_lei(code)


@pytest.mark.parametrize("code", ["506700GE1G29325QX364", "506700GE1G29325QX36", "506700ge1g29325qx363", "",
                                  "506700GE1G29325QX363\n", "506700GE1G29325XQ363"])
def test_a_wrong_lei_is_seen(code: str) -> None:
    assert not is_lei(code)
