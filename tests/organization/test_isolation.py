"""Tenants never meet: whatever stands where the tenantId belongs, no call reaches another tenant's data."""
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from blueprints.organization.domain.identifiers import RESERVED_TENANT_IDS
from tests.organization.world import UNKNOWN_ID, Caller, World
from tests.passes import examples

pytestmark = pytest.mark.sweep("every trick in the place of a tenantId: refused before any statement")

MARK = "Top Secret Holding"
# "victim" stands for the other tenant's own id.
NASTY = ["../x", "..", ".", "", "/", "//", "a\"b", "a'b", "\0", "%00", "%2e%2e", "..\\x", "victim\0", "victim/",
         "/victim", "victim/organization/..", "x/../victim", "victim%2f", "VICTIM", "victim;--", "victim\n", "vıctim",
         "*", "{}", "postgres", "template1", "organization", "pg_catalog", "main", "temp", "catalog", "ｖictim",
         "victim.db", "file:victim?mode=rw", "a" * 64, "é", "\U0001f4a9", "~", "-a", "1a", "sqlite_master", "oauth",
         "oauth/token", "health", "swagger", "openapi.json", *sorted(RESERVED_TENANT_IDS)]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@pytest.fixture(scope="module")
def victim(shared_world: World) -> Caller:
    """Another tenant, with something to hide."""
    caller = shared_world.caller()
    caller.add(name=MARK, resourceId=UNKNOWN_ID)
    return caller


def ask(caller: Caller, method: str, path: str, body: Any = None) -> TestResponse:
    """Call a path as it is, past everything that a client's library would tidy up."""
    raw = f"/organization-api/{path}".encode().decode("latin-1")
    return caller.app.test_client().open("/", method=method, json=body, environ_overrides={"PATH_INFO": raw}, headers={
        "Authorization": f"Bearer {caller.token}"})


def assert_refused(caller: Caller, method: str, tenant: str, suffix: str) -> None:
    """400 or 403; 405 where the slashes in the trick make it a call that no address has, such as POST on a member."""
    response = ask(caller, method, f"{tenant}/organization{suffix}", {"name": "Mine"} if method != "GET" else None)
    address = suffix.count("/") + tenant.count("/organization/")
    no_such_call = method == "POST" if address else method in ("PUT", "PATCH", "DELETE")
    assert response.status_code in ((405,) if no_such_call else (400, 403)), (tenant, method, suffix)
    assert MARK not in response.get_data(as_text=True)


TENANTS = (st.sampled_from(NASTY) | st.text(max_size=12) | st.sampled_from(["victim"]) |
           st.builds("{}{}{}".format, st.sampled_from(["", "../", "victim/", "x/"]), st.just("victim"),
                     st.text(alphabet="/.%\0 ", max_size=4)))


@settings(max_examples=examples(150), suppress_health_check=list(HealthCheck))
@given(tenant=TENANTS, method=st.sampled_from(METHODS), suffix=st.sampled_from(["", f"/{UNKNOWN_ID}", "/../victim"]))
@example(tenant="../x", method="GET", suffix="")
@example(tenant='a"b', method="POST", suffix="")
@example(tenant="%00", method="PUT", suffix=f"/{UNKNOWN_ID}")
@example(tenant="victim", method="GET", suffix=f"/{UNKNOWN_ID}")
@example(tenant="", method="GET", suffix="")
@example(tenant="/victim", method="GET", suffix="")
def test_no_tenant_id_opens_another_tenant(shared_world: World, acme: Caller, victim: Caller, tenant: str, method: str,
                                           suffix: str) -> None:
    assert_refused(acme, method, tenant.replace("victim", victim.tenant_id), suffix)


@pytest.mark.parametrize("tenant", NASTY)
def test_each_known_trick_is_refused_on_every_call(acme: Caller, victim: Caller, tenant: str) -> None:
    for method, suffix in (("GET", ""), ("POST", ""), ("GET", f"/{UNKNOWN_ID}"), ("PUT", f"/{UNKNOWN_ID}"),
                           ("PATCH", f"/{UNKNOWN_ID}"), ("DELETE", f"/{UNKNOWN_ID}")):
        assert_refused(acme, method, tenant.replace("victim", victim.tenant_id), suffix)


def test_the_victim_is_unchanged_and_alone_sees_its_record(acme: Caller, victim: Caller) -> None:
    record = victim.get(UNKNOWN_ID).get_json()
    assert (record["name"], record["version"]) == (MARK, 1)
    assert victim.names() == [MARK]


def test_an_id_of_another_tenant_is_nothing_here(fresh: Caller, victim: Caller) -> None:
    assert fresh.get(UNKNOWN_ID).status_code == 204
    assert fresh.patch(UNKNOWN_ID, {"name": "Mine"}).status_code == 404
    assert fresh.delete(UNKNOWN_ID).status_code == 404
    assert fresh.search("q=secret").status_code == 204
    assert fresh.put(UNKNOWN_ID, {"name": "Mine"}).status_code == 201
    assert (fresh.names(), victim.names()) == (["Mine"], [MARK])


def test_an_idempotency_key_of_another_tenant_is_nothing_here(shared_world: World, fresh: Caller) -> None:
    other = shared_world.caller()
    assert [caller.post({"name": "Mine"}, Idempotency_Key="k").status_code for caller in (other, fresh)] == [201, 201]
    assert [caller.names() for caller in (other, fresh)] == [["Mine"], ["Mine"]]


@settings(max_examples=examples(100), suppress_health_check=list(HealthCheck))
@given(resource_id=st.text(min_size=1, max_size=40) | st.sampled_from([trick for trick in NASTY if trick]),
       method=st.sampled_from(["GET", "PUT", "PATCH", "DELETE"]))
def test_a_resource_id_is_a_uuid_or_refused(acme: Caller, resource_id: str, method: str) -> None:
    body = {"name": "x"} if method != "GET" else None
    response = ask(acme, method, f"{acme.tenant_id}/organization/{resource_id}", body)
    assert response.status_code == 400, (resource_id, method)


@settings(max_examples=examples(100), suppress_health_check=list(HealthCheck))
@given(name=st.text(max_size=10), value=st.text(max_size=20))
def test_no_search_parameter_makes_the_store_stumble(acme: Caller, name: str, value: str) -> None:
    assert acme.search(urlencode({name: value})).status_code in (200, 204, 400), (name, value)


@settings(max_examples=examples(100), suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(["q", "name", "sort", "updatedSince", "page", "pageSize", "numberOfEmployees", "sameAs",
                             "status", "foundingDate", "address.postalCode", "leiCode"]), value=st.text(max_size=30))
def test_no_value_of_a_known_parameter_makes_the_store_stumble(acme: Caller, name: str, value: str) -> None:
    assert acme.search(urlencode({name: value})).status_code in (200, 204, 400), (name, value)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) |
                    st.text(max_size=10), lambda inner: st.lists(inner, max_size=3) |
                    st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)


@settings(max_examples=examples(150), suppress_health_check=list(HealthCheck))
@given(body=JSON | st.dictionaries(
    st.sampled_from(["name", "url", "address", "sameAs", "numberOfEmployees", "status"]), JSON))
def test_no_body_makes_the_store_stumble(acme: Caller, body: Any) -> None:
    response = acme.post(json.dumps(body), Content_Type="application/json")
    assert response.status_code in (201, 400, 422), body
