"""Which profiles are listed to whom, and by what they are found (rules-network §6B 152; NET-15, NET-32)."""
from collections.abc import Callable
from typing import Any

import pytest

from blueprints.network.profile.checks import differences, profile_terms
from tests.clients import ApiClient
from tests.network.profile.cards import PROFILES, Person, change, connect, got, listed, make_premium, write

ALL = {"headline": "Builds Databases", "currentCompany": "Acme GmbH", "industry": "Software", "location": "Århus"}


@pytest.mark.parametrize("query", [
    "headline=database", "currentCompany=acme", "industry=SOFT", "location=arhus", "fullName=ann",
    "headline=builds&industry=software", "location=berlin,%C3%85rhus"])
def test_a_profile_is_found_by_a_part_of_what_it_says(person: Person, query: str) -> None:
    write(person("ann"), **ALL)
    write(person("ben"), headline="Sells shoes", location="Paris")
    assert listed(person("cleo"), query) == ["Ann"]


@pytest.mark.parametrize(("query", "found"), [
    ("skill=SQL", ["Ann", "Ben"]), ("skill=sq", []), ("skill=go", ["Ann"]), ("skill=go,rust", ["Ann", "Ben"]),
    ("skill=sql&language=english", ["Ann"]), ("certification=pmp", ["Ben"]), ("skill=%EF%BC%B3QL", ["Ann", "Ben"]),
    ("certification=pmp&language=english", [])])
def test_a_profile_is_found_by_a_whole_skill_language_or_certification(
        person: Person, query: str, found: list[str]) -> None:
    write(person("ann"), skills=["sql", "Go"], languages=["English"])
    write(person("ben"), skills=["SQL", "Rust"], certifications=["PMP"])
    assert listed(person("cleo"), query) == found


def test_a_profile_is_no_longer_found_by_what_was_taken_out(person: Person) -> None:
    ann = person("ann")
    profile = write(ann, skills=["sql", "go"])
    change(ann, profile, skills_remove="sql")
    assert (listed(ann, "skill=sql"), listed(ann, "skill=go")) == ([], ["Ann"])
    assert differences(10) == []
    assert profile_terms()[0] == "ok"


def test_net_15_the_audience_lets_connections_see_a_private_profile_and_nobody_else(person: Person) -> None:
    ann, ben, cleo = person("ann"), person("ben"), person("cleo")
    connect(ann, ben)
    connect(ben, cleo)
    profile = write(ann, profileVisibility="private")
    assert (profile["audience"], got(ben, profile), listed(ben)) == ("owner", 403, [])
    change(ann, profile, audience="connections")
    assert (got(ben, profile), listed(ben), got(cleo, profile), listed(cleo)) == (200, ["Ann"], 403, [])
    change(ann, profile, audience="owner", profileVisibility="public")
    assert (got(cleo, profile), listed(cleo)) == (200, ["Ann"])


def test_net_15_a_tie_that_is_cut_closes_the_profile_at_once(person: Person) -> None:
    ann, ben = person("ann"), person("ben")
    connect(ann, ben)
    profile = write(ann, profileVisibility="private", audience="connections")
    [tie] = ann.get("/network/networking-api/v1/connections").json["connections"]
    assert got(ben, profile) == 200
    ann.delete(f"/network/networking-api/v1/connections/{tie['id']}")
    assert (got(ben, profile), listed(ben)) == (403, [])


def test_net_32_a_profile_says_how_its_person_stands_to_the_reader(person: Person) -> None:
    ann, ben, cleo = person("ann"), person("ben"), person("cleo")
    connect(ann, ben)
    connect(ben, cleo)
    for one in (ann, ben, cleo):
        write(one)
    make_premium(ben)
    rows = {row["fullName"]: row for row in ann.get(PROFILES).json["profiles"]}
    assert {name: (row["degree"], row["isPremium"]) for name, row in rows.items()} == {
        "Ann": (None, False), "Ben": (1, True), "Cleo": (2, False)}
    alone = ann.get(f"{PROFILES}/{rows['Cleo']['id']}").json["profile"]
    assert (alone["degree"], alone["user"]["fullname"]) == (2, "Cleo")
    bare = ann.get(f"{PROFILES}/{rows['Cleo']['id']}?getJoins=false").json["profile"]
    assert not {"degree", "isPremium", "user"} & set(bare)
    local = ann.get(f"{PROFILES}/{rows['Cleo']['id']}?excludeCQRS=true").json["profile"]
    assert {"degree", "isPremium", "user"} & set(local) == {"isPremium"}


def test_the_number_of_statements_of_the_list_does_not_grow(
        person: Person, count_statements: Callable[..., Any]) -> None:
    reader = person("reader")
    counted = []
    for names in (["ann"], ["ben", "cleo", "dora", "emil"]):
        for name in names:
            one = person(name)
            write(one, skills=["sql"])
            connect(reader, one)
        with count_statements() as told:
            assert reader.get(f"{PROFILES}?skill=sql&pageNumber=0").status_code == 200
        counted.append(len(told))
    assert counted[0] == counted[1]


def test_scenario_48_profiles_are_paged_oldest_first(person: Person) -> None:
    for name in ("ann", "ben", "cleo"):
        write(person(name))
    reader: ApiClient = person("ann")
    page = reader.get(f"{PROFILES}?pageRowCount=1&pageNumber=2").json
    assert ([row["fullName"] for row in page["profiles"]], page["paging"]["totalRowCount"]) == (["Ben"], 3)
    assert len(reader.get(f"{PROFILES}?pageNumber=0").json["profiles"]) == 3
