"""Profiles are reported, hidden, removed and shown again, and looked into for words (moderation.md M-1, M-20, M-30)."""
from collections.abc import Callable

import pytest

from blueprints.platform.people.briefs import user_briefs
from tests.clients import ApiClient
from tests.network.profile.cards import PROFILES, Person, Row, change, got, listed, write

MODERATION = "/network/adminmoderation-api/v1"


def act(staff: ApiClient, profile: Row, kind: str) -> None:
    """Let staff do something to a profile."""
    done = staff.post(f"{MODERATION}/acts", json={
        "entityType": "PROFILE", "entityId": profile["id"], "kind": kind, "reason": "r"})
    assert done.status_code == 201, done.text


def brief_headline(person: ApiClient) -> str | None:
    found: str | None = user_briefs("network", [person.user_id])[person.user_id]["headline"]
    return found


@pytest.mark.parametrize(("kind", "owner_gets", "in_own_list"), [("HIDE", 200, ["Ann"]), ("REMOVE", 404, [])])
def test_a_held_profile_is_shown_to_staff_and_if_hidden_to_its_owner(
        person: Person, staff: ApiClient, kind: str, owner_gets: int, in_own_list: list[str]) -> None:
    ann, ben = person("ann"), person("ben")
    profile = write(ann, headline="Builds databases")
    act(staff, profile, kind)
    assert (got(ben, profile), listed(ben), brief_headline(ann)) == (404, [], None)
    assert (got(ann, profile), listed(ann)) == (owner_gets, in_own_list)
    assert (got(staff, profile), listed(staff)) == (200, ["Ann"])
    act(staff, profile, "SHOW_AGAIN")
    assert (got(ben, profile), listed(ben), brief_headline(ann)) == (200, ["Ann"], "Builds databases")


def test_a_removed_profile_makes_no_room_for_another(person: Person, staff: ApiClient) -> None:
    ann = person("ann")
    act(staff, write(ann), "REMOVE")
    refused = ann.post(PROFILES, json={"fullName": "Ann", "profileVisibility": "public"})
    assert (refused.status_code, refused.json["errCode"]) == (400, "ProfileExists")


def test_who_sees_a_profile_reports_it_and_nobody_else(person: Person, staff: ApiClient) -> None:
    ann, ben = person("ann"), person("ben")
    profile = write(ann, profileVisibility="private")
    said = {"entityType": "PROFILE", "entityId": profile["id"], "reason": "SPAM"}
    assert ben.post(f"{MODERATION}/reports", json=said).status_code == 404
    change(ann, profile, profileVisibility="public")
    assert ann.post(f"{MODERATION}/reports", json=said).json["errCode"] == "ReportsOneself"
    assert ben.post(f"{MODERATION}/reports", json=said).status_code == 201
    [case] = staff.get(f"{MODERATION}/cases").json["moderationCases"]
    assert (case["entityType"], case["personId"]) == ("PROFILE", ann.user_id)


def test_m_30_a_word_of_the_list_anywhere_in_a_profile_opens_a_case(
        person: Person, staff: ApiClient, settle: Callable[[], None]) -> None:
    ann = person("ann")
    staff.post(f"{MODERATION}/words", json={"phrase": "casino", "reason": "SPAM"})
    profile = write(ann)
    settle()
    assert staff.get(f"{MODERATION}/cases").json["moderationCases"] == []
    change(ann, profile, experience=[{"employer": {"name": "Best Casino!"}}])
    settle()
    [case] = staff.get(f"{MODERATION}/cases").json["moderationCases"]
    assert (case["kind"], case["entityId"]) == ("WORDS", profile["id"])
