"""Each cell of the status table in organization.md, refusals first, on both databases."""
from uuid import uuid4

import pytest

from tests.organization.world import ACME, UNKNOWN_ID, Caller, World

BAD = {"name": "Acme", "leiCode": "WRONG", "colour": "red"}


# POST

@pytest.mark.parametrize("body", [
    b"{", b"", b"[1]", b'"text"', b'{"name": "a\\u0000"}', b'{"name": "\\ud800"}', b"\xff\xfe"])
def test_post_400_when_the_body_is_no_storable_object(acme: Caller, body: bytes) -> None:
    assert acme.post(body, Content_Type="application/json").status_code == 400


def test_post_400_when_the_given_id_is_malformed(acme: Caller) -> None:
    assert acme.post({**ACME, "resourceId": "1"}).status_code == 400


def test_post_401_without_a_token(shared_world: World) -> None:
    response = Caller(shared_world.app, shared_world.tenant().tenant_id, None).post(ACME)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_post_403_with_a_token_of_another_tenant(shared_world: World, acme: Caller) -> None:
    other = shared_world.tenant()
    assert Caller(shared_world.app, other.tenant_id, acme.token).post(ACME).status_code == 403


def test_post_409_when_the_id_is_taken(acme: Caller) -> None:
    taken = acme.add()
    response = acme.post({**ACME, "resourceId": taken})
    assert (response.status_code, response.get_json()["type"]) == (409, "urn:guildhall:problem:id-taken")


def test_post_409_comes_before_422(acme: Caller) -> None:
    assert acme.post({"colour": "red", "resourceId": acme.add()}).status_code == 409


def test_post_409_when_the_id_was_taken_by_a_deleted_one(acme: Caller) -> None:
    taken = acme.add()
    acme.delete(taken)
    assert acme.post({**ACME, "resourceId": taken}).status_code == 409


def test_post_422_names_every_entry_that_fails_the_domain_schema(acme: Caller) -> None:
    response = acme.post(BAD)
    assert response.status_code == 422
    assert [(error["pointer"], error["rule"]) for error in response.get_json()["errors"]] == [
        ("", "additionalProperties"), ("/leiCode", "format")]


def test_post_413_when_the_body_is_too_large(acme: Caller) -> None:
    assert acme.post({"name": "x" * 262_200}).status_code == 413


def test_post_415_when_the_body_is_not_json(acme: Caller) -> None:
    assert acme.post(b"name=Acme", Content_Type="application/x-www-form-urlencoded").status_code == 415


def test_post_201_creates_and_tells_where(acme: Caller) -> None:
    response = acme.post(ACME)
    assert response.status_code == 201
    assert list(response.get_json()) == ["resourceId"]
    resource_id = response.get_json()["resourceId"]
    assert response.headers["Location"] == f"/organization-api/{acme.tenant_id}/organization/{resource_id}"
    assert response.headers["ETag"] == '"1"'
    assert acme.get(resource_id).get_json()["name"] == "Acme Ltd"


def test_post_201_under_a_given_unused_id(acme: Caller) -> None:
    unused = str(uuid4())
    response = acme.post({**ACME, "resourceId": unused.upper()})
    assert (response.status_code, response.get_json()) == (201, {"resourceId": unused})


def test_post_202_when_accepted_for_asynchronous_projection(shared_world: World, acme: Caller) -> None:
    response = acme.post(ACME, Prefer="respond-async")
    assert (response.status_code, response.headers["Preference-Applied"]) == (202, "respond-async")
    resource_id = response.get_json()["resourceId"]
    assert acme.get(resource_id).status_code == 204
    assert shared_world.drain(acme)
    assert acme.get(resource_id).status_code == 200


def test_post_200_when_the_idempotency_key_repeats_a_finished_call(fresh: Caller) -> None:
    first = fresh.post(ACME, Idempotency_Key="k-1")
    again = fresh.post(ACME, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.get_json() == first.get_json()
    assert fresh.search().headers["X-Total-Count"] == "1"


# GET search

@pytest.mark.parametrize("query", [
    "colour=red", "page=0", "page=-1", "page=x", "page=1000001", "page=1_0", "pageSize=201", "pageSize=0", "pageSize=",
    "sort=colour", "sort=", "sort=address", "sort=name,", "sort=a,b,c,d,e,f", "updatedSince=yesterday",
    "updatedSince=0001-01-01T00:00:00%2B23:00", "numberOfEmployees=many", "numberOfEmployees=1_0",
    "numberOfEmployees=99999999999999999999", "status=unheard-of", "address=Kyiv", "address.planet=Earth",
    "name=a%00", "q=%00", "name=A&name=B", "duns=12", "name.first=A", "=x", "leiCode=x"])
def test_search_400_for_an_unknown_or_malformed_parameter(acme: Caller, query: str) -> None:
    response = acme.search(query)
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")


def test_search_200_with_the_array(fresh: Caller) -> None:
    fresh.add(name="B")
    fresh.add(name="A")
    response = fresh.search("sort=name")
    assert response.status_code == 200
    assert [row["name"] for row in response.get_json()] == ["A", "B"]
    assert response.headers["X-Total-Count"] == "2"


def test_search_204_without_a_body_when_nothing_matches(acme: Caller) -> None:
    response = acme.search("name=Nobody")
    assert (response.status_code, response.get_data(), response.headers["X-Total-Count"]) == (204, b"", "0")


def test_search_204_behind_the_last_page_tells_the_total(fresh: Caller) -> None:
    fresh.add()
    response = fresh.search("page=2")
    assert (response.status_code, response.headers["X-Total-Count"]) == (204, "1")
    assert 'rel="prev"' in response.headers["Link"]


# GET one

@pytest.mark.parametrize("resource_id", ["1", "not-a-uuid", UNKNOWN_ID + "0", f"{{{UNKNOWN_ID}}}", "a/b", "%00"])
def test_get_400_when_the_id_is_malformed(acme: Caller, resource_id: str) -> None:
    assert acme.get(resource_id).status_code == 400


def test_get_204_when_it_never_existed(acme: Caller) -> None:
    response = acme.get(UNKNOWN_ID)
    assert (response.status_code, response.get_data()) == (204, b"")


def test_get_204_when_it_is_deleted(acme: Caller) -> None:
    resource_id = acme.add()
    acme.delete(resource_id)
    assert acme.get(resource_id).status_code == 204


def test_get_200_is_the_record_with_its_version_as_etag(acme: Caller) -> None:
    resource_id = acme.add()
    response = acme.get(resource_id)
    record = response.get_json()
    assert (response.status_code, response.headers["ETag"]) == (200, '"1"')
    assert {name: record[name] for name in ACME} == ACME
    assert (record["resourceId"], record["version"], record["createdAt"]) == (resource_id, 1, record["updatedAt"])


def test_get_304_when_the_caller_has_this_version(acme: Caller) -> None:
    resource_id = acme.add()
    assert acme.get(resource_id, If_None_Match='"1"').status_code == 304
    assert acme.get(resource_id, If_None_Match='"2"').status_code == 200


# PUT

def test_put_400_when_the_id_is_malformed(acme: Caller) -> None:
    assert acme.put("1", ACME).status_code == 400


def test_put_400_when_the_body_names_another_resource(acme: Caller) -> None:
    resource_id = acme.add()
    assert acme.put(resource_id, {**ACME, "resourceId": UNKNOWN_ID}).status_code == 400


def test_put_400_when_the_body_is_not_json(acme: Caller) -> None:
    assert acme.put(UNKNOWN_ID, b"{", Content_Type="application/json").status_code == 400


def test_put_412_when_if_match_fails(acme: Caller) -> None:
    resource_id = acme.add()
    acme.put(resource_id, {"name": "Second"})
    assert acme.put(resource_id, {"name": "Third"}, If_Match='"1"').status_code == 412
    assert acme.get(resource_id).get_json()["name"] == "Second"


def test_put_412_when_if_match_names_a_record_that_is_not_there(acme: Caller) -> None:
    assert acme.put(UNKNOWN_ID, ACME, If_Match="*").status_code == 412


def test_put_412_when_it_must_not_exist_but_does(acme: Caller) -> None:
    assert acme.put(acme.add(), ACME, If_None_Match="*").status_code == 412


def test_put_422_when_the_document_fails_the_schema(acme: Caller) -> None:
    assert acme.put(UNKNOWN_ID, BAD).status_code == 422


def test_put_200_replaces_the_whole_record(acme: Caller) -> None:
    resource_id = acme.add()
    response = acme.put(resource_id, {"name": "New"}, If_Match='"1"')
    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')
    assert response.get_json() == {"resourceId": resource_id}
    record = acme.get(resource_id).get_json()
    assert record["name"] == "New"
    assert "legalName" not in record


def test_put_200_takes_back_the_record_that_get_gave(acme: Caller) -> None:
    resource_id = acme.add()
    record = acme.get(resource_id).get_json()
    assert acme.put(resource_id, {**record, "name": "New"}).status_code == 200
    assert acme.get(resource_id).get_json()["version"] == 2


def test_put_201_creates_with_the_given_id(acme: Caller) -> None:
    unused = str(uuid4())
    response = acme.put(unused, ACME)
    assert (response.status_code, response.get_json()) == (201, {"resourceId": unused})


def test_put_201_creates_anew_what_was_deleted(acme: Caller) -> None:
    resource_id = acme.add()
    acme.delete(resource_id)
    assert acme.put(resource_id, {"name": "Again"}).status_code == 201
    assert acme.get(resource_id).get_json()["version"] == 3


def test_put_202_when_accepted(shared_world: World, acme: Caller) -> None:
    resource_id = acme.add()
    assert acme.put(resource_id, {"name": "Later"}, Prefer="respond-async").status_code == 202
    assert acme.get(resource_id).get_json()["name"] == "Acme Ltd"
    shared_world.drain(acme)
    assert acme.get(resource_id).get_json()["name"] == "Later"


# PATCH

def test_patch_404_when_it_does_not_exist(acme: Caller) -> None:
    assert acme.patch(UNKNOWN_ID, {"name": "New"}).status_code == 404
    assert acme.get(UNKNOWN_ID).status_code == 204


def test_patch_404_when_it_is_deleted(acme: Caller) -> None:
    resource_id = acme.add()
    acme.delete(resource_id)
    assert acme.patch(resource_id, {"name": "New"}).status_code == 404


def test_patch_412_when_if_match_fails(acme: Caller) -> None:
    resource_id = acme.add()
    assert acme.patch(resource_id, {"name": "New"}, If_Match='"2"').status_code == 412


@pytest.mark.parametrize("tag", ['W/"1"', "1", '"*"', ""])
def test_patch_412_when_if_match_names_no_strong_version(acme: Caller, tag: str) -> None:
    assert acme.patch(acme.add(), {"name": "New"}, If_Match=tag).status_code == 412


@pytest.mark.parametrize("change", [{"colour": "red"}, {"name": None}, {"status": "sleeping"}])
def test_patch_422_when_the_result_fails_the_schema(acme: Caller, change: dict) -> None:
    assert acme.patch(acme.add(), change).status_code == 422


def test_patch_415_for_another_patch_format(acme: Caller) -> None:
    assert acme.patch(acme.add(), b"[]", Content_Type="application/json-patch+json").status_code == 415


@pytest.mark.parametrize("media_type", ["application/json", "application/merge-patch+json"])
def test_patch_200_changes_the_named_members_and_null_removes(acme: Caller, media_type: str) -> None:
    resource_id = acme.add(address={"addressCountry": "UA", "addressLocality": "Kyiv"})
    change = b'{"legalName": null, "address": {"addressLocality": "Lviv"}}'
    assert acme.patch(resource_id, change, Content_Type=media_type, If_Match='"1"').status_code == 200
    record = acme.get(resource_id).get_json()
    assert "legalName" not in record
    assert (record["name"], record["address"]) == ("Acme Ltd", {"addressCountry": "UA", "addressLocality": "Lviv"})


def test_patch_202_when_accepted(shared_world: World, acme: Caller) -> None:
    resource_id = acme.add()
    response = acme.patch(resource_id, {"name": "Later"}, Prefer="respond-async")
    assert (response.status_code, response.headers["ETag"]) == (202, '"2"')
    shared_world.drain(acme)
    assert acme.get(resource_id).headers["ETag"] == '"2"'


# DELETE

def test_delete_404_when_it_never_existed(acme: Caller) -> None:
    assert acme.delete(UNKNOWN_ID).status_code == 404


def test_delete_412_when_if_match_fails(acme: Caller) -> None:
    resource_id = acme.add()
    assert acme.delete(resource_id, If_Match='"2"').status_code == 412
    assert acme.get(resource_id).status_code == 200


def test_delete_200_hides_it_from_get_and_search(fresh: Caller) -> None:
    resource_id = fresh.add()
    response = fresh.delete(resource_id)
    assert (response.status_code, response.get_json()) == (200, {"resourceId": resource_id})
    assert (fresh.get(resource_id).status_code, fresh.search().status_code) == (204, 204)


def test_delete_200_again_changes_nothing(shared_world: World, fresh: Caller) -> None:
    resource_id = fresh.add()
    fresh.delete(resource_id)
    assert fresh.delete(resource_id).status_code == 200
    tenant = shared_world.ports.tenants.find(fresh.tenant_id)
    assert tenant is not None
    assert [event.type for event in shared_world.ports.store.history(tenant, shared_world.kind)] == [
        "organizationCreated", "organizationDeleted"]


def test_delete_202_when_accepted(shared_world: World, acme: Caller) -> None:
    resource_id = acme.add()
    assert acme.delete(resource_id, Prefer="respond-async").status_code == 202
    assert acme.get(resource_id).status_code == 200
    shared_world.drain(acme)
    assert acme.get(resource_id).status_code == 204


# Every call

@pytest.mark.parametrize(("method", "path"), [("PUT", ""), ("DELETE", ""), ("PATCH", ""), ("POST", f"/{UNKNOWN_ID}")])
def test_another_method_is_405_and_names_the_allowed_ones(acme: Caller, method: str, path: str) -> None:
    response = acme.call(method, path)
    assert (response.status_code, response.mimetype) == (405, "application/problem+json")
    assert method not in response.headers["Allow"].split(", ")


@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, respond-async", "RESPOND-ASYNC; x=1"])
def test_the_preference_may_stand_among_others(acme: Caller, prefer: str) -> None:
    assert acme.post(ACME, Prefer=prefer).status_code == 202


def test_another_preference_changes_nothing(acme: Caller) -> None:
    assert acme.post(ACME, Prefer="respond-asynchronously, return=minimal").status_code == 201


@pytest.mark.parametrize("tag", ["*", '"1"'])
def test_404_comes_before_412(acme: Caller, tag: str) -> None:
    deleted = acme.add()
    acme.delete(deleted)
    assert acme.patch(UNKNOWN_ID, {"name": "New"}, If_Match=tag).status_code == 404
    assert acme.patch(deleted, {"name": "New"}, If_Match=tag).status_code == 404
    assert acme.delete(UNKNOWN_ID, If_Match=tag).status_code == 404
    assert acme.delete(deleted, If_Match=tag).status_code == 412
