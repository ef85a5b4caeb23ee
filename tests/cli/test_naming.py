"""How things are named in the terminal (M-29): refusals first."""
import json
from uuid import uuid4

import pytest

from app.actor import system_actor
from app.data.moderated_kinds import ModeratedKinds
from app.data.unit_of_work import unit_of_work
from app.runtime import runtime
from blueprints.marketplace.category_management.commands import create_category
from blueprints.marketplace.product_listing.commands import create_media
from blueprints.network.company.models import Company
from blueprints.platform.auth.models import MarketplaceUser
from tests.network.company.pages import Pages

BOSS = ("--as", "admin@admin.com")
START = "abcd1234-0000-4000-8000-"


@pytest.fixture
def enrolled(app):
    """Call it with the last twelve digits of the id of an account that begins with START."""
    def enrol(last):
        with unit_of_work(system_actor("marketplace")) as work:
            work.insert(MarketplaceUser(id=START + last, email=f"{last}@guildhall.test", fullname="Twin", password="x"))
            work.commit()
        return START + last
    return enrol


def role_given(run, user):
    return run("users", "role", user, "admin", "--yes", "--json", *BOSS)


def test_m_29_what_names_nothing_is_refused(run, market):
    for text in ("zzzzzzzz", "deadbeef", "abc", str(uuid4()), "", "%", "nobody@guildhall.test"):
        refused = role_given(run, text)
        assert (refused.exit_code, "has no active user" in refused.stderr) == (1, True), text
    for command in (("auctions", "show"), ("orders", "show"), ("payments", "show")):
        refused = run(*command, "deadbeef")
        assert (refused.exit_code, "there is no" in refused.stderr) == (1, True)


def test_m_29_a_beginning_of_three_digits_names_nobody_and_one_of_several_is_ambiguous(run, enrolled):
    one = enrolled("000000000001")
    assert role_given(run, "abc").exit_code == 1
    assert role_given(run, "abcd").exit_code == 0
    two = enrolled("000000000002")
    refused = role_given(run, "abcd")
    assert (refused.exit_code, f"ambiguous: {one}, {two}" in refused.stderr) == (1, True)


def test_at_most_five_are_listed(run, enrolled):
    for number in range(7):
        enrolled(f"00000000000{number}")
    said = role_given(run, "abcd1234").stderr
    assert said.count(START) == 5
    assert said.strip().endswith("and more")


def test_the_beginning_of_one_and_the_end_of_another_are_ambiguous(run, enrolled):
    one, two = enrolled("000000000001"), enrolled("0000abcd1234")
    refused = role_given(run, "abcd1234")
    assert refused.exit_code == 1
    assert one in refused.stderr
    assert two in refused.stderr


def test_an_order_numbered_like_the_short_id_of_another_is_not_taken_for_it(run, market):
    meant = market.ordered()
    market.ordered(orderNumber=meant["id"][-8:])
    refused = run("payments", "show", meant["id"][-8:])
    assert (refused.exit_code, "ambiguous" in refused.stderr) == (1, True)
    assert json.loads(run("payments", "show", meant["id"], "--json").stdout)["id"] == meant["id"]


@pytest.mark.parametrize("part", [lambda id: id, lambda id: id[:9], lambda id: id[:4], lambda id: id[-8:],
                                  lambda id: f" {id.upper()} ", lambda id: id.replace("-", "")])
def test_m_29_a_whole_id_a_beginning_and_the_last_eight_digits_name_the_account(run, enrolled, part):
    meant = enrolled("00000000feed")
    enrolled_too = role_given(run, part(meant))
    assert json.loads(enrolled_too.stdout)["id"] == meant


def test_m_29_a_listing_is_named_by_its_last_eight_digits(run, market):
    auction = market.listed(type="AUCTION", startPrice=50)
    assert json.loads(run("auctions", "show", auction[-8:], "--json").stdout)["id"] == auction


def test_m_29_what_staff_moderate_is_named_by_its_last_eight_digits(run, market, app):
    """A message, a category and a picture; listings, people and feedback have tests of their own."""
    sent = market.sara.post("/marketplace/messaging-api/v1/messagingmessages",
                            json={"toUserId": market.ben.user_id, "content": "Hello."}).json["messagingMessage"]["id"]
    picture = create_media(market.sara.actor, mime_type="image/png", url="https://a.example/b.png", size=5).id
    category = create_category(market.ada.actor, title="Clocks").id
    why = ("--reason", "r", "--as", "ada@guildhall.test", "--yes", "--json")
    for entity_type, meant in (("MESSAGE", sent), ("MEDIA", picture), ("CATEGORY", category)):
        hidden = run("moderate", "hide", entity_type, meant[-8:], *why)
        assert hidden.exit_code == 0, hidden.output
        refused = run("moderate", "hide", entity_type, "deadbeef", *why)
        assert (refused.exit_code, f"there is no {entity_type} deadbeef" in refused.stderr) == (1, True)
    assert run("moderate", "flag-media", picture[-8:], *why).exit_code == 0
    restored = run("moderate", "restore", "MEDIA", picture[-8:], *why)
    assert "ThingHeld" in restored.stderr or "holds it" in restored.stderr, restored.output


def test_every_kind_that_staff_moderate_is_named_by_a_part_of_its_id(app):
    kinds = runtime().part(ModeratedKinds)
    assert [place for place, kind in kinds.items() if kind.ids_meant(place[0], "x") is None] == []


def test_what_nobody_moderates_in_a_realm_is_refused(run, market):
    refused = run("moderate", "warn", "POST", str(uuid4()), "--reason", "r", "--as", "ada@guildhall.test")
    assert (refused.exit_code, "nothing of type POST is moderated in marketplace" in refused.stderr) == (1, True)


def test_what_staff_moderate_in_the_network_is_named_by_a_part_of_its_id(run, callers):
    pages, staff = Pages(callers), callers.admin(realm="network")
    page = pages.found()["id"]
    for part in (page, page[:13], page[-8:]):
        warned = run("moderate", "warn", "COMPANY", part, "--realm", "network", "--reason", "r", "--as", staff.email,
                     "--dry-run")
        assert warned.exit_code == 0, warned.output
    refused = run("payments", "show", "deadbeef", "--realm", "network")
    assert (refused.exit_code, "there is no order deadbeef" in refused.stderr) == (1, True)


def test_a_beginning_of_several_pages_is_refused_with_their_ids(run, callers):
    pages, staff = Pages(callers), callers.admin(realm="network")
    with unit_of_work(system_actor("network")) as work:
        for number in "12":
            work.insert(Company(id=f"{START}00000000000{number}", name=f"Acme {number}", name_key=f"acme {number}",
                                created_by_user_id=pages.a.user_id))
        work.commit()
    refused = run("moderate", "assign-admin", "abcd1234", pages.b.email, "--as", staff.email, "--yes")
    assert (refused.exit_code, f"ambiguous: {START}000000000001, {START}000000000002" in refused.stderr) == (1, True)


def test_beginnings_last_digits_and_numbers_are_found_by_an_index(run, market, plans):
    """An index of an expression is not compared with the models on SQLite: this is what misses it."""
    for command in (("orders", "show"), ("auctions", "show"), ("users", "role")):
        run(*command, "deadbeef", *(("admin", "--yes", *BOSS) if command[0] == "users" else ()))
    run("users", "role", "deadbeef", "admin", "--realm", "network", "--yes", *BOSS)
    for entity_type in ("FEEDBACK", "MEDIA", "CATEGORY", "MESSAGE"):
        run("moderate", "warn", entity_type, "deadbeef", "--reason", "r", "--as", "ada@guildhall.test")
    for entity_type in ("NOTIFICATION", "SEARCHINDEX"):
        run("moderate", "restore", entity_type, "deadbeef", "--reason", "r", "--as", "ada@guildhall.test")
    for entity_type in ("COMPANY", "POST", "COMMENT", "JOB", "PROFILE", "INVITATION", "MESSAGE"):
        run("moderate", "warn", entity_type, "deadbeef", "--realm", "network", "--reason", "r", *BOSS)
    run("payments", "show", "deadbeef", "--realm", "network")
    # Of these two tables no index has the last digits: they are looked for in the end of the primary key.
    bounded = ("SCAN latest", *(f"SCAN {table} USING COVERING INDEX sqlite_autoindex_{table}_1"
                                for table in ("notification", "marketplace_search_index")))
    assert [step for step in plans if step.startswith("SCAN") and not step.startswith(bounded)] == []
    for table in ("order_management_order", "product_listing_product", "marketplace_user", "network_user", "feedback",
                  "product_listing_media", "marketplace_category", "messaging_message", "network_company",
                  "network_post", "network_comment", "network_job_posting", "network_profile",
                  "network_connection_request", "network_premiumsubscription"):
        assert any(f"USING INDEX ix_{table}_short_id" in step for step in plans), table
    assert any("USING INDEX ix_order_management_order_ended_number" in step for step in plans)


def test_lists_and_glances_stand_on_indexes(run, market, plans):
    order, auction = market.paid(), market.listed(type="AUCTION", startPrice=50)
    market.logged_in(market.sara, "203.0.113.7", "OddPhone/1")
    run("auctions", "close", auction, "--yes", *BOSS)
    plans.clear()
    for words in ((), ("--status", "PAID"), ("--buyer", "ben@guildhall.test"), ("--seller", "sara@guildhall.test"),
                  ("--since", "2000-01-01")):
        assert run("orders", "list", *words).exit_code == 0
    for state in ("running", "ending", "closed"):
        for words in ((), ("--seller", "sara@guildhall.test")):
            assert run("auctions", "list", "--state", state, *words).exit_code == 0
    for words in (("orders", "show", order["id"]), ("users", "show", "sara@guildhall.test"),
                  ("users", "find", "sara@guildhall.test")):
        assert run(*words).exit_code == 0
    # The latest orders of all are the end of their index; "anon" is what a bounded search has found.
    harmless = ("SCAN CONSTANT ROW", "SCAN anon", "SCAN (subquery", "SCAN order_management_order USING INDEX "
                "ix_order_management_order_recent")
    assert {step for step in plans if step.startswith("SCAN") and not step.startswith(harmless)} == set()
