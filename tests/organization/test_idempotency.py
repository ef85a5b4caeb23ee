"""The Idempotency-Key: carried out once within 24 hours, told again, never mixed up."""
import pytest
from sqlalchemy import text

from app.clock import moved_clock
from tests.organization.world import ACME, Caller, World


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
def test_an_unusable_key_is_400(acme: Caller, key: str) -> None:
    assert acme.post(ACME, Idempotency_Key=key).status_code == 400


def test_the_key_with_another_body_is_400(fresh: Caller) -> None:
    fresh.post(ACME, Idempotency_Key="k")
    response = fresh.post({"name": "Other"}, Idempotency_Key="k")
    assert (response.status_code, response.get_json()["type"]) == (400, "urn:guildhall:problem:idempotency-key-reused")


def test_the_key_of_another_client_is_another_key(shared_world: World, fresh: Caller) -> None:
    other = shared_world.caller(fresh.tenant_id)
    assert [caller.post(ACME, Idempotency_Key="k").status_code for caller in (fresh, other)] == [201, 201]


def test_the_key_on_another_address_is_another_key(fresh: Caller) -> None:
    first, second = fresh.add(), fresh.add()
    assert fresh.patch(first, {"name": "New"}, Idempotency_Key="k").status_code == 200
    assert fresh.patch(second, {"name": "New"}, Idempotency_Key="k").status_code == 200
    assert fresh.get(second).headers["ETag"] == '"2"'


def test_a_repeated_patch_tells_the_version_it_made(fresh: Caller) -> None:
    resource_id = fresh.add()
    first = fresh.patch(resource_id, {"name": "A"}, Idempotency_Key="k", If_Match='"1"')
    fresh.patch(resource_id, {"name": "B"})
    again = fresh.patch(resource_id, {"name": "A"}, Idempotency_Key="k", If_Match='"1"')
    assert (first.headers["ETag"], again.headers["ETag"], again.status_code) == ('"2"', '"2"', 200)
    assert fresh.get(resource_id).get_json()["name"] == "B"


def test_a_repeated_put_and_delete_are_told_again(fresh: Caller) -> None:
    resource_id = fresh.add()
    for _ in range(2):
        assert fresh.put(resource_id, {"name": "A"}, Idempotency_Key="put").status_code == 200
        assert fresh.delete(resource_id, Idempotency_Key="delete").status_code == 200
    assert fresh.put(resource_id, {"name": "Anew"}).headers["ETag"] == '"4"'


def test_a_refused_call_does_not_use_up_the_key(fresh: Caller) -> None:
    assert fresh.post({"bad": 1}, Idempotency_Key="k").status_code == 422
    assert fresh.post(ACME, Idempotency_Key="k").status_code == 201


def test_a_repeated_accepted_call_is_202_until_it_is_shown(shared_world: World, fresh: Caller) -> None:
    first = fresh.post(ACME, Idempotency_Key="k", Prefer="respond-async")
    assert fresh.post(ACME, Idempotency_Key="k", Prefer="respond-async").status_code == 202
    shared_world.drain(fresh)
    again = fresh.post(ACME, Idempotency_Key="k", Prefer="respond-async")
    assert (again.status_code, again.get_json()) == (200, first.get_json())


def test_after_a_day_the_key_may_be_used_again(shared_world: World, fresh: Caller) -> None:
    fresh.post(ACME, Idempotency_Key="k")
    with moved_clock(days=1, seconds=1):
        token = shared_world.caller(fresh.tenant_id)
        fresh.token = shared_world.organization.tokens.mint(
            shared_world.ports.tenants.clients(fresh.tenant_id)[0].client_id, fresh.tenant_id, "organization:write")
        assert token.post(ACME, Idempotency_Key="k").status_code == 201
        assert fresh.post({"name": "Other"}, Idempotency_Key="k").status_code == 201


def test_old_keys_are_forgotten_when_others_are_kept(shared_world: World, fresh: Caller) -> None:
    fresh.post(ACME, Idempotency_Key="old")
    with moved_clock(days=1, seconds=1):
        shared_world.caller(fresh.tenant_id).post(ACME, Idempotency_Key="new")
    tenant = shared_world.ports.tenants.find(fresh.tenant_id)
    assert tenant is not None
    with shared_world.organization.engines.connect(tenant) as connection:
        keys = connection.scalars(text('SELECT "key" FROM "organization"."v1-organization-request"')).all()
    assert keys == ["new"]
