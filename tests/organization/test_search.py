"""Search: filters, full text, time, order and pages, the same on both databases."""
import re

import pytest
from sqlalchemy import text, update

from app.clock import moved_clock
from tests.organization.world import Caller, World

KYIV = {"addressCountry": "UA", "addressLocality": "Kyiv"}


@pytest.fixture(scope="module")
def town(shared_world: World) -> Caller:
    """A tenant with five organizations, each changed a minute after the other."""
    caller = shared_world.caller()
    rows = [
        {"name": "Zeta GmbH", "legalName": "Société Générale", "numberOfEmployees": 9, "address": KYIV},
        {"name": "acme", "numberOfEmployees": 10, "sameAs": ["https://a.test/1", "https://a.test/2"]},
        {"name": "Acme Bau", "status": "closed", "taxID": "00123", "foundingDate": "2001-02-03"},
        {"name": "Ärzte %_ AG", "alternateName": "Doctors' \"Union\"", "numberOfEmployees": 0},
        {"name": "Beta", "parentOrganization": "018F4C1E-7B1A-7C3E-9A52-0D6F1B2C3D4E", "address": KYIV},
    ]
    for minutes, row in enumerate(rows):
        with moved_clock(minutes=minutes):
            assert caller.post(row).status_code == 201
    return caller


@pytest.mark.parametrize(("query", "names"), [
    ("name=acme", ["acme"]),
    ("status=closed", ["Acme Bau"]),
    ("status=active&numberOfEmployees=9", ["Zeta GmbH"]),
    ("numberOfEmployees=0", ["Ärzte %_ AG"]),
    ("taxID=00123", ["Acme Bau"]),
    ("taxID=123", []),
    ("foundingDate=2001-02-03", ["Acme Bau"]),
    ("sameAs=https://a.test/2", ["acme"]),
    ("sameAs=https://a.test/3", []),
    ("address.addressCountry=UA&address.addressLocality=Kyiv&sort=name", ["Beta", "Zeta GmbH"]),
    ("address.addressCountry=DE", []),
])
def test_properties_are_found_by_equality(town: Caller, query: str, names: list[str]) -> None:
    assert town.names(query) == names


@pytest.mark.parametrize(("words", "names"), [
    ("acme", ["Acme Bau", "acme"]),
    ("ACM", ["Acme Bau", "acme"]),
    ("bau acme", ["Acme Bau"]),
    ("cme", []),
    ("societe", ["Zeta GmbH"]),
    ("générale", ["Zeta GmbH"]),
    ("arzte", ["Ärzte %_ AG"]),
    ("union", ["Ärzte %_ AG"]),
    ("%25", []),
    ("_", []),
    ("---", []),
    ("%22", []),
    ("%5C", []),
    ("%25_%25", []),
    ("", ["Acme Bau", "Beta", "Zeta GmbH", "acme", "Ärzte %_ AG"]),
    ("%20", ["Acme Bau", "Beta", "Zeta GmbH", "acme", "Ärzte %_ AG"]),
    ("ärzte AG", ["Ärzte %_ AG"]),
    ("kyiv", []),
    ("acme beta", []),
])
def test_full_text_finds_the_beginning_of_words_of_the_names(town: Caller, words: str, names: list[str]) -> None:
    assert town.names(f"q={words}&sort=name") == names


@pytest.mark.parametrize(("words", "names"), [
    ("gr49", ["Gr.49 gasket 55/72/8"]), ("GR-49", ["Gr.49 gasket 55/72/8"]), ("gr+49", ["Gr.49 gasket 55/72/8"]),
    ("55728", ["Gr.49 gasket 55/72/8"]), ("55/72/8", ["Gr.49 gasket 55/72/8"]), ("55+72+8", ["Gr.49 gasket 55/72/8"]),
    ("gask+gr49", ["Gr.49 gasket 55/72/8"]), ("AERO", ["Ærø Ferries"]), ("ÆRØ", ["Ærø Ferries"]),
    ("лев", ["Лев"]), ("lodz", ["Łódź"]), ("gr5", []),
])
def test_codes_are_found_with_and_without_separators_and_letters_without_their_strokes(
        fresh: Caller, words: str, names: list[str]) -> None:
    for name in ("Gr.49 gasket 55/72/8", "Ærø Ferries", "Лев", "Łódź"):
        fresh.add(name=name, legalName="x")
    assert fresh.names(f"q={words}") == names


def test_words_that_a_release_before_has_stored_are_written_anew_when_the_tenant_is_next_used(
        shared_world: World, fresh: Caller) -> None:
    for number in range(203):  # more than a batch
        fresh.add(name=f"Ærø {number}")
    tenant = shared_world.ports.tenants.find(fresh.tenant_id)
    assert tenant is not None
    with shared_world.organization.engines.connect(tenant, writes=True) as connection:
        connection.execute(text('UPDATE "organization"."v1-organization" SET "searchText" = \' ærø\''))
        connection.commit()
    assert fresh.names("q=ærø") == []
    with shared_world.organization._catalog.connect(writes=True) as connection:
        connection.execute(update(shared_world.organization._catalog.tables.tenants).where(
            shared_world.organization._catalog.tables.tenants.c.tenantId == fresh.tenant_id).values(
                resources=["organization/v1"]))
    assert fresh.search("q=ærø").headers["X-Total-Count"] == "203"
    assert fresh.names("q=ærø202") == ["Ærø 202"]


@pytest.mark.parametrize(("sort", "names"), [
    ("name", ["Acme Bau", "Beta", "Zeta GmbH", "acme", "Ärzte %_ AG"]),
    ("-name", ["Ärzte %_ AG", "acme", "Zeta GmbH", "Beta", "Acme Bau"]),
    ("createdAt", ["Zeta GmbH", "acme", "Acme Bau", "Ärzte %_ AG", "Beta"]),
    ("status,-updatedAt", ["Beta", "Ärzte %_ AG", "acme", "Zeta GmbH", "Acme Bau"]),
    ("numberOfEmployees,name", ["Ärzte %_ AG", "Zeta GmbH", "acme", "Acme Bau", "Beta"]),
    ("-numberOfEmployees,name", ["acme", "Zeta GmbH", "Ärzte %_ AG", "Acme Bau", "Beta"]),
])
def test_order_is_by_code_point_and_value_and_missing_ones_come_last(town: Caller, sort: str, names: list[str]) -> None:
    assert town.names(f"sort={sort}") == names


def test_without_an_order_the_latest_change_comes_first(town: Caller) -> None:
    assert town.names() == ["Beta", "Ärzte %_ AG", "Acme Bau", "acme", "Zeta GmbH"]


def test_changes_since_a_time_include_that_time(town: Caller) -> None:
    moment = town.search("name=Acme%20Bau").get_json()[0]["updatedAt"]
    assert town.names(f"updatedSince={moment}&sort=updatedAt") == ["Acme Bau", "Ärzte %_ AG", "Beta"]


def test_changes_since_a_time_in_another_zone(town: Caller) -> None:
    moment = town.search("name=Beta").get_json()[0]["updatedAt"].replace("Z", "-01:00")
    assert town.names(f"updatedSince={moment}") == []


def links(caller: Caller, query: str) -> dict[str, str]:
    found = re.findall(r'<[^>]*[?&]page=(\d+)[^>]*>; rel="(\w+)"', caller.search(query).headers["Link"])
    return {relation: page for page, relation in found}


def test_pages_do_not_overlap_and_links_lead_through_them(town: Caller) -> None:
    assert [town.names(f"sort=name&pageSize=2&page={page}") for page in (1, 2, 3)] == [
        ["Acme Bau", "Beta"], ["Zeta GmbH", "acme"], ["Ärzte %_ AG"]]
    assert links(town, "pageSize=2") == {"first": "1", "next": "2", "last": "3"}
    assert links(town, "pageSize=2&page=2") == {"first": "1", "prev": "1", "next": "3", "last": "3"}
    assert links(town, "pageSize=2&page=3") == {"first": "1", "prev": "2", "last": "3"}


def test_links_keep_what_was_asked(town: Caller) -> None:
    link = town.search("pageSize=1&q=Acme&name=acme").headers["Link"]
    assert f"</organization-api/{town.tenant_id}/organization?pageSize=1&q=Acme&name=acme&page=1>" in link


def test_a_page_has_25_rows_unless_asked_and_200_at_most(shared_world: World) -> None:
    caller = shared_world.caller()
    for number in range(27):
        caller.add(name=f"Company {number}")
    assert len(caller.names()) == 25
    assert len(caller.names("pageSize=200")) == 27


def test_a_value_is_never_read_as_part_of_the_query(town: Caller) -> None:
    for value in ("' OR 1=1 --", 'x"}', "%25", "\\", "$.name"):
        assert town.names(f"name={value}") == []
