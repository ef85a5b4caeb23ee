"""Who may call: each rung of the order 400, 401, 403, and how tokens are issued and judged."""
import base64
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from app.clock import moved_clock
from blueprints.organization.application.tenants import add_client, resume_tenant, revoke_client, suspend_tenant
from blueprints.organization.domain.refusals import MalformedBody, NotAuthenticated
from tests.components import free_port, unique_name
from tests.organization.world import ACME, SCOPES, UNKNOWN_ID, Caller, World

TENANT = unique_name("acme")
CALLS = [("POST", "", "write"), ("GET", "", "read"), ("GET", f"/{UNKNOWN_ID}", "read"),
         ("PUT", f"/{UNKNOWN_ID}", "write"), ("PATCH", f"/{UNKNOWN_ID}", "write"),
         ("DELETE", f"/{UNKNOWN_ID}", "write")]
every_call = pytest.mark.parametrize(("method", "path", "scope"), CALLS)


@pytest.fixture(scope="session")
def store(shared_world: World) -> World:
    return shared_world


@pytest.fixture
def caller(store: World) -> Caller:
    return store.caller()


@every_call
def test_a_malformed_tenant_id_is_400_even_without_a_token(store: World, method: str, path: str, scope: str) -> None:
    assert Caller(store.app, "Not-A-Tenant", None).call(method, path, {}).status_code == 400


@every_call
def test_a_malformed_tenant_id_is_400_before_any_connection(caller: Caller, tmp_path: Path, method: str, path: str,
                                                            scope: str) -> None:
    """On a server that nobody can reach: what asks it anything is 503."""
    unreachable = World(tmp_path, f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    for tenant_id, status in (("Not-A-Tenant", 400), (caller.tenant_id, 503)):
        assert Caller(unreachable.app, tenant_id, caller.token).call(method, path, {}).status_code == status
    unreachable.organization.close()


@every_call
def test_without_a_token_401(caller: Caller, method: str, path: str, scope: str) -> None:
    caller.token = None
    response = caller.call(method, path, {})
    assert (response.status_code, response.get_json()["status"]) == (401, 401)


@every_call
def test_the_scope_is_needed_for_the_act(store: World, method: str, path: str, scope: str) -> None:
    other = {"read": "organization:write", "write": "organization:read"}[scope]
    refused = store.caller(scopes=(other,)).call(method, path, ACME)
    assert refused.status_code == 403
    assert f"organization:{scope}" in refused.get_json()["detail"]
    assert store.caller(scopes=(f"organization:{scope}",)).call(method, path, ACME).status_code in (200, 201, 204, 404)


@every_call
def test_a_token_of_another_tenant_is_403(store: World, caller: Caller, method: str, path: str, scope: str) -> None:
    caller.tenant_id = store.tenant().tenant_id
    assert caller.call(method, path, ACME).status_code == 403


@every_call
def test_a_suspended_tenant_is_403_until_it_is_resumed(store: World, caller: Caller, method: str, path: str,
                                                       scope: str) -> None:
    suspend_tenant(store.ports, caller.tenant_id)
    assert caller.call(method, path, ACME).status_code == 403
    resume_tenant(store.ports, caller.tenant_id)
    assert caller.call(method, path, ACME).status_code != 403


def test_a_tenant_that_is_not_there_is_403(store: World) -> None:
    token = store.organization.tokens.mint("someone", "nowhere", " ".join(SCOPES))
    assert Caller(store.app, "nowhere", token).search().status_code == 403


def test_a_revoked_client_is_out_at_once(store: World, caller: Caller) -> None:
    client = store.ports.tenants.clients(caller.tenant_id)[0]
    assert caller.search().status_code == 204
    revoke_client(store.ports, client.client_id)
    assert caller.search().status_code == 401


def test_a_token_ends_after_an_hour(caller: Caller) -> None:
    with moved_clock(minutes=59):
        assert caller.search().status_code == 204
    with moved_clock(minutes=62):
        assert caller.search().status_code == 401


@given(token=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()) |
       st.lists(st.binary(max_size=30).map(lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()),
                min_size=3, max_size=3).map(".".join))
def test_no_junk_passes_for_a_token(store: World, token: str) -> None:
    with pytest.raises(NotAuthenticated):
        store.organization.tokens.claims(token)


def forged(store: World, key: object, algorithm: str, **changed: object) -> str:
    key_id = store.organization.tokens.signing_keys.newest()[0]
    claims = {"iss": "urn:guildhall:organization", "aud": "urn:guildhall:organization", "sub": "x", "tenantId": "acme",
              "scope": "organization:read", "exp": int(time.time()) + 600, **changed}
    return jwt.encode({"alg": algorithm, "kid": key_id}, claims, key, algorithms=[algorithm])


def test_a_token_signed_with_another_key_is_refused(store: World) -> None:
    with pytest.raises(NotAuthenticated):
        store.organization.tokens.claims(forged(store, ECKey.generate_key("P-256"), "ES256"))


def test_a_token_signed_with_our_public_key_as_a_shared_secret_is_refused(store: World) -> None:
    header, claims, _ = forged(store, OctKey.generate_key(256), "HS256").split(".")
    public = store.organization.tokens.signing_keys.newest()[1].as_pem(private=False)
    signature = base64.urlsafe_b64encode(hmac.digest(public, f"{header}.{claims}".encode(), "sha256")).rstrip(b"=")
    with pytest.raises(NotAuthenticated):
        store.organization.tokens.claims(f"{header}.{claims}.{signature.decode()}")


def test_a_token_without_a_signature_is_refused(store: World) -> None:
    parts = [{"alg": "none"}, {"sub": "x", "tenantId": "acme", "scope": "organization:read", "exp": time.time() + 600}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    with pytest.raises(NotAuthenticated):
        store.organization.tokens.claims(f"{encoded[0]}.{encoded[1]}.")


@pytest.mark.parametrize("changed", [{"iss": "urn:someone"}, {"aud": "urn:other"}, {"exp": 1}, {"exp": None},
                                     {"tenantId": None}, {"sub": None}])
def test_a_token_of_ours_must_say_everything(store: World, changed: dict) -> None:
    key = store.organization.tokens.signing_keys.newest()[1]
    with pytest.raises(NotAuthenticated):
        store.organization.tokens.claims(forged(store, key, "ES256", **changed))


# A configured issuer

@pytest.fixture
def issuer(make_world: Callable[..., World], tmp_path: Path) -> tuple[World, RSAKey]:
    key = RSAKey.generate_key(2048, {"kid": "issuer-1", "use": "sig"})
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    return make_world(jwks_url=file.as_uri(), issuer="urn:issuer", audience="organizations"), key


def issued(key: RSAKey, **changed: object) -> str:
    claims = {"iss": "urn:issuer", "aud": "organizations", "sub": "service", "tenantId": TENANT,
              "scope": " ".join(SCOPES), "exp": int(time.time()) + 600, **changed}
    return jwt.encode({"alg": "RS256", "kid": changed.pop("kid", key.kid)}, claims, key)


def test_a_token_of_the_configured_issuer_is_accepted(issuer: tuple[World, RSAKey]) -> None:
    world, key = issuer
    world.tenant(TENANT)
    assert Caller(world.app, TENANT, issued(key)).post(ACME).status_code == 201


@pytest.mark.parametrize("changed", [{"iss": "urn:other"}, {"aud": "others"}, {"exp": 1}, {"tenantId": "beta"},
                                     {"kid": "unknown"}, {"sub": "a\0b"}, {"sub": "x" * 256}])
def test_a_token_of_the_issuer_that_is_not_for_us_is_refused(issuer: tuple[World, RSAKey], changed: dict) -> None:
    world, key = issuer
    world.tenant(TENANT)
    assert Caller(world.app, TENANT, issued(key, **changed)).search().status_code in (401, 403)


def test_a_new_key_of_the_issuer_is_fetched(issuer: tuple[World, RSAKey], tmp_path: Path) -> None:
    world, _ = issuer
    world.tenant(TENANT)
    key = RSAKey.generate_key(2048, {"kid": "issuer-2"})
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    assert Caller(world.app, TENANT, issued(key)).search().status_code == 204


def test_an_issuer_that_cannot_be_reached_is_503(make_world: Callable[..., World], tmp_path: Path) -> None:
    world = make_world(jwks_url=(tmp_path / "missing.json").as_uri(), issuer="urn:issuer", audience="organizations")
    response = Caller(world.app, TENANT, issued(RSAKey.generate_key(2048, {"kid": "k"}))).search()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize("said", [b"no HTTP at all\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
                                  b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"[" * 200_000])
def test_an_issuer_that_answers_nonsense_is_503(make_world: Callable[..., World], said: bytes) -> None:
    class Nonsense(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(said)

    with TCPServer(("127.0.0.1", 0), Nonsense) as server:
        Thread(target=server.handle_request).start()
        world = make_world(jwks_url=f"http://127.0.0.1:{server.server_address[1]}/", issuer="urn:issuer",
                           audience="organizations")
        token = issued(RSAKey.generate_key(2048, {"kid": "k"}))
        assert Caller(world.app, TENANT, token).search().status_code == 503


# The token endpoint

def ask_token(store: World, form: dict[str, str], **headers: str) -> tuple[int, dict]:
    response = store.app.test_client().post("/organization-api/oauth/token", data=form, headers=headers)
    return response.status_code, response.get_json()


def refusal(store: World, form: dict[str, str]) -> tuple[int, str]:
    status, answer = ask_token(store, form)
    return status, answer["error"]


@pytest.fixture
def client_of(store: World) -> tuple[str, str, str]:
    tenant = store.tenant()
    client, secret = add_client(store.ports, tenant.tenant_id, SCOPES, "test")
    return tenant.tenant_id, client.client_id, secret


def form_of(client_id: str, secret: str, **more: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **more}


def test_a_wrong_secret_is_refused(store: World, client_of: tuple[str, str, str]) -> None:
    _, client_id, _ = client_of
    assert refusal(store, form_of(client_id, "wrong")) == (401, "invalid_client")
    credentials = base64.b64encode(f"{client_id}:wrong".encode()).decode()
    assert ask_token(store, {"grant_type": "client_credentials"}, Authorization=f"Basic {credentials}")[0] == 401


@pytest.mark.parametrize("client_id", ["x", "\0", UNKNOWN_ID])
def test_an_unknown_client_is_refused(store: World, client_id: str) -> None:
    assert refusal(store, form_of(client_id, "secret")) == (401, "invalid_client")


def test_a_scope_the_client_does_not_have_is_refused(store: World) -> None:
    client, secret = add_client(store.ports, store.tenant().tenant_id, ["organization:read"], "")
    assert refusal(store, form_of(client.client_id, secret, scope="organization:write")) == (400, "invalid_scope")


def test_another_grant_is_refused(store: World, client_of: tuple[str, str, str]) -> None:
    _, client_id, secret = client_of
    form = {**form_of(client_id, secret), "grant_type": "password"}
    assert refusal(store, form) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("form", [{}, {"grant_type": "client_credentials"}])
def test_an_empty_request_is_refused(store: World, form: dict[str, str]) -> None:
    status, answer = ask_token(store, form)
    assert status in (400, 401)
    assert "error" in answer


@pytest.mark.parametrize("header", ["Basic /////w==", "Basic !!!", "Basic", "Basic Og==", "Bearer x"])
def test_a_header_that_is_no_credentials_is_refused(store: World, header: str) -> None:
    assert ask_token(store, {"grant_type": "client_credentials"}, Authorization=header)[0] in (400, 401)


def test_plain_http_from_elsewhere_gets_no_token(store: World, client_of: tuple[str, str, str]) -> None:
    _, client_id, secret = client_of
    response = store.app.test_client().post("/organization-api/oauth/token", data=form_of(client_id, secret),
                                            base_url="http://store.test/")
    assert (response.status_code, response.get_json()["error"]) == (400, "insecure_transport")


def test_a_client_of_a_suspended_tenant_gets_no_token(store: World, client_of: tuple[str, str, str]) -> None:
    tenant_id, client_id, secret = client_of
    suspend_tenant(store.ports, tenant_id)
    assert refusal(store, form_of(client_id, secret)) == (401, "invalid_client")


def test_a_revoked_client_gets_no_token(store: World, client_of: tuple[str, str, str]) -> None:
    _, client_id, secret = client_of
    revoke_client(store.ports, client_id)
    assert refusal(store, form_of(client_id, secret)) == (401, "invalid_client")


def test_a_client_gets_a_token_for_all_its_scopes(store: World, client_of: tuple[str, str, str]) -> None:
    tenant_id, client_id, secret = client_of
    status, answer = ask_token(store, form_of(client_id, secret))
    assert (status, answer["token_type"], answer["expires_in"]) == (200, "Bearer", 3600)
    assert set(answer["scope"].split()) == set(SCOPES)
    assert Caller(store.app, tenant_id, answer["access_token"]).post(ACME).status_code == 201


def test_a_client_may_ask_for_less_and_use_the_header(store: World, client_of: tuple[str, str, str]) -> None:
    tenant_id, client_id, secret = client_of
    credentials = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    status, answer = ask_token(store, {"grant_type": "client_credentials", "scope": "organization:read"},
                               Authorization=f"Basic {credentials}")
    assert (status, answer["scope"]) == (200, "organization:read")
    assert Caller(store.app, tenant_id, answer["access_token"]).post(ACME).status_code == 403


def test_a_client_has_scopes_that_exist(store: World) -> None:
    tenant_id = store.tenant().tenant_id
    for scopes in ([], ["organization:delete"], ["*"]):
        with pytest.raises(MalformedBody):
            add_client(store.ports, tenant_id, scopes, "")


def test_after_the_secret_key_was_changed_clients_get_tokens_again(make_world: Callable[..., World]) -> None:
    before = make_world()
    caller = before.caller()
    client, secret = add_client(before.ports, caller.tenant_id, SCOPES, "test")
    after = World(before.organization.settings.home, before.organization.settings.database, secret_key="t" * 32)
    status, answer = ask_token(after, form_of(client.client_id, secret))
    assert (status, Caller(after.app, caller.tenant_id, caller.token).search().status_code) == (200, 401)
    assert Caller(after.app, caller.tenant_id, answer["access_token"]).search().status_code == 204
    after.organization.close()


def test_secrets_and_keys_are_not_stored_in_the_clear(store: World, client_of: tuple[str, str, str]) -> None:
    _, client_id, secret = client_of
    client = store.ports.tenants.client(client_id)
    assert client is not None
    assert secret not in client.secret_hash
    sealed = store.organization.tokens.signing_keys.rows.all()[0][1]
    assert '"d"' not in sealed
