"""`flask organization`: what an operator does, says and sees."""
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from blueprints.organization.application.tenants import CREATING
from blueprints.organization.ports import Tenant
from cli.organization import organization
from tests.cli.test_dry_runs import rehearsable
from tests.components import unique_name, wait_until
from tests.organization.world import ACME, Caller, World

TENANT = unique_name("acme")

pytestmark = pytest.mark.usefixtures("_quiet")


@pytest.fixture
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def run(world: World) -> Callable[..., Result]:
    """Run `flask organization` with these arguments; `answers` is what is typed."""

    def runs(*arguments: str, answers: str = "") -> Result:
        return world.app.test_cli_runner().invoke(organization, arguments, input=answers)

    return runs


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


# Refusals

@pytest.mark.parametrize("arguments", [
    ("tenant", "add", "Bad Name", "--yes"), ("tenant", "add", "postgres", "--yes"),
    ("tenant", "suspend", "nobody", "--yes"),
    ("tenant", "drop", "nobody", "--yes"), ("tenant", "drop", "../x", "--yes"), ("client", "add", "nobody", "--yes"),
    ("client", "list", "nobody"), ("client", "revoke", "nobody", "--yes"), ("rebuild", "nobody", "--yes"),
    ("tenant", "show", "nobody"), ("tenant", "show", "no"), ("client", "show", "nobody"),
    ("client", "show", "deadbeef"), ("client", "show", "x", "--tenant", "nobody"),
    ("lag", "nobody"), ("history", "nobody"), ("schema", "list", "nobody")])
def test_what_is_not_there_is_said_in_a_sentence(run: Callable[..., Result], arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in result.output


def test_tenants_are_narrowed_by_a_part_of_the_name_and_by_their_state(run: Callable[..., Result],
                                                                       world: World) -> None:
    def listed(*words: str) -> list[str]:
        return [one["tenantId"] for one in told(run("tenant", "list", *words, "--json"))]

    assert run("tenant", "list", "--state", "asleep").exit_code == 2
    assert "add one with" in run("tenant", "list").stdout
    names = sorted((TENANT, unique_name("narrow")))
    for name in names:
        world.tenant(name)
    run("tenant", "suspend", TENANT, "--yes")
    assert listed() == names
    assert [listed("--name", part) for part in ("%", "nothing", TENANT[1:].upper())] == [[], [], [TENANT]]
    assert listed("--state", "suspended") == listed("--name", "_", "--state", "suspended") == [TENANT]
    assert "no such tenant" in run("tenant", "list", "--name", "nothing").stdout


def test_a_tenant_is_added_once(run: Callable[..., Result]) -> None:
    run("tenant", "add", TENANT, "--yes")
    result = run("tenant", "add", TENANT, "--yes")
    assert (result.exit_code, "there already" in result.stderr) == (1, True)


REFUSED = {
    "tenant add": "{there}", "tenant suspend": "{unmade}", "tenant resume": "{unmade}", "tenant drop": "nobody",
    "client add": "{there} --scope nothing:read", "client revoke": "deadbeef", "rebuild": "nobody",
    "schema register": "{there} {file}", "schema upgrade": "nobody"}
"""What a store refuses is found by looking: its acts are no transactions that one could take back."""


@pytest.mark.once("the same sentences on both databases")
def test_a_dry_run_refuses_what_the_act_refuses(run: Callable[..., Result], world: World, tmp_path: Path) -> None:
    (tmp_path / "file.json").write_text("[]")
    names = {"there": TENANT, "unmade": unique_name("unmade"), "file": str(tmp_path / "file.json")}
    world.tenant(TENANT)
    world.ports.tenants.insert(Tenant(names["unmade"], CREATING, world.ports.new_id(), "2026-01-31T00:00:00Z"))
    assert {*rehearsable(organization, ())} == REFUSED.keys()
    for command, words in REFUSED.items():
        told = [run(*command.split(), *words.format(**names).split(), how) for how in ("--dry-run", "--yes")]
        assert [one.exit_code for one in told] == [1, 1], (command, told[0].output)
        assert told[0].stderr == told[1].stderr, command


def test_a_no_changes_nothing(run: Callable[..., Result], world: World) -> None:
    assert run("tenant", "add", TENANT, answers="n\n").exit_code == 1
    assert world.ports.tenants.all() == []


@pytest.mark.parametrize("arguments", [
    ("tenant", "add", unique_name("t")), ("tenant", "suspend", TENANT), ("tenant", "drop", TENANT),
    ("client", "add", TENANT), ("rebuild", TENANT)])
def test_a_dry_run_changes_nothing(run: Callable[..., Result], world: World, arguments: tuple[str, ...]) -> None:
    world.tenant(TENANT)
    result = run(*arguments, "--dry-run", "--json")
    assert (result.exit_code, "nothing was changed" in result.stderr) == (0, True)
    assert told(result)["changed"] is False
    assert [(tenant.tenant_id, tenant.status) for tenant in world.ports.tenants.all()] == [(TENANT, "active")]
    assert world.ports.tenants.clients(TENANT) == []


@pytest.mark.parametrize(("content", "reason"), [("{", "no valid JSON"), ("[]", "no JSON object"), ("{}", "properties"),
                                                 ('{"properties": {"name": {}}}', "taken")])
def test_an_unusable_schema_is_refused(run: Callable[..., Result], world: World, tmp_path: Path, content: str,
                                       reason: str) -> None:
    world.tenant(TENANT)
    file = tmp_path / "more.json"
    file.write_text(content)
    result = run("schema", "register", TENANT, str(file), "--yes")
    assert (result.exit_code, reason in result.stderr) == (1, True)


def test_an_unknown_resource_is_wrong_usage(run: Callable[..., Result], world: World) -> None:
    world.tenant(TENANT)
    assert run("rebuild", TENANT, "--resource", "person", "--yes").exit_code == 2


# Acts

def test_a_tenant_is_added_listed_suspended_resumed_and_dropped(run: Callable[..., Result], world: World) -> None:
    added = told(run("tenant", "add", TENANT, "--yes", "--json"))
    assert (added["status"], added["resources"]) == ("active", "organization/v1")
    caller = world.caller(TENANT)
    assert told(run("tenant", "suspend", TENANT, "--yes", "--json"))["status"] == "suspended"
    assert caller.search().status_code == 403
    assert told(run("tenant", "suspend", TENANT, "--json")) == {
        "changed": False, "reason": f"{TENANT} is suspended already"}
    assert told(run("tenant", "resume", TENANT, "--yes", "--json"))["status"] == "active"
    assert caller.search().status_code == 204
    assert [row["tenantId"] for row in told(run("tenant", "list", "--json"))] == [TENANT]
    assert told(run("tenant", "drop", TENANT, "--yes", "--json"))["status"] == "dropped"
    assert "there is no tenant" in run("tenant", "list").stdout
    assert not world.ports.databases.occupied(TENANT)


def test_a_client_made_here_gets_a_token_until_it_is_revoked(run: Callable[..., Result], world: World) -> None:
    run("tenant", "add", TENANT, "--yes")
    made = told(run("client", "add", TENANT, "--scope", "organization:read", "--name", "reports", "--yes", "--json"))
    form = {"grant_type": "client_credentials", "client_id": made["clientId"], "client_secret": made["clientSecret"]}
    answer = world.app.test_client().post("/organization-api/oauth/token", data=form).get_json()
    caller = Caller(world.app, TENANT, answer["access_token"])
    assert caller.search().status_code == 204
    [listed] = told(run("client", "list", TENANT, "--json"))
    assert (listed["name"], listed["scopes"], "clientSecret" in listed) == ("reports", "organization:read", False)
    assert told(run("client", "revoke", made["clientId"], "--yes", "--json"))["status"] == "revoked"
    assert caller.search().status_code == 401
    assert "was revoked" in run("client", "revoke", made["clientId"], "--yes").stderr


def test_a_beginning_of_several_tenants_is_refused_and_of_one_names_it(
        run: Callable[..., Result], world: World) -> None:
    for name in (TENANT, f"{TENANT}0", f"{TENANT}1"):
        world.tenant(name)
    assert told(run("tenant", "show", TENANT, "--json"))["tenantId"] == TENANT
    refused = run("tenant", "suspend", TENANT[:-1], "--yes")
    assert (refused.exit_code, f"ambiguous: {TENANT}, {TENANT}0, {TENANT}1" in refused.stderr) == (1, True)
    run("tenant", "drop", f"{TENANT}0", "--yes")
    run("tenant", "drop", TENANT, "--yes")
    assert run("tenant", "drop", TENANT[:-1], "--yes").exit_code == 1
    assert told(run("tenant", "suspend", TENANT[:-1], "--yes", "--json"))["tenantId"] == f"{TENANT}1"


def test_a_client_is_named_by_a_beginning_or_in_its_tenant_by_name(run: Callable[..., Result], world: World) -> None:
    run("tenant", "add", TENANT, "--yes")
    made = [told(run("client", "add", TENANT, "--name", name, "--yes", "--json")) for name in ("reports", "reports")]
    first, second = (one["clientId"] for one in made)
    for words in ((first,), (first[-8:], "--tenant", TENANT), (first[:-1] if first[:-1] != second[:-1] else first,)):
        shown = told(run("client", "show", *words, "--json"))
        assert (shown["clientId"], "secret" in json.dumps(shown).lower()) == (first, False)
    refused = run("client", "revoke", "reports", "--tenant", TENANT, "--yes")
    assert (refused.exit_code, f"ambiguous: {first}, {second}" in refused.stderr) == (1, True)
    assert run("client", "revoke", "reports", "--yes").exit_code == 1
    assert told(run("client", "revoke", second[-8:], "--tenant", TENANT, "--yes", "--json"))["clientId"] == second
    listed = {one["clientId"]: one for one in told(run("tenant", "show", TENANT, "--json"))["clients"]}
    assert (listed[first]["revokedAt"], bool(listed[second]["revokedAt"])) == (None, True)


def test_tables_fit_a_hundred_columns(run: Callable[..., Result], world: World) -> None:
    caller = world.caller(TENANT)
    caller.add()
    run("client", "add", TENANT, "--name", "reports of the whole year " * 3, "--yes")
    for words in (("tenant", "list"), ("tenant", "show", TENANT), ("client", "list", TENANT), ("history", TENANT),
                  ("lag", TENANT), ("schema", "list"), ("schema", "list", TENANT)):
        shown = run(*words)
        assert shown.exit_code == 0, shown.output
        assert max(len(line) for line in shown.stdout.splitlines()) <= 100, shown.stdout


def test_lag_shows_what_is_behind_and_rebuild_mends_it(run: Callable[..., Result], world: World) -> None:
    caller = world.caller(TENANT)
    caller.post(ACME, Prefer="respond-async")
    [row] = told(run("lag", "--json"))
    assert (row["tenantId"], row["resource"], row["undelivered"], row["unprojected"]) == (TENANT, "organization", 1, 1)
    assert told(run("rebuild", TENANT, "--yes", "--json")) == [{"resource": "organization", "events": 1}]
    assert caller.names() == ["Acme Ltd"]
    world.drain(caller)
    assert run("lag").stdout == "nothing is behind\n"


def test_history_shows_what_happened_and_who_did_it(run: Callable[..., Result], world: World) -> None:
    caller = world.caller(TENANT)
    resource_id = caller.add()
    caller.add()
    caller.delete(resource_id)
    [client] = world.ports.tenants.clients(TENANT)
    events = told(run("history", TENANT, resource_id, "--json"))
    assert [(event["type"], event["actor"]) for event in events] == [
        ("organizationCreated", client.client_id), ("organizationDeleted", client.client_id)]
    assert told(run("history", TENANT, resource_id.upper(), "--json")) == events
    assert told(run("history", TENANT, resource_id[:-1], "--json")) == events
    assert "UUID" in run("history", TENANT, "acme").stderr
    assert "has no organization" in run("history", TENANT, "0000").stderr
    assert len(run("history", TENANT).stdout.splitlines()) == 4
    assert told(run("history", TENANT, resource_id, "--limit", "1", "--json")) == events[1:]


def test_a_schema_is_registered_and_listed(run: Callable[..., Result], world: World, tmp_path: Path) -> None:
    caller = world.caller(TENANT)
    file = tmp_path / "more.json"
    file.write_text(json.dumps({"properties": {"industry": {"type": "string"}}}))
    assert told(run("schema", "register", TENANT, str(file), "--yes", "--json"))["revision"] == 1
    [listed] = told(run("schema", "list", TENANT, "--json"))
    assert (listed["resource"], listed["version"], listed["added"]) == ("organization", "v1", "industry")
    assert caller.post({**ACME, "industry": "toys"}).status_code == 201


def test_a_dry_run_tells_that_a_schema_would_be_refused(run: Callable[..., Result], world: World,
                                                        tmp_path: Path) -> None:
    world.caller(TENANT).add()
    file = tmp_path / "more.json"
    file.write_text(json.dumps({"properties": {"industry": {"type": "string"}}, "required": ["industry"]}))
    result = run("schema", "register", TENANT, str(file), "--dry-run")
    assert (result.exit_code, "1 stored document" in result.stderr) == (1, True)


def test_every_command_shows_an_example(run: Callable[..., Result]) -> None:
    for group in ((), ("tenant",), ("client",), ("schema",)):
        assert "Example:" in run(*group, "--help").stdout


# Carried in the background

def test_an_accepted_write_is_carried_by_the_process_that_took_it(make_world: Callable[..., World]) -> None:
    world = make_world(background=True)
    caller = world.caller()
    resource_id = caller.post(ACME, Prefer="respond-async").get_json()["resourceId"]
    wait_until(lambda: caller.get(resource_id).status_code == 200, "the write is shown")


def test_what_a_dead_process_left_is_carried_by_the_relay_process(world: World) -> None:
    caller = world.caller()
    resource_id = caller.post(ACME, Prefer="respond-async").get_json()["resourceId"]
    home, database = str(world.organization.settings.home), world.organization.settings.database
    program = ("from cli.jobs import stop_on_signal; from pathlib import Path;"
               "from blueprints.organization.wiring import Organization, OrganizationSettings;"
               f"store = Organization(OrganizationSettings(Path({home!r}), 's' * 32, {database!r}));"
               "store.courier.run(stop_on_signal())")
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        wait_until(lambda: caller.get(resource_id).status_code == 200, "the write is shown")
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
