"""What a profile is and who may write it (rules-network §6, scenarios 39 and 40 of §8; NET-4, NET-13, NET-31)."""
from datetime import timedelta
from typing import Any

import pytest

from app.actor import system_actor
from app.clock import now
from blueprints.network.profile.rules import MOST_ITEMS, MOST_TERMS
from blueprints.platform.auth.commands import archive_profile, lock_user
from tests.clients import ApiClient
from tests.network.profile.cards import NOBODY, PROFILES, ROOT, Person, block, change, got, listed, write

ANN: dict[str, Any] = {"fullName": "Ann", "profileVisibility": "public", "skills": ["sql"]}


def test_scenario_39_a_person_has_one_profile_and_nobody_else_changes_it(person: Person, client: ApiClient) -> None:
    ann, ben = person("ann"), person("ben")
    assert client.post(PROFILES, json=ANN).status_code == 401
    nameless = ann.post(PROFILES, json={"profileVisibility": "public"})
    assert (nameless.status_code, list(nameless.json["detail"])) == (400, ["fullName"])
    made = ann.post(PROFILES, json=ANN)
    assert (made.status_code, made.json["dataName"], made.json["action"]) == (201, "profile", "create")
    profile = made.json["profile"]
    assert (profile["userId"], profile["_owner"], profile["profileVisibility_idx"]) == (ann.user_id, ann.user_id, 0)
    again = ann.post(PROFILES, json=ANN)
    assert (again.status_code, again.json["errCode"]) == (400, "ProfileExists")
    assert got(ben, profile) == 200
    assert ben.patch(f"{PROFILES}/{profile['id']}", json={"headline": "mine"}).status_code == 403
    assert ben.delete(f"{PROFILES}/{profile['id']}").status_code == 403


def test_scenario_40_a_private_profile_is_its_owner_s_alone(person: Person) -> None:
    ann, ben = person("ann"), person("ben")
    profile = write(ann, skills=["sql"])
    assert listed(ben, "fullName=ann") == ["Ann"]
    assert change(ann, profile, profileVisibility="private")["profileVisibility"] == "private"
    assert got(ben, profile) == 403
    assert listed(ben, "fullName=ann") == []
    assert got(ann, profile) == 200
    assert listed(ann, "fullName=ann") == ["Ann"]
    assert change(ann, profile, skills_append="python")["skills"] == ["sql", "python"]


def test_net_4_private_is_forbidden_and_what_is_not_there_is_not_found(person: Person) -> None:
    ann, ben = person("ann"), person("ben")
    profile = write(ann, profileVisibility="private")
    assert got(ben, profile) == 403
    assert got(ben, {"id": NOBODY}) == 404
    block(ann, ben)
    assert got(ben, profile) == 404


@pytest.mark.parametrize("blocker", ["ann", "ben"])
def test_net_7_a_block_hides_profiles_from_each_other_whoever_blocked(person: Person, blocker: str) -> None:
    ann, ben = person("ann"), person("ben")
    profiles = write(ann), write(ben)
    block(person(blocker), person("ben" if blocker == "ann" else "ann"))
    assert [got(ben, profiles[0]), got(ann, profiles[1])] == [404, 404]
    assert (listed(ann), listed(ben), listed(person("cleo"))) == (["Ann"], ["Ben"], ["Ann", "Ben"])


@pytest.mark.parametrize("end", ["locked", "archived"])
def test_net_8_the_profile_of_who_is_not_active_is_not_there_until_they_return(person: Person, end: str) -> None:
    ann, ben = person("ann"), person("ben")
    profile = write(ann)
    if end == "locked":
        lock_user(system_actor("network"), ann.user_id, now() + timedelta(days=1))
    else:
        archive_profile(ann.actor, ann.user_id)
    assert got(ben, profile) == 404
    assert listed(ben) == []
    if end == "locked":
        lock_user(system_actor("network"), ann.user_id, None)
        assert (got(ben, profile), listed(ben)) == (200, ["Ann"])


def test_net_13_a_profile_names_nobody_but_who_writes_it(person: Person, super_admin: ApiClient) -> None:
    ann, ben = person("ann"), person("ben")
    assert ann.post(PROFILES, json=ANN | {"userId": ben.user_id}).status_code == 403
    assert ann.post(PROFILES, json=ANN | {"userId": ann.user_id}).status_code == 201
    assert super_admin.post(PROFILES, json=ANN | {"userId": NOBODY}).status_code == 404
    made = super_admin.post(PROFILES, json=ANN | {"fullName": "Ben", "userId": ben.user_id})
    assert made.json["profile"]["userId"] == made.json["profile"]["_owner"] == ben.user_id
    assert change(ben, made.json["profile"], userId=ann.user_id)["userId"] == ben.user_id


def test_net_31_nobody_reads_without_a_login_and_admin_no_private_profile(
        person: Person, client: ApiClient, staff: ApiClient, super_admin: ApiClient) -> None:
    profile = write(person("ann"), profileVisibility="private")
    assert client.get(PROFILES).status_code == got(client, profile) == 401
    assert (got(staff, profile), listed(staff)) == (403, [])
    assert (got(super_admin, profile), listed(super_admin)) == (200, ["Ann"])


def test_scenario_49_a_deleted_profile_is_gone_and_another_may_be_written(person: Person) -> None:
    ann = person("ann")
    profile = write(ann)
    assert ann.get(f"{PROFILES}/not-an-id").status_code == 400
    gone = ann.delete(f"{PROFILES}/{profile['id']}")
    assert (gone.status_code, gone.json["profile"]["isActive"]) == (200, False)
    assert [ann.get(f"{PROFILES}/{profile['id']}").status_code, ann.delete(f"{PROFILES}/{profile['id']}").status_code,
            ann.patch(f"{PROFILES}/{profile['id']}", json={}).status_code] == [404, 404, 404]
    assert write(ann)["id"] != profile["id"]


def test_one_s_own_account_is_changed_at_the_address_where_the_contract_has_it(person: Person) -> None:
    """P-18: two APIs are called updateProfile; one is that of the account (document 061)."""
    ann, ben = person("ann"), person("ben")
    address = f"{ROOT}/profile/{ann.user_id}"
    assert ben.patch(address, json={"fullname": "Eve"}).status_code == 403
    changed = ann.patch(address, json={"fullname": "Anna"})
    assert (changed.status_code, changed.json["user"]["fullname"]) == (200, "Anna")


def test_what_is_not_sent_stays_and_an_empty_text_takes_back_what_was_said(person: Person) -> None:
    ann = person("ann")
    profile = write(ann, headline="Builds databases", profileVisibility="private", location="Berlin")
    changed = change(ann, profile, headline="", industry=None)
    assert (changed["headline"], changed["location"], changed["profileVisibility"]) == ("", "Berlin", "private")
    assert changed["recordVersion"] == 2


def test_the_visibility_is_public_unless_it_is_said(person: Person) -> None:
    ann = person("ann")
    assert ann.post(PROFILES, json={"fullName": "Ann"}).json["profile"]["profileVisibility"] == "public"
    assert person("ben").post(PROFILES, json=ANN | {"profileVisibility": "secret"}).status_code == 400


@pytest.mark.parametrize(("sent", "kept"), [
    ([{"title": "DBA"}], [{"title": "DBA"}]), ({"title": "DBA"}, [{"title": "DBA"}]),
    ('[{"title": "DBA"}]', [{"title": "DBA"}]), ('{"title": "DBA"}', [{"title": "DBA"}]), ([], []),
    ([{"team": {"size": 5, "names": ["x"]}}], [{"team": {"size": 5, "names": ["x"]}}])])
def test_experience_and_education_are_json_objects_or_the_text_of_them(person: Person, sent: Any, kept: Any) -> None:
    ann = person("ann")
    profile = write(ann, experience=sent, education=sent)
    assert (profile["experience"], profile["education"]) == (kept, kept)
    assert ann.get(f"{PROFILES}/{profile['id']}").json["profile"]["experience"] == kept


@pytest.mark.parametrize("sent", [
    ["DBA"], "no JSON", "5", 5, True, [[{}]], [None], [{}] * (MOST_ITEMS + 1), [{"a": "x" * 70_000}],
    [{"a": {"b": {"c": {"d": {"e": {"f": {"g": {}}}}}}}}], [{"a": "\x00"}]])
def test_experience_that_is_no_list_of_small_objects_is_refused(person: Person, sent: Any) -> None:
    refused = person("ann").post(PROFILES, json=ANN | {"experience": sent})
    assert (refused.status_code, list(refused.json["detail"])) == (400, ["experience"])


@pytest.mark.parametrize(("said", "wrong"), [
    ({"skills": ["x", 5]}, "skills"), ({"skills": [str(number) for number in range(MOST_TERMS + 1)]}, "skills"),
    ({"languages": {"English": True}}, "languages"), ({"profilePhotoUrl": "javascript:alert(1)"}, "profilePhotoUrl"),
    ({"headline": "two\nlines"}, "headline"), ({"fullName": "www.example.com/x"}, "fullName"),
    ({"audience": "all"}, "audience")])
def test_a_wrong_value_is_refused_by_name(person: Person, said: dict[str, Any], wrong: str) -> None:
    refused = person("ann").post(PROFILES, json=ANN | said)
    assert (refused.status_code, list(refused.json["detail"])) == (400, [wrong])


def test_lists_are_set_added_to_and_taken_from(person: Person) -> None:
    ann = person("ann")
    profile = write(ann, skills=["sql", "SQL", "go"])
    assert profile["skills"] == ["sql", "go"]
    assert change(ann, profile, skills_append=["Python", "Sql"])["skills"] == ["sql", "go", "Python"]
    assert change(ann, profile, skills_remove="PYTHON")["skills"] == ["sql", "go"]
    assert change(ann, profile, skills_remove="rust", skills_append="c")["skills"] == ["sql", "go"]
    assert change(ann, profile, skills=["c"], skills_append="d")["skills"] == ["c"]
    assert change(ann, profile, skills=[])["skills"] == []
    change(ann, profile, skills=[f"skill {number}" for number in range(MOST_TERMS)])
    refused = ann.patch(f"{PROFILES}/{profile['id']}", json={"skills_append": "one more"})
    assert (refused.status_code, refused.json["errCode"]) == (400, "TooManyValues")
