"""The Host header says nothing of us that the operator has not said: no redirect, no address, no check stands on it."""
from collections.abc import Callable

import pytest
from flask import Flask

from app.settings import SettingsError
from tests.clients import ApiClient
from tests.contract.verdict import is_error
from tests.testbed import PRODUCTION, Testbed

pytestmark = pytest.mark.once("about the header Host")

MakeApp = Callable[..., Flask]
LIST = "/marketplace/categorymanagement-api/v1/categories"
LOGIN = "/marketplace/auth-api/login"
HEALTH = "/marketplace/auth-api/health"
EQUIPMENT = "/equipment-api/api/equipment"
FOREIGN = ("evil.example", "evil.example:443", "localhost.evil.example", "api.example.org.evil.example",
           "evil.example#", "user@localhost", "localhost@evil.example", "localhost:8000:9", "[::1", "::1", "10.0.0.7",
           "a b", "\xff", "", "api.example.org,evil.example", "api.example.org.")


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/", LIST, LOGIN, EQUIPMENT, "/organization-api/v1/organization", "/nowhere"])
def test_a_foreign_host_is_refused_before_any_route(client: ApiClient, host: str, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = client.request(method, path, headers={"Host": host, "Origin": f"https://{host[:4]}"})
        assert answer.status_code == 400, (method, answer.text)
        assert "Set-Cookie" not in answer.headers
        assert "evil" not in answer.text
    assert path != LIST or (is_error(answer) and answer.json["errCode"] == "HostNotAllowed")


@pytest.mark.parametrize("host", ["localhost", "LocalHost:3000", "127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:8000"])
def test_this_machine_is_a_good_host_at_any_port_but_in_production(make_app: MakeApp, host: str) -> None:
    production = make_app(**PRODUCTION | {"PUBLIC_URL": "https://api.shop.example", "ALLOWED_HOSTS": ""})
    statuses = [ApiClient(app).get("/", headers={"Host": host}).status_code for app in (make_app(), production)]
    assert statuses == [200, 400]


@pytest.mark.parametrize("host", ["api.shop.example", "API.shop.example:443", "market.shop.example",
                                  "xn--bcher-kva.example"])
def test_the_hosts_of_public_url_and_allowed_hosts_are_answered(make_app: MakeApp, host: str) -> None:
    app = make_app(**PRODUCTION | {"PUBLIC_URL": "https://api.shop.example",
                                   "ALLOWED_HOSTS": "market.shop.example,bücher.example"})
    assert ApiClient(app).get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("names", ["*", "*.example.org", "https://a.example", "a.example:443", "a b", "[::1", "a/b"])
def test_a_wrong_name_in_allowed_hosts_is_refused_at_the_start(testbed: Testbed, names: str) -> None:
    with pytest.raises(SettingsError, match="ALLOWED_HOSTS"):
        testbed.settings(ALLOWED_HOSTS=names)


def test_a_forwarded_host_counts_only_through_trusted_proxies(make_app: MakeApp) -> None:
    said = {"X-Forwarded-Host": "evil.example"}
    assert ApiClient(make_app()).get("/", headers=said).status_code == 200
    behind = ApiClient(make_app(TRUSTED_PROXIES="1", ALLOWED_HOSTS="api.example.org"))
    assert behind.get("/", headers=said).status_code == 400
    assert behind.get("/", headers={"Host": "gunicorn", "X-Forwarded-Host": "api.example.org"}).status_code == 200
    assert behind.get("/", headers={"X-Forwarded-Host": "api.example.org, evil.example"}).status_code == 400


def test_health_is_answered_to_a_load_balancer_that_knows_the_address_only(client: ApiClient) -> None:
    for path in (HEALTH, "/organization-api/health", "/equipment-api/health"):
        assert client.get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200, path
    assert client.post(HEALTH, headers={"Host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.parametrize("path", [f"/{LIST}", LIST.replace("/v1/", "//v1/"), f"//evil.example{LIST}", f"{LOGIN}//",
                                  "/marketplace//auth-api/login", "//", "/equipment-api//api/equipment"])
def test_no_address_is_mended_by_a_redirect_that_carries_the_token(as_admin: ApiClient, path: str) -> None:
    answer = as_admin.get(f"{path}?access_token={as_admin.token}", base_url="http://localhost")
    assert answer.status_code in (200, 404), answer.status_code
    assert "Location" not in answer.headers
    assert str(as_admin.token) not in answer.text


def test_what_the_registry_says_of_its_address_comes_from_public_url(make_app: MakeApp) -> None:
    asked = ApiClient(make_app(PUBLIC_URL="https://api.example.org/shop/"))
    answer = asked.get(f"{EQUIPMENT}?page=1", headers={"Host": "localhost:1"})
    assert answer.json["meta"]["url"] == f"https://api.example.org/shop{EQUIPMENT}"
