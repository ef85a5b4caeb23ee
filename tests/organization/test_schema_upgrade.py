"""The next version of a schema file: what is served before, meanwhile and after, and what does not fit."""
import json
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from blueprints.organization.adapters.json_schema import SHIPPED, JsonSchemaCatalog, SchemaFilesWrong
from blueprints.organization.application import commands, schema_upgrade, upkeep
from blueprints.organization.application.access import Caller as Admitted
from blueprints.organization.application.commands import Terms
from blueprints.organization.application.schema_upgrade import Upgrade
from blueprints.organization.application.tenants import register_extension
from blueprints.organization.checks import check_tenants
from blueprints.organization.domain.refusals import Unavailable
from blueprints.organization.domain.schema_mapping import mapped
from blueprints.organization.ports import Tenant
from cli.organization import organization
from cli.terminal import TABLE_COLUMNS
from tests.components import ROOT
from tests.organization.streams import Kinesis, assert_on_stream_in_order, assert_projected, log_of, project_all
from tests.organization.world import ACME, Caller, World

V1 = json.loads((SHIPPED / "organization" / "v1.json").read_text())
FITS = {**ACME, "telephone": "+380 44 1", "duns": "123456789", "email": "a@acme.test", "status": "closed"}
"""Satisfies both versions, by the mapping."""
MISFIT = {**ACME, "name": "Misfit Ltd", "telephone": "+380 44 2"}
"""Has no e-mail address, which the second version asks for."""


def version_2() -> dict[str, Any]:
    schema = deepcopy(V1)
    properties = schema["properties"]
    properties["phone"] = properties.pop("telephone")
    properties["status"]["enum"] = ["active", "suspended", "dissolved"]
    del properties["duns"]
    return schema | {"$id": "urn:test:organization:v2", "required": ["name", "email"], "x-upgrade": {
        "values": {"status": {"closed": "dissolved"}}, "drop": ["duns"], "rename": {"telephone": "phone"}}}


def version_3() -> dict[str, Any]:
    schema = version_2()
    schema["properties"]["contact"] = {"type": "object", "properties": {"phone": schema["properties"].pop("phone")}}
    return schema | {"$id": "urn:test:organization:v3", "x-upgrade": {"rename": {"phone": "contact.phone"}}}


@contextmanager
def _later(world: World, **versions: dict[str, Any]) -> Iterator[World]:
    """The same store started again, with these schema files beside the shipped one."""
    settings = world.organization.settings
    folder = settings.home / "schemas" / "organization"
    folder.mkdir(parents=True, exist_ok=True)
    for version, schema in versions.items():
        (folder / f"{version}.json").write_text(json.dumps(schema))
    later = World(settings.home, settings.database, schema_folders=(folder.parent,), stream=settings.stream,
                  endpoint_url=settings.endpoint_url)
    try:
        yield later
    finally:
        later.organization.close()


@pytest.fixture(scope="module")
def pair(build_world: Callable[..., World]) -> Iterator[tuple[World, World]]:
    """A store, and the same started again with the second version; each test has tenants of its own."""
    with ExitStack() as stack:
        world = build_world(stack)
        yield world, stack.enter_context(_later(world, v2=version_2()))


@pytest.fixture
def before(pair: tuple[World, World]) -> Caller:
    """A caller of a tenant from before the second version."""
    return pair[0].caller()


@pytest.fixture
def later(pair: tuple[World, World]) -> World:
    """The store started again with the second version."""
    return pair[1]


def _again(world: World, caller: Caller) -> Caller:
    """The same client, calling the store that was started again."""
    return replace(caller, app=world.app)


def _tenant(world: World, caller: Caller) -> Tenant:
    tenant = world.ports.tenants.find(caller.tenant_id)
    assert tenant is not None
    return tenant


def _upgraded(world: World, caller: Caller) -> Upgrade:
    return schema_upgrade.upgrade(world.ports, _tenant(world, caller), world.kind)


def _is_done(world: World, caller: Caller) -> bool:
    """Tell whether nothing of the caller's tenant is served, or stands, under an earlier version."""
    named = [*schema_upgrade.unmigrated(world.ports), *schema_upgrade.left_behind(world.ports)]
    return f"{caller.tenant_id} organization/v1" not in named


def _check(world: World) -> tuple[str, str]:
    with world.app.app_context():
        return check_tenants()


# Before the upgrade

def test_a_start_with_a_new_version_serves_the_old_one(later: World, before: Caller) -> None:
    resource_id = before.add(**FITS)
    caller = _again(later, before)
    assert caller.get(resource_id).get_json()["telephone"] == FITS["telephone"]
    assert caller.post(MISFIT).status_code == 201
    assert caller.post({"name": "New", "email": "n@acme.test", "phone": "1"}).status_code == 422


def test_the_log_of_a_start_and_the_doctor_tell_what_is_not_upgraded_and_what_does_not_fit(
        world: World, caplog: pytest.LogCaptureFixture) -> None:
    before = world.caller()
    before.add(**MISFIT)
    waits = f"an earlier schema is still served: {before.tenant_id} organization/v1"
    with _later(world, v2=version_2()) as later:
        stop = threading.Event()
        stop.set()
        with caplog.at_level(logging.WARNING):
            later.organization.courier.run(stop)
        assert waits in caplog.text
        assert _check(later) == ("warn", f"{waits}: flask organization schema upgrade")
        [left] = _upgraded(later, before).misfits
        state, says = _check(later)
        assert (state, f"do not fit the served schema: {before.tenant_id} organization/v1" in says) == ("warn", True)
        _again(later, before).delete(left.resource_id)
        assert _check(later)[0] == "ok"
        assert _check(world) == ("fail", f"the schema file is missing that is served: {before.tenant_id} "
                                         "organization/v2")


def test_a_tenant_that_is_added_later_is_served_the_new_version_at_once(later: World) -> None:
    caller = later.caller()
    assert caller.post(MISFIT).status_code == 422
    assert caller.post({"name": "New", "email": "n@acme.test", "phone": "1"}).status_code == 201


def test_a_survey_tells_what_would_fit_and_changes_nothing(later: World, before: Caller) -> None:
    before.add(**FITS)
    misfit = before.add(**MISFIT)
    found = schema_upgrade.survey(later.ports, _tenant(later, before), later.kind)
    assert (found.source, found.target, found.moved) == ("v1", "v2", 1)
    assert [(left.resource_id, left.reasons) for left in found.misfits] == [
        (misfit, ("'email' is a required property",))]
    assert "organization/v2" not in _tenant(later, before).resources


# What fits

def test_an_upgrade_moves_what_fits_as_the_file_says(later: World, before: Caller) -> None:
    resource_id = before.add(**FITS)
    former = before.get(resource_id).get_json()
    assert _upgraded(later, before).moved == 1
    caller = _again(later, before)
    record = caller.get(resource_id).get_json()
    assert (record["phone"], record["status"]) == (FITS["telephone"], "dissolved")
    assert {"telephone", "duns"} & set(record) == set()
    assert (record["version"], record["createdAt"]) == (2, former["createdAt"])
    assert caller.names("status=dissolved") == caller.names("q=acme") == ["Acme Ltd"]
    assert caller.search("duns=123456789").status_code == 400
    [created, moved] = log_of(later, caller)
    assert (moved.change, moved.version, moved.dataschema) == ("Updated", 2, "urn:test:organization:v2")
    assert (created.after, moved.before, moved.after) == (former, former, record)
    assert _is_done(later, caller)
    assert upkeep.lag(later.ports, caller.tenant_id)[0].is_behind is False


def test_a_record_goes_on_after_the_upgrade_with_its_versions(later: World, before: Caller) -> None:
    resource_id = before.add(**FITS)
    _upgraded(later, before)
    caller = _again(later, before)
    assert caller.patch(resource_id, {"name": "Next"}, If_Match='"1"').status_code == 412
    assert caller.patch(resource_id, {"name": "Next"}, If_Match='"2"').status_code == 200
    assert caller.delete(resource_id).status_code == 200
    assert caller.names() == []
    assert [event.version for event in log_of(later, caller)] == [1, 2, 3, 4]


def test_an_upgrade_that_is_repeated_changes_nothing(later: World, before: Caller) -> None:
    before.add(**FITS)
    _upgraded(later, before)
    assert _upgraded(later, before).moved == 0
    assert len(log_of(later, before)) == 2


def test_what_was_accepted_and_is_not_shown_yet_is_moved(later: World, before: Caller) -> None:
    resource_id = before.post(FITS, Prefer="respond-async").get_json()["resourceId"]
    assert _upgraded(later, before).moved == 1
    caller = _again(later, before)
    assert later.drain(caller)
    assert [record["resourceId"] for record in caller.search().get_json()] == [resource_id]
    assert_projected(later, caller)


def test_what_was_deleted_stays_so_and_its_id_taken(later: World, before: Caller) -> None:
    resource_id = before.add(**FITS)
    before.delete(resource_id)
    assert _upgraded(later, before).moved == 0
    caller = _again(later, before)
    new = {"resourceId": resource_id, "name": "New", "email": "n@acme.test"}
    assert caller.get(resource_id).status_code == 204
    assert caller.delete(resource_id).status_code == 200
    assert caller.post(new).status_code == 409
    assert caller.put(resource_id, new).status_code == 201
    assert caller.get(resource_id).get_json()["version"] == 3
    assert_projected(later, caller)


def test_an_idempotency_key_from_before_is_still_known(later: World, before: Caller) -> None:
    first = before.post(FITS, Idempotency_Key="k1")
    _upgraded(later, before)
    repeated = _again(later, before).post(FITS, Idempotency_Key="k1")
    assert (repeated.status_code, repeated.get_json()) == (200, first.get_json())


def test_two_versions_may_be_passed_at_once(world: World) -> None:
    before = world.caller()
    resource_id = before.add(**FITS)
    with _later(world, v2=version_2(), v3=version_3()) as later:
        done = _upgraded(later, before)
        assert (done.source, done.target, done.moved) == ("v1", "v3", 1)
        assert _again(later, before).get(resource_id).get_json()["contact"] == {"phone": FITS["telephone"]}


def test_a_version_after_the_next_goes_on_with_what_both_left(world: World) -> None:
    before = world.caller()
    ids = {before.add(**FITS), before.add(**MISFIT)}
    with _later(world, v2=version_2()) as second:
        _upgraded(second, before)
    with _later(world, v3=version_3()) as third:
        done = _upgraded(third, before)
        assert (done.moved, [left.version for left in done.misfits]) == (1, ["v1"])
        caller = _again(third, before)
        assert {record["resourceId"] for record in caller.search().get_json()} == ids
        assert_projected(third, caller)


def test_tables_made_anew_from_the_events_are_the_same(later: World, before: Caller) -> None:
    before.add(**FITS)
    before.add(**MISFIT)
    _upgraded(later, before)
    caller = _again(later, before)
    shown = caller.search().get_json()
    upkeep.rebuild(later.ports, caller.tenant_id)
    assert caller.search().get_json() == shown
    assert_projected(later, caller)


# What does not fit

@pytest.fixture
def misfit(later: World, before: Caller) -> str:
    """A record that stays under the first version after the upgrade of its tenant."""
    resource_id = before.add(**MISFIT)
    before.add(**FITS)
    [left] = _upgraded(later, before).misfits
    assert (left.resource_id, left.version, left.reasons) == (resource_id, "v1", ("'email' is a required property",))
    return resource_id


def test_what_does_not_fit_is_read_and_found_as_before(later: World, before: Caller, misfit: str) -> None:
    caller = _again(later, before)
    assert caller.get(misfit).get_json()["telephone"] == MISFIT["telephone"]
    assert caller.names("sort=name") == ["Acme Ltd", "Misfit Ltd"]
    assert caller.names("q=misf") == caller.names("status=active") == ["Misfit Ltd"]
    assert caller.search("pageSize=1").headers["X-Total-Count"] == "2"
    assert_projected(later, caller)
    assert not _is_done(later, caller)


def test_a_change_that_does_not_make_it_fit_is_refused(later: World, before: Caller, misfit: str) -> None:
    caller = _again(later, before)
    assert caller.patch(misfit, {"name": "Other"}).status_code == 422
    assert caller.get(misfit).get_json()["name"] == "Misfit Ltd"


@pytest.mark.parametrize("preference", ["", "respond-async"])
def test_a_change_that_makes_it_fit_moves_it(later: World, before: Caller, misfit: str, preference: str) -> None:
    caller = _again(later, before)
    answer = caller.patch(misfit, {"email": "m@acme.test"}, If_Match='"1"', Prefer=preference)
    assert answer.status_code == (202 if preference else 200)
    assert caller.names("sort=name") == ["Acme Ltd", "Misfit Ltd"]
    assert later.drain(caller)
    record = caller.get(misfit).get_json()
    assert (record["phone"], record["email"], record["version"]) == (MISFIT["telephone"], "m@acme.test", 2)
    assert caller.names("sort=name") == ["Acme Ltd", "Misfit Ltd"]
    assert_projected(later, caller)
    assert _is_done(later, caller)


def test_it_may_be_replaced(later: World, before: Caller, misfit: str) -> None:
    caller = _again(later, before)
    assert caller.put(misfit, {"name": "New", "email": "n@acme.test"}).status_code == 200
    assert caller.names("sort=name") == ["Acme Ltd", "New"]
    assert_projected(later, caller)


@pytest.mark.parametrize("preference", ["", "respond-async"])
def test_it_may_be_deleted(later: World, before: Caller, misfit: str, preference: str) -> None:
    caller = _again(later, before)
    for _ in range(2):
        answer = caller.delete(misfit, Prefer=preference, Idempotency_Key="k1")
        assert answer.status_code == (202 if preference else 200)
    assert later.drain(caller)
    assert caller.names() == ["Acme Ltd"]
    assert [event.dataschema for event in log_of(later, caller) if event.change == "Deleted"] == [V1["$id"]]
    assert_projected(later, caller)


def test_a_file_may_be_mended_after_a_survey_and_a_later_one_takes_what_was_left(world: World) -> None:
    before = world.caller()
    before.add(**MISFIT)
    with _later(world, v2=version_2() | {"required": ["name", "url"]}) as later:
        assert schema_upgrade.survey(later.ports, _tenant(later, before), later.kind).moved == 0
    with _later(world, v2=version_2()) as mended:
        assert _upgraded(mended, before).moved == 0
    with _later(world, v3=version_3() | {"required": ["name"]}) as third:
        assert _upgraded(third, before).moved == 1
        assert _again(third, before).names() == ["Misfit Ltd"]
        assert _is_done(third, before)


# A tenant's own properties

def test_the_file_wins_over_a_property_that_the_tenant_had_registered(world: World) -> None:
    before = world.caller()
    register_extension(world.ports, before.tenant_id, world.kind,
                       {"properties": {"industry": {"type": "string"}, "rank": {"type": "integer"}}})
    good, bad = before.add(**FITS, industry="toys", rank=1), before.add(**FITS, industry="magic")
    schema = version_2()
    schema["properties"]["industry"] = {"type": "string", "enum": ["steel", "toys"]}
    with _later(world, v2=schema) as later:
        done = _upgraded(later, before)
        assert [left.resource_id for left in done.misfits] == [bad]
        caller = _again(later, before)
        assert caller.get(good).get_json()["rank"] == 1
        assert caller.patch(good, {"industry": "magic"}).status_code == 422
        register_extension(later.ports, caller.tenant_id, later.kind,
                           {"properties": {"rank": {"type": "integer"}, "colour": {"type": "string"}}})
        assert caller.patch(good, {"colour": "red"}).status_code == 200


# Files that are not right

@pytest.mark.parametrize(("mapping", "reason"), [
    ([], "is an object"), ({"move": {}}, "not move"), ({"values": {"status": 1}}, "values is an object"),
    ({"values": {"status": {"closed": 1}}}, "values is an object"), ({"drop": "duns"}, "drop is a list"),
    ({"rename": {"telephone": 1}}, "rename an object"), ({"drop": ["colour"]}, "colour is no property of the version"),
    ({"rename": {"telephone": "colour"}}, "colour is no property of this version")])
def test_a_mapping_that_cannot_be_followed_refuses_the_start(tmp_path: Path, mapping: Any, reason: str) -> None:
    (tmp_path / "organization").mkdir()
    (tmp_path / "organization" / "v2.json").write_text(json.dumps(version_2() | {"x-upgrade": mapping}))
    with pytest.raises(SchemaFilesWrong, match=f"organization/v2.json: .*{reason}"):
        JsonSchemaCatalog(SHIPPED, tmp_path)


def test_a_tenant_whose_schema_file_is_gone_is_not_served_an_older_one(later: World, before: Caller) -> None:
    resource_id = before.add(**FITS)
    _upgraded(later, before)
    answer = before.get(resource_id)
    assert (answer.status_code, "organization/v2, whose schema file is missing" in answer.get_json()["detail"]) == (
        503, True)


@pytest.mark.parametrize(("mapping", "properties", "expected"), [
    ({}, {"a": 1}, {"a": 1}), ({"drop": ["a", "b.c"]}, {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3}}),
    ({"drop": ["b.c"]}, {"b": {"c": 1}}, {}), ({"drop": ["b.c", "x"]}, {"b": 1}, {"b": 1}),
    ({"rename": {"a": "b", "b": "a"}}, {"a": 1, "b": 2}, {"a": 2, "b": 1}),
    ({"rename": {"a": "a.name"}}, {"a": "x"}, {"a": {"name": "x"}}),
    ({"rename": {"b.c": "d.e.f"}}, {"b": {"c": 1}}, {"d": {"e": {"f": 1}}}),
    ({"rename": {"a": "b"}}, {"a": 1, "b": 2}, {"a": 1, "b": 2}),
    ({"rename": {"c": "a", "a": "b"}}, {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "c": 3}),
    ({"values": {"a": {"x": "y"}}, "rename": {"a": "b"}}, {"a": "x"}, {"b": "y"}),
    ({"values": {"a": {"x": "y"}}}, {"a": "z"}, {"a": "z"}), ({"values": {"a": {"1": "y"}}}, {"a": 1}, {"a": 1})])
def test_a_mapping_loses_nothing_that_it_was_not_told_to(mapping: dict, properties: dict, expected: dict) -> None:
    given = deepcopy(properties)
    assert mapped(given, mapping) == expected
    assert given == properties


def test_each_version_knows_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "organization").mkdir()
    for version in ("v2", "v10"):
        (tmp_path / "organization" / f"{version}.json").write_text(json.dumps(version_2() | {"x-upgrade": {}}))
    kind = JsonSchemaCatalog(SHIPPED, tmp_path).kinds["organization"]
    assert [version.version for version in kind.lineage] == ["v10", "v2", "v1"]


# Cut off, and raced

def _killed(world: World, *, after: int) -> int:
    settings = world.organization.settings
    return subprocess.run([sys.executable, "-m", "tests.organization.doomed", "upgrade", str(settings.home),
                           settings.database, "", "", str(after), "0"], cwd=ROOT, timeout=60, check=False).returncode


def test_an_upgrade_that_is_killed_goes_on_where_it_was_and_all_is_read_meanwhile(world: World) -> None:
    before = world.caller()
    with _later(world, v2=version_2()) as later:
        _kill_and_go_on(later, before)


def _kill_and_go_on(later: World, before: Caller) -> None:
    ids = {before.add(**FITS) for _ in range(7)} | {before.add(**MISFIT)}
    caller = _again(later, before)
    for after in (1, 3, 4):  # in the first piece, in the second of those that are left, …
        assert _killed(later, after=after) == -signal.SIGKILL
        assert {record["resourceId"] for record in caller.search().get_json()} == ids
        assert_projected(later, caller)
    assert any("phone" in record for record in caller.search().get_json())
    done = _upgraded(later, before)
    assert (done.moved > 0, len(done.misfits)) == (True, 1)
    assert {record["resourceId"] for record in caller.search("sort=name").get_json() if "phone" in record} < ids
    assert sorted(event.version for event in log_of(later, caller)) == [1] * 8 + [2] * 7
    assert_projected(later, caller)


def test_a_writer_who_still_has_the_old_version_cannot_write_past_the_upgrade(later: World, before: Caller) -> None:
    resource_id = before.add(**FITS)
    late = Admitted(_tenant(later, before), later.kind.lineage[1], "late")
    _upgraded(later, before)
    with pytest.raises(Unavailable):
        commands.update_resource(later.ports, late, resource_id, {"name": "Lost"}, Terms())
    with pytest.raises(Unavailable):
        commands.delete_resource(later.ports, late, resource_id, Terms())
    assert _again(later, before).get(resource_id).get_json()["name"] == "Acme Ltd"


def test_what_such_a_writer_creates_is_read_and_moved_by_the_next_upgrade(later: World, before: Caller) -> None:
    late = Admitted(_tenant(later, before), later.kind.lineage[1], "late")
    _upgraded(later, before)
    resource_id = commands.create_resource(later.ports, late, FITS, Terms()).resource_id
    caller = _again(later, before)
    assert caller.get(resource_id).status_code == 200
    assert not _is_done(later, caller)
    assert _upgraded(later, before).moved == 1
    assert caller.get(resource_id).get_json()["phone"] == FITS["telephone"]


def test_a_record_that_changes_while_it_is_moved_loses_nothing(later: World, before: Caller,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [before.add(**FITS) for _ in range(3)]
    late = Admitted(_tenant(later, before), later.kind.lineage[1], "late")
    carry, changed = schema_upgrade._carry_together, list[str]()

    def overtaken(*arguments: Any) -> Any:
        if not changed:
            changed.append(ids[1])
            commands.update_resource(later.ports, late, ids[1], {"name": "Changed"}, Terms())
        return carry(*arguments)

    monkeypatch.setattr(schema_upgrade, "_carry_together", overtaken)
    assert _upgraded(later, before).moved == 3
    caller = _again(later, before)
    assert caller.get(ids[1]).get_json()["name"] == "Changed"
    assert_projected(later, caller)


def test_calls_go_on_while_a_tenant_is_upgraded(later: World, before: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_upgrade, "PIECE", 3)
    ids, caller = [before.add(**FITS) for _ in range(12)], _again(later, before)
    answers: list[int] = []
    change = {"description": "changed"}

    def write() -> None:
        for resource_id in ids:
            answers.append(caller.patch(resource_id, change).status_code)
            answers.append(caller.get(resource_id).status_code)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    _upgraded(later, before)
    for writer in writers:
        writer.join()
    _upgraded(later, before)
    assert set(answers) <= {200, 503}, "who had the old version at the moment of the upgrade is asked to come again"
    for resource_id in ids:
        versions = [event.version for event in log_of(later, caller) if event.identity.resource_id == resource_id]
        assert versions == list(range(1, len(versions) + 1))
        assert caller.get(resource_id).get_json()["phone"] == FITS["telephone"]
    assert_projected(later, caller)


@pytest.mark.slow
def test_what_is_moved_goes_onto_the_stream_after_what_was_there(streaming: World, kinesis: Kinesis,
                                                                 stream: str) -> None:
    before = streaming.caller()
    before.add(**FITS)
    before.post(FITS, Prefer="respond-async")
    before.add(**MISFIT)
    with _later(streaming, v2=version_2()) as later:
        assert _upgraded(later, before).moved == 2
        caller = _again(later, before)
        assert later.drain(caller)
        assert_on_stream_in_order(kinesis, stream, log_of(later, caller))
        projector = later.organization.stream_projector()
        assert project_all(projector) >= 5
        assert projector.skipped == 0
        assert_projected(later, caller)


# The command line

def _run(world: World, *arguments: str) -> Result:
    return world.app.test_cli_runner().invoke(organization, ("schema", *arguments))


def test_the_command_upgrades_every_tenant_and_lists_what_does_not_fit(world: World) -> None:
    before, second = world.caller(), world.caller()
    ids = [caller.add(**record) for caller, record in ((before, FITS), (before, MISFIT), (second, FITS))]
    with _later(world, v2=version_2()) as later:
        _upgrade_all(later, before, second, ids[1])


def _upgrade_all(later: World, before: Caller, second: Caller, misfit: str) -> None:
    dry = _run(later, "upgrade", "--dry-run", "--json")
    assert (dry.exit_code, "nothing was changed" in dry.stderr) == (0, True)
    assert len(schema_upgrade.unmigrated(later.ports)) == 2
    done = _run(later, "upgrade", "--yes", "--json")
    assert json.loads(done.stdout) == json.loads(dry.stdout)
    by_tenant = {row["tenantId"]: row for row in json.loads(done.stdout)}
    assert by_tenant[before.tenant_id] == {
        "tenantId": before.tenant_id, "resource": "organization", "from": "v1", "to": "v2", "moved": 1,
        "left": [{"resourceId": misfit, "version": "v1", "reasons": ["'email' is a required property"]}]}
    assert (by_tenant[second.tenant_id]["moved"], by_tenant[second.tenant_id]["left"]) == (1, [])
    shown = _run(later, "upgrade", before.tenant_id, "--yes")
    assert (shown.exit_code, misfit in shown.stdout, "required" in shown.stdout) == (0, True, True)
    assert max(map(len, shown.stdout.splitlines())) <= TABLE_COLUMNS
    [listed] = json.loads(_run(later, "list", before.tenant_id, "--json").stdout)
    assert listed["version"] == "v2"


def test_one_tenant_alone_is_upgraded_where_it_is_named(pair: tuple[World, World], before: Caller) -> None:
    later, second = pair[1], pair[0].caller()
    assert _run(later, "upgrade", second.tenant_id, "--yes").exit_code == 0
    assert "organization/v2" not in _tenant(later, before).resources
    [listed] = json.loads(_run(later, "list", before.tenant_id, "--json").stdout)
    assert listed["version"] == "v1"


def test_there_may_be_nothing_to_upgrade(shared_world: World, acme: Caller) -> None:
    done = _run(shared_world, "upgrade", acme.tenant_id, "--yes", "--json")
    assert json.loads(done.stdout)["changed"] is False


@pytest.mark.parametrize("arguments", [("nobody",), ("--resource", "person")])
def test_what_is_not_there_cannot_be_upgraded(later: World, arguments: tuple[str, ...]) -> None:
    assert _run(later, "upgrade", *arguments, "--yes").exit_code in (1, 2)


def test_a_tenant_that_cannot_be_reached_does_not_hold_up_the_others(
        pair: tuple[World, World], before: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    later, second, upgrade = pair[1], pair[0].caller(), schema_upgrade.upgrade

    def failing(ports: Any, tenant: Tenant, newest: Any) -> Upgrade:
        if tenant.tenant_id == before.tenant_id:
            raise Unavailable("The store cannot be reached now; try again.")
        return upgrade(ports, tenant, newest)

    monkeypatch.setattr(schema_upgrade, "upgrade", failing)
    done = _run(later, "upgrade", "--yes")
    assert (done.exit_code, f"{before.tenant_id} organization: The store cannot be reached" in done.stderr) == (1, True)
    assert "organization/v2" in _tenant(later, second).resources
