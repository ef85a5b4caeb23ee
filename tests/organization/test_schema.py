"""The schema file as the single truth: validation, a tenant's own, table checks, OpenAPI, another resource."""
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from blueprints.organization.adapters.json_schema import SHIPPED, JsonSchemaCatalog, SchemaFilesWrong, formats
from blueprints.organization.application import tenants
from blueprints.organization.application.tenants import ensure_tables, register_extension
from blueprints.organization.domain.refusals import MalformedBody, Unavailable
from tests.openapi_documents import require_valid
from tests.organization.world import ACME, Caller, World

pytestmark = pytest.mark.sweep("every field with every odd value: the same two statements")

PERSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:test:person:v1", "type": "object",
    "required": ["familyName"], "additionalProperties": False,
    "properties": {"familyName": {"type": "string", "maxLength": 50, "x-fullText": True},
                   "age": {"type": "integer", "minimum": 0, "maximum": 150}, "isMember": {"type": "boolean"},
                   "height": {"type": "number"}, "motto": {"type": "string", "enum": ["it's: 100%", "b"]}}}


# Validation

@pytest.mark.parametrize(("name", "value"), [
    ("name", ""), ("name", 7), ("name", "x" * 301), ("url", "acme.test"), ("url", "javascript:alert(1)"),
    ("url", "http://"), ("url", "http://a b"), ("url", "http://[::1"), ("email", "acme"), ("telephone", "call me"),
    ("telephone", "1\n2"), ("leiCode", "506700GE1G29325QX364"), ("duns", "12345678"), ("duns", "12345\n789"),
    ("foundingDate", "2001-02-30"), ("foundingDate", "01.02.2001"), ("dissolutionDate", "soon"),
    ("numberOfEmployees", -1), ("numberOfEmployees", 1.5), ("numberOfEmployees", "5"), ("numberOfEmployees", 10**9),
    ("parentOrganization", "1"), ("address", {}), ("address", "Kyiv"), ("address", {"planet": "Earth"}),
    ("address", {"addressCountry": "UKR"}), ("address", {"addressCountry": "XX"}), ("sameAs", "https://a.test"),
    ("sameAs", ["a"]), ("sameAs", ["https://a.test", "https://a.test"]), ("status", "unknown"), ("status", None),
    ("taxID", None), ("colour", "red")])
def test_a_wrong_value_is_refused_with_its_place(acme: Caller, name: str, value: object) -> None:
    response = acme.post({**ACME, name: value})
    assert response.status_code == 422
    places = {error["pointer"] for error in response.get_json()["errors"]}
    assert all(place == "" or place.startswith(f"/{name}") for place in places)


@pytest.mark.parametrize(("name", "value"), [
    ("name", "株式会社 ☃"), ("url", "https://acme.test/a?b=c#d"), ("email", "info@acme.test"),
    ("telephone", "+38 (044) 123-45-67"), ("leiCode", "506700GE1G29325QX363"), ("duns", "123456789"),
    ("foundingDate", "2001-02-28"), ("numberOfEmployees", 0), ("numberOfEmployees", 5.0),
    ("parentOrganization", "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"), ("address", {"addressCountry": "UA"}),
    ("sameAs", []), ("sameAs", ["https://a.test/1"]), ("status", "closed"), ("description", "line\nbreak\t\u0001")])
def test_a_right_value_is_kept_as_it_is(acme: Caller, name: str, value: object) -> None:
    resource_id = acme.add(**{name: value})
    assert acme.get(resource_id).get_json()[name] == value


@pytest.mark.parametrize(("name", "typed", "kept"), [
    ("taxID", " de 123 ", "DE 123"), ("taxID", "ＤＥ１２３\n", "DE123"),
    ("leiCode", "506700ge1g29325qx363", "506700GE1G29325QX363"), ("duns", " 123456789\n", "123456789"),
    ("telephone", "1\n", "1"), ("name", "  Acme ™ ", "Acme ™"),
    ("email", " Info@BÜCHER.test", "info@xn--bcher-kva.test")])
def test_what_identifies_is_kept_and_found_in_one_form(acme: Caller, name: str, typed: str, kept: str) -> None:
    resource_id = acme.add(**{name: typed})
    assert acme.get(resource_id).get_json()[name] == kept
    for asked in (typed, kept):
        found = acme.search(urlencode({name: asked, "pageSize": 200})).get_json()
        assert resource_id in [record["resourceId"] for record in found]


@pytest.mark.parametrize("name", [
    "name", "legalName", "alternateName", "taxID", "email", "telephone", "duns", "leiCode"])
@pytest.mark.parametrize("hidden", ["1\u200b2", "1\u202e2", "1\n2", "1\u20662"])
def test_nothing_hides_in_what_names_or_identifies(acme: Caller, name: str, hidden: str) -> None:
    response = acme.post({**ACME, name: hidden})
    assert response.status_code == 422
    assert (f"/{name}", "x-line") in {(error["pointer"], error["rule"]) for error in response.get_json()["errors"]}


def test_a_tenants_own_property_may_be_a_line_or_a_code(shared_world: World, fresh: Caller) -> None:
    register_extension(shared_world.ports, fresh.tenant_id, shared_world.kind, {"properties": {
        "customerNumber": {"type": "string", "x-line": "identifies", "x-form": "code"},
        "aliases": {"type": "array", "items": {"type": "string", "x-line": "shown"}}}})
    resource_id = fresh.add(customerNumber=" c-1 ", aliases=[" A ", "B"])
    record = fresh.get(resource_id).get_json()
    assert (record["customerNumber"], record["aliases"]) == ("C-1", ["A", "B"])
    assert fresh.post({**ACME, "customerNumber": "c\u200b-1"}).status_code == 422


def test_a_list_too_long_is_refused_for_that_alone_and_at_once(acme: Caller) -> None:
    started = time.thread_time()
    response = acme.post({**ACME, "sameAs": [{"n": number} for number in range(15_000)]})
    assert [error["rule"] for error in response.get_json()["errors"]] == ["maxItems"]
    assert time.thread_time() - started < 2


def test_items_are_told_apart_as_json_does(shared_world: World, fresh: Caller) -> None:
    register_extension(shared_world.ports, fresh.tenant_id, shared_world.kind,
                       {"properties": {"marks": {"type": "array", "uniqueItems": True}}})
    unlike = [1, True, "1", 0, False, None, [1], {"a": 1, "b": 2}, {"a": 2}]
    assert fresh.post({**ACME, "marks": unlike}).status_code == 201
    for twice in ([1, 1.0], [{"a": 1, "b": 2}, {"b": 2, "a": 1}], [0, -0.0], ["ä", "\u00e4"]):
        assert fresh.post({**ACME, "marks": twice}).status_code == 422


def test_a_missing_name_is_refused(acme: Caller) -> None:
    assert acme.post({"legalName": "Acme"}).get_json()["errors"][0]["rule"] == "required"


def test_every_failing_entry_is_named_at_once(acme: Caller) -> None:
    errors = acme.post({"url": "x", "address": {"addressCountry": "XX", "a~/b": 1}}).get_json()["errors"]
    assert [error["pointer"] for error in errors] == ["", "/address", "/address/addressCountry", "/url"]


def test_a_new_organization_is_active_unless_said_otherwise(acme: Caller) -> None:
    resource_id = acme.post({"name": "Quiet"}).get_json()["resourceId"]
    assert acme.get(resource_id).get_json()["status"] == "active"


# Formats that the library knows only beside another package

@pytest.mark.parametrize(("name", "value", "right"), [
    ("date-time", "2026-02-30T00:00:00Z", False), ("date-time", "2026-01-02T03:04:05", False),
    ("date-time", "2026-01-02 03:04:05Z", False), ("date-time", "2026-01-02T03:04:05+25:00", False),
    ("date-time", "٢026-01-02T03:04:05Z", False), ("date-time", "2026-01-02T03:04:05Z", True),
    ("date-time", "2026-01-02t03:04:05.123456789+01:00", True), ("time", "24:00:00Z", False),
    ("time", "03:04:05", False), ("time", "03:04:05.5-08:00", True), ("time", 5, True)])
def test_times_are_those_of_rfc_3339(name: str, value: object, right: bool) -> None:
    assert formats.conforms(value, name) is right


# A tenant's own properties

EXTENSION = {"properties": {"industry": {"type": "string", "enum": ["steel", "toys"]},
                            "score": {"type": "number"}, "labels": {"type": "array", "items": {"type": "string"}},
                            "isPartner": {"type": "boolean", "default": False}},
             "required": ["industry"]}


@pytest.fixture
def extended(shared_world: World, fresh: Caller) -> Caller:
    register_extension(shared_world.ports, fresh.tenant_id, shared_world.kind, EXTENSION)
    return fresh


def test_a_tenant_may_use_the_properties_it_registered(extended: Caller) -> None:
    resource_id = extended.add(industry="toys", score=1.5, labels=["a", "b"])
    extended.add(name="Other", industry="steel", score=2, isPartner=True)
    record = extended.get(resource_id).get_json()
    assert (record["industry"], record["score"], record["labels"]) == ("toys", 1.5, ["a", "b"])
    assert record["isPartner"] is False
    assert extended.names("industry=toys") == extended.names("labels=b") == ["Acme Ltd"]
    assert extended.names("score=2.0") == extended.names("isPartner=true") == ["Other"]
    assert extended.names("sort=-score") == ["Other", "Acme Ltd"]


def test_a_number_is_found_to_its_last_digit(extended: Caller) -> None:
    extended.add(industry="toys", score=9007199254740993)
    assert extended.names("score=9007199254740993") == ["Acme Ltd"]
    assert extended.names("score=9007199254740992") == []


def test_registered_properties_are_checked(extended: Caller) -> None:
    assert extended.post({**ACME, "industry": "magic"}).status_code == 422
    assert extended.post(ACME).status_code == 422
    assert extended.search("industry=magic").status_code == 400


def test_another_tenant_does_not_have_them(shared_world: World, extended: Caller) -> None:
    other = shared_world.caller()
    assert other.post({**ACME, "industry": "toys"}).status_code == 422
    assert other.search("industry=toys").status_code == 400


def test_a_later_registration_may_add(shared_world: World, extended: Caller) -> None:
    more = {"properties": {**EXTENSION["properties"], "colour": {"type": "string"}}}
    assert register_extension(shared_world.ports, extended.tenant_id, shared_world.kind, more).revision == 2
    assert extended.post({**ACME, "colour": "red"}).status_code == 201


@pytest.mark.parametrize(("candidate", "reason"), [
    ([], "JSON Schema object"), ({}, "properties"), ({"properties": {"name": {}}}, "taken"),
    ({"properties": {"version": {}}}, "taken"), ({"properties": {"q": {}}}, "taken"),
    ({"properties": {"a b": {}}}, "no property name"), ({"properties": {"a": True}}, "schema object"),
    ({"properties": {"a": {"type": "colour"}}}, "colour"), ({"properties": {"a": {}}, "required": ["b"]}, "required"),
    ({"properties": {"a": {}}, "additionalProperties": True}, "additionalProperties"),
    ({"properties": {"a": {"$ref": "https://elsewhere.test/schema"}}}, "stay within"),
    ({"properties": {"a": {"$ref": "#/properties/nothing"}}}, "leads nowhere"),
    ({"properties": {"a": {"$ref": "#/$defs/nothing"}}}, "leads nowhere"),
    ({"properties": {"a": {"$ref": "#/properties/a"}}}, "back to itself"),
    ({"properties": {"a": {"allOf": [{"$ref": "#/properties/b"}]}, "b": {"$ref": "#/properties/a"}}}, "back to itself"),
    ({"properties": {"a": {"type": "integer", "default": "1"}}}, "default of a"),
    ({"properties": {"a": {"pattern": "("}}}, "regex")])
def test_an_unusable_extension_is_refused(shared_world: World, acme: Caller, candidate: Any, reason: str) -> None:
    with pytest.raises(MalformedBody, match=reason):
        register_extension(shared_world.ports, acme.tenant_id, shared_world.kind, candidate)


def test_of_two_registrations_at_one_moment_the_second_is_told(shared_world: World, fresh: Caller,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    check = tenants.checked_extension

    def overtaken(*arguments: Any) -> Any:
        mine = check(*arguments)
        with monkeypatch.context() as once:
            once.setattr(tenants, "checked_extension", check)
            register_extension(shared_world.ports, fresh.tenant_id, shared_world.kind, EXTENSION)
        return mine

    monkeypatch.setattr(tenants, "checked_extension", overtaken)
    with pytest.raises(Unavailable, match="at this moment"):
        register_extension(shared_world.ports, fresh.tenant_id, shared_world.kind, {"properties": {"colour": {}}})


def test_a_registered_property_cannot_be_dropped(shared_world: World, extended: Caller) -> None:
    with pytest.raises(MalformedBody, match="score was registered"):
        register_extension(shared_world.ports, extended.tenant_id, shared_world.kind, {"properties": {"industry": {}}})


@pytest.mark.parametrize("candidate", [
    {"properties": {**EXTENSION["properties"], "score": {"type": "string"}}, "required": ["industry"]},
    {"properties": {**EXTENSION["properties"], "colour": {"type": "string"}}, "required": ["industry", "colour"]}])
def test_an_extension_that_stored_documents_would_break_is_refused(shared_world: World, extended: Caller,
                                                                   candidate: dict) -> None:
    resource_id = extended.add(industry="toys", score=1.5)
    with pytest.raises(MalformedBody, match=f"1 stored documents do not satisfy it, the first is {resource_id}"):
        register_extension(shared_world.ports, extended.tenant_id, shared_world.kind, candidate)
    extended.delete(resource_id)
    register_extension(shared_world.ports, extended.tenant_id, shared_world.kind, candidate)


def test_what_becomes_required_may_have_a_default(shared_world: World, extended: Caller) -> None:
    resource_id = extended.add(industry="toys")
    more = {"properties": {**EXTENSION["properties"], "colour": {"type": "string", "default": "red"}},
            "required": ["industry", "colour"]}
    register_extension(shared_world.ports, extended.tenant_id, shared_world.kind, more)
    assert extended.patch(resource_id, {"score": 2}).status_code == 200
    assert extended.get(resource_id).get_json()["colour"] == "red"


def test_a_property_may_refer_to_another(shared_world: World, fresh: Caller) -> None:
    register_extension(shared_world.ports, fresh.tenant_id, shared_world.kind,
                       {"properties": {"nickname": {"type": "string", "$ref": "#/properties/name"}}})
    fresh.add(nickname="Ac")
    assert fresh.post({**ACME, "nickname": ""}).status_code == 422
    assert fresh.names("nickname=Ac") == ["Acme Ltd"]
    assert fresh.search("nickname=").status_code == 400


def test_a_member_that_no_path_can_name_is_no_search_parameter(shared_world: World, fresh: Caller) -> None:
    members = {name: {"type": "string"} for name in ('a"b', "a\\b", "ä b")}
    register_extension(shared_world.ports, fresh.tenant_id, shared_world.kind,
                       {"properties": {"more": {"type": "object", "properties": members}}})
    fresh.add(more=dict.fromkeys(members, "x"))
    assert [fresh.search(f"more.{name}=x").status_code for name in ("a%22b", "a%5Cb", "%C3%A4%20b")] == [400, 400, 200]


# The tables' checks

@pytest.mark.parametrize("document", [{}, {"name": 7}, {"name": "x" * 301}, {"name": "a", "status": "asleep"},
                                      {"name": "a", "numberOfEmployees": -1}, {"name": "a", "address": []},
                                      {"name": "a", "sameAs": "x"}])
def test_the_query_table_itself_refuses_what_the_schema_does(shared_world: World, acme: Caller, document: dict) -> None:
    resource_id, tenant = acme.add(), shared_world.ports.tenants.find(acme.tenant_id)
    assert tenant is not None
    statement = text('UPDATE "organization"."v1-organization" SET document = :document WHERE "resourceId" = :id')
    with shared_world.organization.engines.connect(tenant, writes=True) as connection, pytest.raises(IntegrityError):
        connection.execute(statement, {"document": json.dumps(document), "id": resource_id})


# Another resource, by a file alone

@pytest.fixture(scope="module")
def people(build_world: Callable[..., World], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("schemas")
    (folder / "person").mkdir()
    (folder / "person" / "v1.json").write_text(json.dumps(PERSON))
    with ExitStack() as stack:
        yield build_world(stack, schema_folders=(folder,))


def test_a_schema_file_makes_another_resource(people: World) -> None:
    caller = people.caller(scopes=("person:read", "person:write"))
    caller.resource = "person"
    taras = {"familyName": "Shevchenko", "age": 47, "isMember": True, "height": 1.8, "motto": "it's: 100%"}
    created = caller.post(taras)
    assert created.status_code == 201
    resource_id = created.get_json()["resourceId"]
    assert created.headers["Location"] == f"/organization-api/{caller.tenant_id}/person/{resource_id}"
    for query in ("q=shev", "age=47", "isMember=true", "height=1.8", "motto=it%27s: 100%25", "sort=-age"):
        assert caller.search(query).headers["X-Total-Count"] == "1"
    assert caller.post({"familyName": "X", "age": 151}).status_code == 422
    assert caller.patch(resource_id, {"age": 48}).status_code == 200
    assert caller.delete(resource_id).status_code == 200
    tenant = people.ports.tenants.find(caller.tenant_id)
    assert tenant is not None
    assert [event.type for event in people.ports.store.history(tenant, people.ports.schemas.kinds["person"])] == [
        "personCreated", "personUpdated", "personDeleted"]


def test_the_resources_of_a_tenant_stay_apart(people: World) -> None:
    caller = people.caller(scopes=("person:write", "organization:read"))
    caller.resource = "person"
    resource_id = caller.post({"familyName": "Franko"}).get_json()["resourceId"]
    assert caller.search().status_code == 403
    caller.resource = "organization"
    assert caller.get(resource_id).status_code == 204


def test_a_tenant_from_before_the_file_gets_the_tables_when_they_are_first_needed(
        make_world: Callable[..., World], tmp_path: Path) -> None:
    before = make_world()
    tenant = before.tenant()
    (tmp_path / "person").mkdir()
    (tmp_path / "person" / "v1.json").write_text(json.dumps(PERSON))
    after = World(before.organization.settings.home, before.organization.settings.database, schema_folders=(tmp_path,))
    caller = after.caller(tenant.tenant_id, scopes=("person:read", "person:write"))
    caller.resource = "person"
    assert caller.post({"familyName": "Kosach"}).status_code == 201
    after.organization.close()


def test_resources_that_two_processes_use_first_at_one_moment_are_both_remembered(people: World) -> None:
    ports, kind = people.ports, people.ports.schemas.kinds["person"]
    tenant = people.tenant()
    stale = replace(tenant, resources=())
    ports.tenants.add_resources(tenant.tenant_id, ["other/v1"])
    ensure_tables(ports, stale, kind)
    found = ports.tenants.find(tenant.tenant_id)
    assert found is not None
    assert sorted(found.resources) == [
        "organization/v1", "organization/v1/words-2", "other/v1", "person/v1", "person/v1/words-2"]


def test_resource_names_differ_by_more_than_case(tmp_path: Path) -> None:
    for name in ("person", "perSon"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "v1.json").write_text(json.dumps(PERSON))
    with pytest.raises(SchemaFilesWrong, match="but for its case"):
        JsonSchemaCatalog(tmp_path)


@pytest.mark.parametrize(("name", "content"), [
    ("person/v1.json", {**PERSON, "properties": {"a": {"$ref": "#/$defs/nothing"}}}),
    ("person/v1.json", {**PERSON, "properties": {"version": {}}}), ("person/v1.json", {"properties": {}}),
    ("person/v1.json", {**PERSON, "properties": {"a" * 51: {}}}), ("main/v1.json", PERSON),
    ("Person/v1.json", PERSON), ("person/v01.json", PERSON),
    ("person/v1.json", {**PERSON, "properties": {"a": {"type": "colour"}}}), ("person/v1.json", []),
    ("person/v1.json", b"{"), ("person/v1.json", b'{"title": "Gr\xfc\xdfe"}')])
def test_a_schema_file_that_cannot_be_served_refuses_the_start(tmp_path: Path, name: str, content: object) -> None:
    file = tmp_path / name
    file.parent.mkdir()
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(SchemaFilesWrong, match=str(file)):
        JsonSchemaCatalog(SHIPPED, tmp_path)


def test_the_highest_version_of_a_resource_is_served(tmp_path: Path) -> None:
    (tmp_path / "person").mkdir()
    for version in ("v9", "v10", "v2"):
        (tmp_path / "person" / f"{version}.json").write_text(json.dumps(PERSON))
    assert JsonSchemaCatalog(tmp_path).kinds["person"].version == "v10"


# OpenAPI

def test_the_openapi_document_is_valid_and_derived(people: World) -> None:
    response = people.app.test_client().get("/organization-api/openapi.json")
    document = response.get_json()
    require_valid(document)
    assert document["components"]["schemas"]["Person"]["properties"]["age"] == PERSON["properties"]["age"]
    assert set(document["paths"]) == {
        "/organization-api/health", "/organization-api/openapi.json", "/organization-api/swagger",
        "/organization-api/oauth/token", "/organization-api/{tenantId}/organization",
        "/organization-api/{tenantId}/organization/{resourceId}", "/organization-api/{tenantId}/person",
        "/organization-api/{tenantId}/person/{resourceId}"}


def test_the_openapi_document_names_the_headers_that_answers_have(people: World) -> None:
    paths = people.app.test_client().get("/organization-api/openapi.json").get_json()["paths"]
    caller = people.caller()
    created, accepted = caller.post(ACME), caller.post(ACME, Prefer="respond-async")
    resource_id = created.get_json()["resourceId"]
    answers = {("", "post"): [created, accepted, caller.post({}), Caller(people.app, caller.tenant_id, None).post({})],
               ("", "get"): [caller.search("pageSize=1"), caller.search("name=nobody")],
               ("/{resourceId}", "get"): [caller.get(resource_id), caller.get(resource_id, If_None_Match="*")],
               ("/{resourceId}", "put"): [caller.put(resource_id, ACME)]}
    own = {"Location", "ETag", "Preference-Applied", "X-Total-Count", "Link", "WWW-Authenticate"}
    for (path, method), given in answers.items():
        said = paths[f"/organization-api/{{tenantId}}/organization{path}"][method]["responses"]
        for answer in given:
            assert set(said[str(answer.status_code)].get("headers", {})) == own & set(answer.headers.keys())


@pytest.mark.parametrize("path", ["/swagger", "/swagger.assets/swagger-ui.css", "/swagger.assets/swagger-ui-bundle.js",
                                  "/swagger.assets/start.js", "/health"])
def test_a_newcomer_finds_the_documents(people: World, path: str) -> None:
    with people.app.test_client().get(f"/organization-api{path}") as response:
        assert response.status_code == 200


def test_an_unknown_address_is_a_problem_404(people: World) -> None:
    for path in ("/nothing", "/swagger.assets/other.js", "/"):
        response = people.app.test_client().get(f"/organization-api{path}")
        assert (response.status_code, response.mimetype) == (404, "application/problem+json")
