"""Languages and certifications people choose from (rules-network §6C, scenario 41 of §8; NET-29)."""
import pytest

from tests.clients import ApiClient
from tests.network.profile.cards import CERTIFICATIONS, LANGUAGES, NOBODY, Person, change, write

BOTH = pytest.mark.parametrize(("path", "name"), [(LANGUAGES, "language"), (CERTIFICATIONS, "certification")])


@BOTH
def test_scenario_41_a_name_is_there_once_and_never_changes(person: Person, client: ApiClient, path: str, name: str,
                                                            ) -> None:
    ann = person("ann")
    assert client.post(path, json={"name": "English"}).status_code == 401
    assert ann.post(path, json={}).json["detail"] == {"name": "is required"}
    made = ann.post(path, json={"name": "English"})
    assert (made.status_code, made.json[name]["name"]) == (201, "English")
    again = ann.post(path, json={"name": "English"})
    assert (again.status_code, again.json["errCode"]) == (400, f"{name.capitalize()}Exists")
    kept = ann.patch(f"{path}/{made.json[name]['id']}", json={"name": "French"})
    assert (kept.status_code, kept.json["action"], kept.json[name]) == (200, "update", made.json[name])
    assert ann.get(f"{path}/{made.json[name]['id']}").json[name]["name"] == "English"
    assert ann.patch(f"{path}/{NOBODY}", json={}).status_code == 404


@BOTH
def test_net_29_names_that_are_compared_as_the_same_are_one(person: Person, path: str, name: str) -> None:
    ann = person("ann")
    assert ann.post(path, json={"name": "English"}).status_code == 201
    for same in ("ENGLISH", " english ", "Ｅnglish"):
        assert ann.post(path, json={"name": same}).status_code == 400, same
    assert ann.post(path, json={"name": "Anglish"}).status_code == 201
    assert [row["name"] for row in ann.get(f"{path}?name=ENG").json[f"{name}s"]] == ["English"]
    assert len(ann.get(path).json[f"{name}s"]) == 2


@BOTH
def test_net_29_staff_alone_take_a_name_off_and_it_may_be_added_again(
        person: Person, staff: ApiClient, path: str, name: str) -> None:
    ann = person("ann")
    entry = ann.post(path, json={"name": "English"}).json[name]["id"]
    assert ann.delete(f"{path}/{entry}").status_code == 403
    assert staff.delete(f"{path}/{entry}").json[name]["isActive"] is False
    assert [staff.delete(f"{path}/{entry}").status_code, ann.get(f"{path}/{entry}").status_code,
            ann.patch(f"{path}/{entry}", json={}).status_code] == [404, 404, 404]
    assert ann.post(path, json={"name": "English"}).status_code == 201


def test_net_29_the_stored_spelling_wins_in_profiles_and_what_is_unknown_is_taken(person: Person) -> None:
    ann = person("ann")
    ann.post(LANGUAGES, json={"name": "English"})
    ann.post(CERTIFICATIONS, json={"name": "AWS Certified"})
    profile = write(ann, languages=["ENGLISH", "Klingon", "english"], certifications=["aws  certified"],
                    skills=["ENGLISH"])
    assert (profile["languages"], profile["certifications"], profile["skills"]) == (
        ["English", "Klingon"], ["AWS Certified"], ["ENGLISH"])
    assert [row["name"] for row in ann.get(LANGUAGES).json["languages"]] == ["English"]
    ann.post(LANGUAGES, json={"name": "tlhIngan"})
    assert change(ann, profile, languages_append="TLHINGAN")["languages"] == ["English", "Klingon", "tlhIngan"]


def test_a_name_of_signs_that_grow_in_comparison_is_no_failure(person: Person) -> None:
    ann = person("ann")
    assert ann.post(LANGUAGES, json={"name": "ﷺ" * 255}).status_code == 201
    assert write(ann, languages=["ﷺ" * 255, "İ" * 255])["languages"] == ["ﷺ" * 255, "İ" * 255]
