"""Two at once: one profile a person, one name a dictionary, terms that are those of the profile (issue 18, item 4)."""
from collections import Counter

import pytest
from flask import Flask

from blueprints.network.profile import commands
from blueprints.network.profile.checks import differences
from tests.concurrency.in_between import Place, meet, places
from tests.concurrency.together import together
from tests.network.profile.cards import CERTIFICATIONS, LANGUAGES, PROFILES, Person, listed, write

CLIENTS = 8


def test_of_many_profiles_of_one_person_one_is_written(app: Flask, person: Person) -> None:
    ann = person("ann")
    body = {"fullName": "Ann", "profileVisibility": "public", "skills": ["sql"]}
    answers = together(app, *[lambda: ann.post(PROFILES, json=body)] * CLIENTS)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: CLIENTS - 1}
    assert {answer.json["errCode"] for answer in answers if answer.status_code == 400} == {"ProfileExists"}
    assert listed(ann) == ["Ann"]
    assert differences(10) == []


@places(before=(commands, "share_accounts"), shared=(commands, "spelled"))
def test_of_two_profiles_of_one_person_one_is_written(
        app: Flask, monkeypatch: pytest.MonkeyPatch, person: Person, place: Place) -> None:
    ann = person("ann")
    met = meet(app, monkeypatch, place, *(
        lambda name=name: ann.post(PROFILES, json={"fullName": name, "skills": [name]}) for name in ("Ann", "Anna")))
    assert (met.winner.status_code, met.loser.status_code, met.loser.json["errCode"]) == (201, 400, "ProfileExists")
    assert listed(ann) == [met.winner.json["profile"]["fullName"]]
    assert differences(10) == []


@pytest.mark.parametrize("path", [LANGUAGES, CERTIFICATIONS])
def test_of_many_equal_names_of_a_dictionary_one_is_added(app: Flask, person: Person, path: str) -> None:
    people = [person(f"p{number}") for number in range(CLIENTS)]
    names = ["English", "ENGLISH", "english", "Ｅnglish"] * (CLIENTS // 4)
    answers = together(app, *(lambda one=one, name=name: one.post(path, json={"name": name})
                              for one, name in zip(people, names, strict=True)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: CLIENTS - 1}


def test_changes_of_one_profile_at_once_leave_the_terms_of_the_last(app: Flask, person: Person) -> None:
    ann = person("ann")
    profile = write(ann)
    answers = together(app, *(lambda skill=f"skill {number}": ann.patch(
        f"{PROFILES}/{profile['id']}", json={"skills_append": skill}) for number in range(CLIENTS)))
    assert {answer.status_code for answer in answers} == {200}
    skills = ann.get(f"{PROFILES}/{profile['id']}").json["profile"]["skills"]
    assert sorted(skills) == [f"skill {number}" for number in range(CLIENTS)]
    assert differences(10) == []
