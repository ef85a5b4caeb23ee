"""The general rate limit comes before every other refusal, whichever front a request meets."""
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from blueprints.organization import organization_of
from blueprints.organization.application.tenants import add_client, add_tenant, drop_tenant
from tests.clients import ApiClient, Callers
from tests.components import unique_name

LIMITED = {"RATELIMIT_ENABLED": "1", "RATE_LIMIT_VISITOR": "3", "RATE_LIMIT_USER": "3"}
SEVERAL = 8  # a minute may end in between


@dataclass
class Front:
    """A write of one front, and what its refusals are written in."""

    address: str
    refuses_in: str


FRONTS = {
    "marketplace": Front("/marketplace/categorymanagement-api/v1/categories", "application/json"),
    "equipment": Front("/equipment-api/api/equipment", "application/json"),
    "organization": Front("/organization-api/acme/organization", "application/problem+json"),
}


def refused_in_time(ask: Callable[[], TestResponse], first: int, front: Front) -> bool:
    """Tell whether the calls meet `first` until the limit is reached, and then only 429 in the front's own shape."""
    answers = [ask() for _ in range(SEVERAL)]
    over = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {first, 429}
    assert all(answer.mimetype == front.refuses_in and int(answer.headers["Retry-After"]) > 0 for answer in over)
    return answers[0].status_code == first


@pytest.mark.parametrize("name", FRONTS)
def test_a_visitor_over_the_limit_is_told_so_before_he_is_asked_for_a_token(
        make_app: Callable[..., Flask], name: str) -> None:
    front, visitor = FRONTS[name], ApiClient(make_app(**LIMITED))
    here: dict[str, Any] = {"REMOTE_ADDR": f"203.0.113.{sorted(FRONTS).index(name) + 30}"}
    assert refused_in_time(lambda: visitor.post(front.address, json={}, environ_base=here), 401, front)


def test_a_user_over_the_limit_is_told_so_before_his_body_is_read(make_app: Callable[..., Flask]) -> None:
    user = Callers(make_app(**LIMITED)).super_admin()
    assert refused_in_time(lambda: user.post(FRONTS["marketplace"].address, data=b"{", content_type="application/json"),
                           400, FRONTS["marketplace"])


def test_a_client_of_a_tenant_over_the_limit_is_told_so_before_the_address_is_judged(
        make_app: Callable[..., Flask]) -> None:
    app = make_app(**LIMITED)
    store = organization_of(app)
    tenant = add_tenant(store.ports, unique_name("t")).tenant_id
    try:
        client, _ = add_client(store.ports, tenant, ("organization:read",), "limited")
        token = store.tokens.mint(client.client_id, tenant, "organization:read")
        caller = ApiClient(app, token=token)
        assert refused_in_time(lambda: caller.get("/organization-api/NO TENANT/organization"), 400,
                               FRONTS["organization"])
        other = add_client(store.ports, tenant, ("organization:read",), "another")[0]
        another = ApiClient(app, token=store.tokens.mint(other.client_id, tenant, "organization:read"))
        assert another.get(f"/organization-api/{tenant}/organization").status_code == 204
    finally:
        drop_tenant(store.ports, tenant)


@pytest.mark.parametrize("mount", ["/equipment-api", "/organization-api"])
def test_guesses_of_a_secret_are_counted(make_app: Callable[..., Flask], mount: str) -> None:
    visitor, here = ApiClient(make_app(**LIMITED)), {"REMOTE_ADDR": f"203.0.113.{40 + len(mount)}"}
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    answers = [visitor.post(f"{mount}/oauth/token", data=form, environ_base=here) for _ in range(SEVERAL)]
    assert {answer.status_code for answer in answers} == {401, 429}


def test_all_addresses_of_one_ipv6_network_have_one_limit(make_app: Callable[..., Flask]) -> None:
    visitor = ApiClient(make_app(**LIMITED))
    address = FRONTS["equipment"].address
    answers = [visitor.get(address, environ_base={"REMOTE_ADDR": f"2001:db8:7:7::{number:x}"})
               for number in range(1, SEVERAL + 1)]
    assert {answer.status_code for answer in answers} == {401, 429}
