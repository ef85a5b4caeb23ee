"""What of rows is shown: the members that were asked for, and where the words stand (issue 20, decisions/105)."""
from typing import Any

import pytest

from app.data.visibility import read_objects
from blueprints.network.job_application.models import JobPosting
from tests.clients import ApiClient
from tests.platform.bff.conftest import Shelf
from tests.platform.bff.rows import ask, keep


def test_of_rows_the_members_that_were_named_are_shown_and_their_ids(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    [id_] = shelf.keep("Brass lamp")
    [row] = ask(ben, realm, shelf.index, fields=shelf.text)["items"]
    assert row == {"id": id_, shelf.text: "Brass lamp"}
    got = ben.get(f"/{realm}/bff-service/{shelf.index}/{id_}?fields={shelf.text},createdAt").json[shelf.index]
    assert set(got) == {"id", shelf.text, "createdAt"}
    assert ben.get(f"/{realm}/bff-service/{shelf.index}/{id_}?fields=nothing").status_code == 400


def test_every_member_of_a_row_may_be_named_and_the_schema_says_so(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    shelf.keep("Brass lamp")
    known = ben.get(f"/{realm}/bff-service/{shelf.index}/schema").json["rowFields"]
    [whole] = ask(ben, realm, shelf.index)["items"]
    assert set(whole) <= set(known)
    assert ask(ben, realm, shelf.index, fields=",".join(known))["items"] == [
        {name: whole[name] for name in ("id", *known) if name in whole}]


def test_a_masked_member_is_shown_to_nobody_who_names_it(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    path = f"/{realm}/bff-service/user/{ben.user_id}?fields=email,fullname"
    assert cleo.get(path).json["user"] == {"id": ben.user_id, "fullname": "Ben"}
    assert ben.get(path).json["user"]["email"] == ben.email


def test_what_is_joined_is_shown_where_it_is_named_and_not_where_it_is_not(realm: str, ben: ApiClient) -> None:
    name = {"marketplace": "productListingProduct", "network": "post"}[realm]
    owner, joined = {"marketplace": ("seller_id", "seller"), "network": ("author_user_id", "author")}[realm]
    keep(read_objects().get(realm, name).model, {owner: ben.user_id})
    [row] = ask(ben, realm, name, fields=f"{joined},recordVersion")["items"]
    assert row[joined]["id"] == ben.user_id
    [row] = ask(ben, realm, name, fields="recordVersion")["items"]
    assert set(row) == {"id", "recordVersion"}


@pytest.mark.parametrize("realm", ["network"])
def test_where_the_words_stand_is_shown_escaped_when_it_is_asked(realm: str, ben: ApiClient) -> None:
    [id_] = keep(JobPosting, {"title": "Navigators <b>& pilots", "description": "Work."})
    asked = {"q": "navigator", "highlight": "true"}
    assert ask(ben, realm, "jobPosting", **asked)["highlights"] == {
        id_: {"title": "<em>Navigators</em> &lt;b&gt;&amp; pilots"}}
    assert ask(ben, realm, "jobPosting", fields="status", **asked)["highlights"][id_]["title"]
    assert ask(ben, realm, "jobPosting", highlight="true")["highlights"] == {}
    assert "highlights" not in ask(ben, realm, "jobPosting", q="navigator")
    answer = ben.get(f"/{realm}/bff-service/search", query_string={**asked, "indexes": "jobPosting"}).json
    assert [group["highlights"] for group in answer["groups"]] == [
        {id_: {"title": "<em>Navigators</em> &lt;b&gt;&amp; pilots"}}]


def test_a_text_that_nobody_sees_is_in_no_highlight(realm: str, people: Any, ben: ApiClient, cleo: ApiClient) -> None:
    answer = ask(cleo, realm, "user", q="ben", highlight="true")
    assert answer["highlights"] == {ben.user_id: {"fullname": "<em>Ben</em>"}}
    assert ben.email not in str(ask(people.admin("ada"), realm, "user", q="ben", highlight="true")["highlights"])
