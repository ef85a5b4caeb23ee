"""What a TAB offers in place of an id (cli/completing.py), refusals first."""
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import Result
from flask import Flask

from app.data.entity import db
from app.data.moderated_kinds import ModeratedKinds
from app.data.offered_ids import MOST_OFFERED, ROLES_OF_STAFF, Driver, driver_of_file, offered_ids
from app.events.subscriptions import Subscriptions
from app.identity.roles import STAFF
from app.ops.mends import mends
from app.runtime import runtime
from app.search.catalogue import Indexes
from app.settings import load_settings
from blueprints.organization import organization_of
from blueprints.organization.application.tenants import add_client, add_tenant, drop_tenant
from blueprints.platform.bff.comparing import all_views
from blueprints.platform.moderation.catalogue import DEFAULTS
from blueprints.platform.webhooks.commands import create_endpoint, send_test
from cli import COMPLETING, attach_commands, completing, known_names
from cli.parts import MENDED
from tests.cli.market import Market
from tests.clients import Callers
from tests.components import ROOT
from tests.testbed import Testbed

Offered = Callable[..., list[str]]
_AS_TEXT = pytest.mark.both("the statements are text, of which each database reads its own")


@pytest.fixture
def offered(testbed: Testbed, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Offered:
    """Call it with what is typed behind `flask`; returns what is offered in place of the last word."""
    for name, value in testbed.environment.items():
        monkeypatch.setenv(name, value)
    index = click.Group("flask")
    attach_commands(index)
    asked = ShellComplete(index, {}, "flask", COMPLETING)
    return lambda *words: [item.value for item in asked.get_completions(list(words[:-1]), words[-1])]


def test_nothing_is_offered_without_a_home_and_none_is_made(offered: Offered, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDHALL_HOME", str(tmp_path / "home"))
    assert offered("orders", "show", "") == []
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_offered_where_settings_are_wrong_or_the_database_is_away(
        offered: Offered, market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    beginning = market.ordered()["id"][:4]
    assert offered("orders", "show", beginning)
    for name, value in (("PORT", "none"), ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing"),
                        ("DATABASE_URL", "sqlite:////nowhere/guildhall.db")):
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            assert offered("orders", "show", beginning) == []


@_AS_TEXT
def test_what_is_no_beginning_of_an_id_is_offered_nothing(offered: Offered, market: Market) -> None:
    market.ordered()
    for typed in ("zz", "%", "' OR 1=1", "0" * 40):
        assert offered("orders", "show", typed) == []


@_AS_TEXT
def test_no_address_is_offered_and_none_that_several_begin_with_names_anybody(offered: Offered,
                                                                              callers: Callers) -> None:
    ben, benno = callers.user("ben"), callers.user("benno")
    assert offered("users", "show", "ben") == []
    assert offered("users", "show", "ben@") == [ben.user_id[-8:]]
    assert offered("users", "show", "benno@guildhall.test") == [benno.user_id[-8:]]
    assert not any("@" in one for typed in ("", "b", "be", "benn", "%") for one in offered("users", "show", typed))


@pytest.mark.once("files of SQLite")
def test_a_file_is_read_and_none_is_made_beside_it(tmp_path: Path) -> None:
    import sqlite3

    file = tmp_path / "a#?b.db"
    with pytest.raises(sqlite3.OperationalError), driver_of_file(file) as driver:
        driver("SELECT 1 FROM t")
    assert list(tmp_path.iterdir()) == []
    with sqlite3.connect(file) as made:
        made.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (id TEXT PRIMARY KEY); INSERT INTO t VALUES ('ab')")
    made.close()
    with driver_of_file(file) as driver:
        assert driver("SELECT id FROM t WHERE id = ?", "ab") == ["ab"]
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.once("the server is none")
def test_a_database_that_never_answers_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://anna@127.0.0.1:{silent.getsockname()[1]}/guildhall"
        told = subprocess.run([str(Path(sys.executable).with_name("flask"))], cwd=ROOT, capture_output=True, text=True,
                              check=True, timeout=60, env=os.environ | {
                                  COMPLETING: "bash_complete", "COMP_WORDS": "flask orders show ", "COMP_CWORD": "3",
                                  "GUILDHALL_HOME": str(tmp_path), "DATABASE_URL": url, "GUILDHALL_ENV": "demo"})
    assert (told.stdout, told.stderr) == ("", "")


@_AS_TEXT
def test_last_digits_and_beginnings_are_completed(offered: Offered, market: Market) -> None:
    one = market.ordered()["id"]
    assert offered("orders", "show", "") == [one[-8:]]
    assert one[-8:] in offered("orders", "show", one[-8:-5])  # a whole id may begin so, too
    assert offered("orders", "ship", one[:13]) == [one]
    assert offered("payments", "show", one.upper()[:10]) == [one]


@_AS_TEXT
def test_the_newest_are_offered_first_and_no_more_than_twenty(offered: Offered, market: Market) -> None:
    auctions = [market.auctioned() for _ in range(MOST_OFFERED + 1)]
    assert offered("auctions", "show", "") == [one[-8:] for one in reversed(auctions)][:MOST_OFFERED]
    assert len(offered("auctions", "show", auctions[0][:4])) == MOST_OFFERED


@_AS_TEXT
def test_what_is_no_auction_is_none(offered: Offered, market: Market) -> None:
    auction, _listing = market.auctioned(), market.listed()
    assert offered("auctions", "close", "") == [auction[-8:]]


@_AS_TEXT
def test_accounts_are_those_of_the_realm_that_is_typed(offered: Offered, callers: Callers) -> None:
    trader, member = callers.user("ben"), callers.user("eva", realm="network")
    assert offered("users", "show", "ben@") == [trader.user_id[-8:]]
    assert offered("users", "show", "--realm", "network", "eva@") == [member.user_id[-8:]]
    assert offered("users", "show", "--realm", "network", "ben@") == []
    assert trader.user_id[-8:] in offered("orders", "list", "--buyer", trader.user_id[-8:-4])


@_AS_TEXT
def test_cases_that_wait_are_offered_by_their_number(offered: Offered, market: Market) -> None:
    report = {"entityType": "PRODUCT", "entityId": market.listed(), "reason": "COUNTERFEIT"}
    made = market.ben.post("/marketplace/adminmoderation-api/v1/reports", json=report)
    assert made.status_code == 201, made.text
    assert offered("moderate", "take", "") == ["1"]
    assert offered("moderate", "show", "2") == []


@_AS_TEXT
def test_tenants_are_offered_by_their_names(offered: Offered, app: Flask) -> None:
    ports, begins = organization_of(app).ports, f"t{uuid4().hex[:8]}"  # the store is older than this test
    names = [f"{begins}-acme", f"{begins}-acorn"]
    with ExitStack() as stack:
        for name in names:
            add_tenant(ports, name)
            stack.callback(drop_tenant, ports, name)
        assert offered("organization", "tenant", "show", begins) == names
        assert offered("organization", "tenant", "show", f"{begins}-acm") == names[:1]
        assert offered("organization", "lag", "x") == []


@_AS_TEXT
def test_clients_of_tenants_are_offered_by_their_ids_and_behind_a_tenant_by_their_names(offered: Offered,
                                                                                      app: Flask) -> None:
    ports, begins = organization_of(app).ports, f"t{uuid4().hex[:8]}"
    one, other = f"{begins}-one", f"{begins}-two"
    with ExitStack() as stack:
        for name in (one, other):
            add_tenant(ports, name)
            stack.callback(drop_tenant, ports, name)
        reports, _ = add_client(ports, one, ("organization:read",), "reports")
        others, _ = add_client(ports, other, ("organization:read",), "")
        assert offered("organization", "client", "revoke", reports.client_id[:-4]) == [reports.client_id]
        assert offered("organization", "client", "show", "--tenant", one, "") == ["reports", reports.client_id]
        assert offered("organization", "client", "show", "--tenant", other, "") == [others.client_id]
        assert offered("organization", "client", "show", "--tenant", f"{begins}-none", "") == []
        assert offered("organization", "client", "show", "zz") == []


@_AS_TEXT
def test_what_staff_moderate_is_offered_of_the_type_that_is_typed(offered: Offered, market: Market) -> None:
    listing = market.listed()
    assert listing[-8:] in offered("moderate", "hide", "product", listing[-8:-5])
    assert listing[-8:] in offered("moderate", "note", "PRODUCT", "")
    assert listing[-8:] in offered("moderate", "record", "--type", "PRODUCT", "--on", "")
    assert market.sara.user_id[-8:] in offered("moderate", "warn", "USER", market.sara.user_id[-8:-4])
    assert offered("moderate", "remove-listing", listing[-8:], "") == [listing[-8:]]
    assert offered("moderate", "hide", "POST", "") == offered("moderate", "note", "12", "") == []


@_AS_TEXT
def test_what_is_registered_is_offered_by_its_id(offered: Offered, run: Callable[..., Result]) -> None:
    made = run("equipment", "legal-entity", "add", "Clinic", "--type", "MSP", "--yes", "--json")
    entity = json.loads(made.stdout)["id"]
    assert offered("equipment", "legal-entity", "show", "") == [entity]
    assert offered("equipment", "division", "add", "Ward", "--legal-entity", entity[:9]) == [entity]
    assert offered("equipment", "show", "") == offered("equipment", "client", "revoke", entity[:9]) == []


def test_mends_are_offered_by_name_with_dashes_for_spaces(offered: Offered, app: Flask) -> None:
    assert offered("doctor", "--fix", "auction-") == ["auction-orders"]
    assert len(offered("doctor", "--fix", "")) == len(mends()) == len(MENDED)
    assert set(MENDED) == set(mends())


@_AS_TEXT
def test_deliveries_are_those_of_the_webhook_that_is_typed(offered: Offered, callers: Callers) -> None:
    ben = callers.user("ben").actor
    one, other = (create_endpoint(ben, url=f"https://hooks.example/{name}", topics=[f"user/{ben.user_id}"])[0]["id"]
                  for name in ("one", "other"))
    sent, _ = send_test(ben, one), send_test(ben, other)
    assert offered("webhooks", "replay", one, "--delivery", "") == [sent[-8:]]
    assert sent in offered("webhooks", "replay", one[-8:], "--delivery", sent[:4])
    assert offered("webhooks", "replay", one[:9], "--delivery", "zz") == []
    assert offered("webhooks", "replay", "zz", "--delivery", "") == []


@_AS_TEXT
def test_rules_are_the_built_in_and_the_written_ones_of_the_realm_that_is_typed(
        offered: Offered, run: Callable[..., Result], callers: Callers) -> None:
    given = ("--as", callers.admin().email, "--yes")
    assert offered("moderate", "warn", "USER", "abcd", "--rule", "sh") == ["shill-bidding"]
    assert offered("moderate", "rules", "retire", "--realm", "network", "sh") == []
    assert run("moderate", "rules", "add", "sharp", "--title", "Sharp", "--text", "No.", *given).exit_code == 0
    assert run("moderate", "rules", "retire", "shill-bidding", *given).exit_code == 0
    assert offered("moderate", "dismiss", "12", "--rule", "sh") == ["sharp"]


@_AS_TEXT
def test_words_of_the_list_are_offered_but_no_phrase_that_a_shell_would_divide(
        offered: Offered, run: Callable[..., Result], callers: Callers) -> None:
    for phrase in ("replica*", "Replays", "replica of a"):
        assert run("moderate", "words", "add", phrase, "--as", callers.admin().email, "--yes").exit_code == 0
    assert offered("moderate", "words", "remove", "repl") == ["Replays", "replica*"]
    assert offered("moderate", "words", "remove", "--realm", "network", "repl") == []


@_AS_TEXT
def test_who_acts_is_offered_of_the_staff_alone(offered: Offered, callers: Callers) -> None:
    ada, ben = callers.admin(), callers.user("ben")
    assert ada.user_id[-8:] in offered("auctions", "close", "abcd", "--as", "")
    assert offered("auctions", "close", "abcd", "--as", "ada@") == [ada.user_id[-8:]]
    assert offered("auctions", "close", "abcd", "--as", "ben@") == []
    assert ben.user_id[-8:] not in offered("auctions", "close", "abcd", "--as", ben.user_id[-8:-4])


@_AS_TEXT
def test_the_two_buckets_of_an_account_are_offered(offered: Offered, callers: Callers) -> None:
    ben = callers.user("ben")
    assert offered("media", "list", "--bucket", "ben@") == [f"{ben.user_id[-8:]}-{kind}" for kind in (
        "private", "public")]
    assert offered("media", "list", "--bucket", f"{ben.user_id}-pu") == [f"{ben.user_id}-public"]


@_AS_TEXT
def test_records_and_topics_of_the_outbox_are_offered(offered: Offered, market: Market,
                                                      settle: Callable[[], None]) -> None:
    market.listed()
    [newest, *_] = offered("events", "show", "")
    assert newest in offered("events", "show", newest[:-1])
    assert offered("events", "show", "x") == []
    settle()
    created = "ebaycclone-productlisting-service-dbevent-productlistingproduct-created"
    assert created in offered("events", "list", "--topic", created[:40])
    assert created in offered("events", "replay", "search_indexing.refresh", "--topic", "")
    assert offered("events", "replay", "notifications.order-placed", "--topic", created[:40]) == []


@pytest.mark.once("names and files")
def test_names_that_services_declare_are_offered(offered: Offered) -> None:
    assert offered("events", "retry", "notifications.offer-") == [
        "notifications.offer-answered", "notifications.offer-made"]
    assert offered("index", "rebuild", "--index", "searchI") == ["searchIndex"]
    assert offered("index", "compare-views", "--view", "Bid") == ["BidNotificationView"]
    assert offered("jobs", "run", "due") == ["due-work"]
    assert offered("organization", "client", "add", "acme", "--scope", "organization:r") == ["organization:read"]
    assert offered("organization", "rebuild", "acme", "--resource", "o") == ["organization"]
    assert offered("db", "downgrade", "000")[-1] == "0001"


@pytest.mark.once("declarations know no database")
def test_the_names_that_are_offered_are_those_that_services_declare(app: Flask) -> None:
    assert {*known_names.SUBSCRIBERS} == {*runtime().part(Subscriptions).by_name}
    assert {*known_names.INDEXES} == {*runtime().part(Indexes)}
    assert {*known_names.VIEWS} == {view for _, view in all_views()}
    assert {realm: {*codes} for realm, codes in known_names.RULES.items()} == {
        realm: {rule.code for rule in rules} for realm, rules in DEFAULTS.items()}
    assert {*ROLES_OF_STAFF} == {*STAFF}


def test_what_is_moderated_is_what_the_services_declare(app: Flask) -> None:
    assert {(realm, kind) for realm, kinds in completing.THINGS.items() for kind in kinds} == {
        *runtime().part(ModeratedKinds)}


@pytest.mark.once("what the models say")
def test_the_tables_that_are_asked_are_those_of_the_models(testbed: Testbed) -> None:
    for ids in completing.ASKED:
        table = db.metadata.tables[ids.table]
        assert {"id", ids.column or "id"} <= set(table.columns.keys()), ids
        assert any(index.name == f"ix_{ids.table}_short_id" for index in table.indexes) is ids.by_last_digits, ids


@pytest.mark.once("PostgreSQL plans by statistics; SQLite by structure")
def test_every_table_is_asked_by_an_index(testbed: Testbed, app: Flask) -> None:
    steps: list[str] = []
    with driver_of_file(load_settings(testbed.environment).sqlite_file) as driver:
        def explained(statement: str, values: tuple[str, ...]) -> object:
            steps.extend(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall())
            return driver.execute(statement, values)

        for ids in completing.ASKED:
            for typed in ("", "ab", "abcd1234-12"):
                offered_ids(Driver(explained, driver.true), ids, typed)
    assert [step for step in steps if "SCAN" in step and "INDEX" not in step and "looked_at" not in step] == []
