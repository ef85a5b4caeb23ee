"""TRUSTED_PROXIES: whom a call comes from, and over which scheme, as the proxies in front say it."""
from collections.abc import Callable

import pytest
from flask import Flask, request, request_started

from app.settings import SettingsError
from tests.clients import ApiClient
from tests.testbed import Testbed

pytestmark = pytest.mark.once("about headers of proxies")

MakeApp = Callable[..., Flask]


def seen(app: Flask, forwarded: str, scheme: str = "https") -> tuple[str | None, str, str]:
    """Return address, scheme and host of a call that arrives from a proxy on this machine."""
    told: list[tuple[str | None, str, str]] = []

    def look(_app: Flask) -> None:
        told.append((request.remote_addr, request.scheme, request.host))

    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": scheme,
               "X-Forwarded-Host": "evil.test, [::1]:9, [::1]:9"}  # the caller wrote the first one itself
    with request_started.connected_to(look, app):
        assert ApiClient(app).get("/", headers=headers).status_code == 200
    return told[0]


def test_a_negative_number_of_proxies_is_refused(testbed: Testbed) -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        testbed.settings(TRUSTED_PROXIES="-1")


def test_without_proxies_nobody_is_believed(make_app: MakeApp) -> None:
    assert seen(make_app(), "203.0.113.9") == ("127.0.0.1", "http", "localhost")


@pytest.mark.parametrize(("proxies", "forwarded"), [
    ("1", "203.0.113.9"),
    ("1", "198.51.100.1, 203.0.113.9"),  # the caller wrote the first one itself
    ("2", "198.51.100.1, 203.0.113.9, 192.0.2.1"),
    ("1", '"198.51.100.1, 203.0.113.9'),  # a quote does not swallow what the proxy added
    ("2", '"198.51.100.1, 203.0.113.9, 192.0.2.1'),
    ("1", "198.51.100.1\\, 203.0.113.9"),
])
def test_the_address_is_what_the_outermost_trusted_proxy_saw(make_app: MakeApp, proxies: str, forwarded: str) -> None:
    scheme = ", ".join(["https"] * int(proxies))
    assert seen(make_app(TRUSTED_PROXIES=proxies), forwarded, scheme) == ("203.0.113.9", "https", "[::1]:9")


def test_visitors_behind_one_proxy_are_limited_one_by_one(make_app: MakeApp) -> None:
    visitor = ApiClient(make_app(TRUSTED_PROXIES="1", RATELIMIT_ENABLED="1", RATE_LIMIT_VISITOR="3"))

    def ask(address: str) -> int:
        path = "/marketplace/categorymanagement-api/v1/categories"
        return visitor.get(path, headers={"X-Forwarded-For": address}).status_code

    assert 429 in [ask("203.0.113.21") for _ in range(8)]  # a minute may end in between
    assert ask("203.0.113.22") == 401


def test_a_registry_client_gets_its_token_through_a_proxy_that_ends_tls(make_app: MakeApp) -> None:
    client = ApiClient(make_app(TRUSTED_PROXIES="1", ALLOWED_HOSTS="api.example.org"))
    told = {scheme: client.post("/equipment-api/oauth/token", data={"grant_type": "client_credentials"}, headers={
        "Host": "api.example.org", "X-Forwarded-Proto": scheme}).json["error"] for scheme in ("http", "https")}

    assert told == {"http": "insecure_transport", "https": "invalid_client"}
