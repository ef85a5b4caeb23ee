"""What holds for every mounted service and every business API, whichever comes next (rules-platform §2.1, X-7, 44)."""
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask import Flask

from app.http.declaration import ServiceBlueprint
from app.http.realm_front import BusinessApi
from tests.clients import ApiClient, Callers
from tests.contract.fronts import DISTINCT_MOUNTS
from tests.openapi_documents import require_valid
from tests.passes import LONG

CONTRACT = Path(__file__).parents[3] / "shared" / "contract"
SOME_ID = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"


def services(app: Flask) -> Iterator[ServiceBlueprint]:
    return (found for found in app.blueprints.values() if isinstance(found, ServiceBlueprint))


def business_apis(app: Flask) -> Iterator[BusinessApi]:
    return (api for service in services(app) for api in service.apis)


def url_of(api: BusinessApi, value: str) -> str:
    parts = [value if part.startswith("{") else part for part in api.path.split("/")]
    return api.service.mount + "/".join(parts)


@pytest.mark.once("pages and documents are made of declarations; test_common_routes asks for them on both")
def test_44_every_service_has_the_default_routes(app: Flask, client: ApiClient) -> None:
    for service in services(app):
        for path in ("", "/", "/swagger", "/openapi.json", "/swagger.json", "/getPostmanCollection", "/health",
                     "/admin/health", "/favicon.ico"):
            assert client.get(service.service.mount + path).status_code in (200, 204), service.service.mount + path
        for path in ("/currentuser", "/permissions", "/permissions/adminPanel.access"):
            refused = client.get(service.service.mount + path)
            assert refused.status_code == 401
            assert refused.json == {"status": "ERR", "message": "No login found"}
        for path in ("/users", "/v2/users", "/v1"):
            assert client.get(service.service.mount + path).status_code == 404


def test_the_front_page_lists_everything_mounted(app: Flask, client: ApiClient) -> None:
    listed = {item["url"] for item in client.get("/").json["services"]}
    assert {service.service.mount for service in services(app)} <= listed


@pytest.mark.slow
@pytest.mark.once("documents are made of declarations")
def test_every_openapi_document_is_valid_and_complete(app: Flask, client: ApiClient) -> None:
    for service in services(app):
        document = client.get(f"{service.service.mount}/openapi.json").json
        if LONG or service.service.mount in DISTINCT_MOUNTS:  # what both realms have is declared by the same lines
            require_valid(document)
        for api in service.apis:
            operation = document["paths"][api.service.mount + api.path][api.method.lower()]
            assert operation["operationId"] == api.name
            assert {"400", "401", "403", "404"} <= set(operation["responses"])
            assert str(api.status) in operation["responses"]


@pytest.mark.once("documents are made of declarations")
def test_every_route_that_answers_with_a_file_says_its_name(app: Flask, client: ApiClient) -> None:
    pages = {"application/json", "application/problem+json", "text/html", "text/javascript", "text/event-stream"}
    for mount in (item["url"] for item in client.get("/").json["services"]):
        document = client.get(f"{mount}/openapi.json").json
        good = {(path, code): said for path, item in document["paths"].items() for method, operation in item.items()
                if method != "parameters" for code, said in operation["responses"].items() if code[0] == "2"}
        assert [place for place, said in good.items() if set(said.get("content", ())) - pages
                and "Content-Disposition" not in said.get("headers", {})] == []


def test_face_and_postman_collection_show_what_the_document_shows(app: Flask, client: ApiClient) -> None:
    for mount in (*(service.service.mount for service in services(app)), "/equipment-api"):
        shown = {operation["operationId"] for item in client.get(f"{mount}/openapi.json").json["paths"].values()
                 for method, operation in item.items() if method != "parameters"}
        assert {item["name"] for item in client.get(f"{mount}/getPostmanCollection").json["item"]} == shown
        assert all(f"<td>{name}</td>" in client.get(f"{mount}/").text for name in shown)


def test_the_swagger_page_brings_its_own_assets(client: ApiClient) -> None:
    mount = "/marketplace/auth-api"
    page = client.get(f"{mount}/swagger").text
    assert "http" not in page.replace("<!doctype html>", "").split("<script")[1]
    for asset in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert asset in page
        assert client.get(f"{mount}/swagger-assets/{asset}").status_code == 200
    assert client.get(f"{mount}/swagger-assets/../../setup.cfg").status_code == 404


def test_the_swagger_page_finds_its_document_from_where_a_browser_stands(app: Flask, client: ApiClient) -> None:
    for mount in (*(service.service.mount for service in services(app)), "/equipment-api"):
        start = client.get(f"{mount}/swagger-assets/start.js").text
        named = re.findall(r"fetch\('([^']+)'\)", start)
        assert [urljoin(f"http://here{mount}/swagger", url) for url in named] == [f"http://here{mount}/openapi.json"]


def test_x_7_no_business_api_answers_a_stranger_unless_its_policy_says_public(app: Flask, client: ApiClient) -> None:
    open_to_all = set()
    for api in business_apis(app):
        answer = client.request(api.method, url_of(api, SOME_ID), json={} if api.method != "GET" else None)
        if answer.status_code != 401:
            open_to_all.add(api.name)
            assert api.policy.__name__ == "public", api.name
    for name in ("OrderManagementOrder", "Premiumsubscription"):
        assert f"callback{name}Payment" in open_to_all
    assert open_to_all <= {"createAppeal", "getBriefUser", "registerUser", "callbackOrderManagementOrderPayment",
                           "callbackPremiumsubscriptionPayment"}


@pytest.mark.parametrize("realm", ["marketplace", "network"])
def test_a_malformed_id_in_any_path_is_a_400_that_names_it(app: Flask, callers: Callers, realm: str) -> None:
    """Scenario 49 of rules-network §8, among others."""
    staff = callers.super_admin(realm=realm)
    for api in business_apis(app):
        if api.service.realm != realm or "{" not in api.path or api.text_parameters:
            continue
        refused = staff.request(api.method, url_of(api, "not-an-id"), json={} if api.method != "GET" else None)
        assert refused.status_code == 400, api.name
        assert refused.json["message"].endswith("isNotAValidID"), api.name


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract files are only beside a development checkout")
@pytest.mark.parametrize("realm", ["marketplace", "network"])
def test_every_api_is_declared_as_the_contract_says(app: Flask, realm: str) -> None:
    agreed = {(api["service"], api["name"]): api
              for api in json.loads((CONTRACT / f"{realm}.json").read_text())["apis"]}
    for api in business_apis(app):
        if api.service.realm != realm:
            continue
        wanted = agreed.get((api.service.name, api.name))
        if wanted is None:
            continue  # an addition of ours (decision 18, 23)
        declared = (api.method, api.path, api.data_name, api.names.event, api.status)
        assert declared == (wanted["method"], wanted["path"], wanted["dataName"], wanted["apiEvent"],
                            wanted["successStatus"]), api.name


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract files are only beside a development checkout")
@pytest.mark.parametrize("realm", ["marketplace", "network"])
def test_every_api_of_a_mounted_service_exists(app: Flask, realm: str) -> None:
    mounted = {service.service.name for service in services(app) if service.service.realm == realm}
    declared = {(api.service.name, api.name) for api in business_apis(app) if api.service.realm == realm}
    for api in json.loads((CONTRACT / f"{realm}.json").read_text())["apis"]:
        if api["service"] in mounted:
            assert (api["service"], api["name"]) in declared


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract files are only beside a development checkout")
@pytest.mark.parametrize("realm", ["marketplace", "network"])
def test_every_answer_documents_the_fields_of_the_contract(app: Flask, realm: str) -> None:
    from app.data.serialization import row_serializer

    agreed = {(api["service"], api["name"]): api
              for api in json.loads((CONTRACT / f"{realm}.json").read_text())["apis"]}
    for api in business_apis(app):
        wanted = agreed.get((api.service.name, api.name)) if api.service.realm == realm else None
        if wanted is None or api.returns is None:
            continue
        shown = {field.name for field in row_serializer(api.returns).fields}
        shown |= {f"{field.name}_idx" for field in row_serializer(api.returns).fields if field.kind == "choice"}
        missing = set(wanted["responseFields"]) - shown - {"password", "product"} - api.returns.__made__.keys()
        assert not missing, (api.name, missing)
