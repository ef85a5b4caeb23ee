"""The root of the server as a newcomer opens it: it leads to the services, also below a path of PUBLIC_URL."""
from collections.abc import Callable

import pytest
from flask import Flask

from tests.clients import ApiClient
from tests.openapi_documents import require_valid

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def mounts(client: ApiClient) -> list[str]:
    return [service["url"] for service in client.get("/").json["services"]]


def test_the_root_page_links_the_apis_of_every_service(client: ApiClient) -> None:
    for page in (client.get("/swagger"), client.get("/", headers=BROWSER)):
        assert (page.status_code, page.mimetype) == (200, "text/html")
        assert [mount for mount in mounts(client) if f"href='{mount}/swagger'" not in page.text] == []


def test_a_program_is_still_answered_in_json(client: ApiClient) -> None:
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = client.get("/", headers=headers)
        assert answer.mimetype == "application/json"
        assert "Accept" in answer.headers.getlist("Vary")


def test_the_root_says_whether_it_is_well(client: ApiClient) -> None:
    assert client.get("/health").json == {"status": "OK", "database": True}


def test_the_root_document_is_valid_and_leads_to_the_document_of_every_service(app: Flask, client: ApiClient) -> None:
    index = client.get("/openapi.json").json
    require_valid(index)
    base = index["servers"][0]["url"]
    led_to = [tag["externalDocs"]["url"].removeprefix(base) for tag in index["tags"]]
    assert led_to == [f"{mount}/openapi.json" for mount in mounts(client)]
    assert {client.get(path).status_code for path in (*led_to, *index["paths"])} == {200}


@pytest.mark.once("documents and pages are made of declarations")
def test_the_path_of_public_url_stands_before_every_address_that_a_page_or_a_document_names(
        make_app: Callable[..., Flask]) -> None:
    client = ApiClient(make_app(PUBLIC_URL="https://example.net/shop/"))
    for listed in mounts(client):
        assert listed.startswith("/shop/")
        mount = listed.removeprefix("/shop")
        document = client.get(f"{mount}/openapi.json").json
        assert document["servers"] == [{"url": "https://example.net/shop"}]
        assert all(path.startswith(mount) for path in document["paths"])
        for scheme in document["components"]["securitySchemes"].values():
            for flow in scheme.get("flows", {}).values():
                realms = f"/{listed.split('/')[2]}/auth-api/oauth/token"  # a realm's programs get tokens there
                assert flow["tokenUrl"] in (f"{listed}/oauth/token", f"/shop{realms}")
        assets = f"{listed}/swagger.assets" if mount == "/organization-api" else f"{listed}/swagger-assets"
        assert f'src="{assets}/start.js"' in client.get(f"{mount}/swagger").text
        start = client.get(f"{assets.removeprefix('/shop')}/start.js").text
        assert f"'{listed}/openapi.json'" in start
        assert "location.origin + '/shop'" in start
    for page in ("/swagger", "/marketplace/auth-api/"):
        assert "href='/shop/marketplace/auth-api/swagger'" in client.get(page).text
