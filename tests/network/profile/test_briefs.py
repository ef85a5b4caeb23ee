"""Persons are shown with the headline of their profile, all of a list in one statement (NET-32)."""
from collections.abc import Callable
from typing import Any

from blueprints.platform.people.briefs import user_briefs
from tests.clients import ApiClient, Callers
from tests.network.profile.cards import PROFILES, Person, change, write


def headline(reader: ApiClient, of: ApiClient) -> Any:
    """Return the headline of a person in the join of a profile, that is remembered, and by user_briefs."""
    [row] = [row for row in reader.get(PROFILES).json["profiles"] if row["userId"] == of.user_id]
    assert tuple(row["user"]) == ("id", "fullname", "avatar", "headline")
    assert row["user"]["headline"] == user_briefs("network", [of.user_id])[of.user_id]["headline"]
    return row["user"]["headline"]


def test_net_32_the_brief_of_a_person_has_the_headline_of_a_public_profile(
        person: Person, super_admin: ApiClient) -> None:
    ann = person("ann")
    profile = write(ann, headline="Builds databases")
    assert headline(super_admin, ann) == "Builds databases"
    change(ann, profile, headline="Tends gardens")
    assert headline(super_admin, ann) == "Tends gardens"
    change(ann, profile, profileVisibility="private", audience="connections")
    assert headline(super_admin, ann) is None
    change(ann, profile, profileVisibility="public")
    assert headline(super_admin, ann) == "Tends gardens"
    ann.delete(f"{PROFILES}/{profile['id']}")
    assert user_briefs("network", [ann.user_id])[ann.user_id]["headline"] is None
    write(ann, headline="Is back")
    assert headline(super_admin, ann) == "Is back"


def test_net_32_the_headlines_of_many_people_cost_no_statement_more(
        person: Person, count_statements: Callable[..., Any]) -> None:
    people = [person(name) for name in ("ann", "ben", "cleo")]
    for one in people:
        write(one, headline=one.actor.fullname)
    with count_statements() as told:
        briefs = user_briefs("network", [one.user_id for one in people])
    assert len([one for one in told if one.startswith("SELECT")]) == 1
    assert [briefs[one.user_id]["headline"] for one in people] == ["Ann", "Ben", "Cleo"]


def test_net_32_who_is_found_by_name_is_shown_with_the_headline(person: Person) -> None:
    write(person("ben"), headline="Tends gardens")
    found = person("ann").get("/network/people-api/v1/people?q=ben").json["people"]
    assert [(row["fullname"], row["headline"]) for row in found] == [("Ben", "Tends gardens")]


def test_the_marketplace_has_no_headlines(callers: Callers) -> None:
    ben = callers.user("ben")
    assert user_briefs("marketplace", [ben.user_id]) == {
        ben.user_id: {"id": ben.user_id, "fullname": "Ben", "avatar": None}}


def test_the_guides_of_the_network_name_the_headline_and_those_of_the_marketplace_do_not(client: ApiClient) -> None:
    shown = {realm: "id, fullname, avatar, headline" in client.get(f"/{realm}/document/{service}/service-design").text
             for realm, service in (("network", "profile-service"), ("marketplace", "auctionOffer-service"))}
    assert shown == {"network": True, "marketplace": False}
