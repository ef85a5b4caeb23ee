"""The default routes and the OpenAPI document of the registry."""

import pytest

from blueprints.equipment.envelope import ERROR_TYPES
from blueprints.equipment.policies import POLICIES
from blueprints.equipment.routes import api
from blueprints.equipment.schemas import EQUIPMENT
from blueprints.equipment.validation import check_body
from tests.equipment.conftest import MOUNT, WALKER, Holder, Registry
from tests.openapi_documents import require_valid

_DEFAULT_ROUTES = (
    "face", "swagger", "swaggerAsset", "openapi", "swaggerDocument", "getPostmanCollection", "health", "adminHealth",
    "favicon", "currentUser", "permissions", "permission",
)  # fmt: skip


def test_the_document_is_valid_and_names_every_api(world: Registry) -> None:
    document = world.client.get(f"{MOUNT}/openapi.json").json

    require_valid(document)
    named = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    assert named == {*POLICIES, "token", *_DEFAULT_ROUTES}


def test_every_declared_route_is_in_the_document(world: Registry) -> None:
    paths = world.client.get(f"{MOUNT}/openapi.json").json["paths"]

    assert all(one.method.lower() in paths[MOUNT + one.path] for one in api.apis)


def test_every_example_passes_its_own_schema(world: Registry) -> None:
    paths = world.client.get(f"{MOUNT}/openapi.json").json["paths"]
    contents = [
        operation["requestBody"]["content"]
        for path in paths.values()
        for operation in path.values()
        if "requestBody" in operation
    ]
    bodies = [content["application/json"] for content in contents if "application/json" in content]

    assert len(bodies) == 9
    for body in bodies:
        check_body(body["schema"], body["example"])


def test_an_answer_has_the_shape_the_document_promises(owner: Holder) -> None:
    answer = owner.send("POST", "/api/equipment", WALKER).json["data"]

    assert set(answer) == set(EQUIPMENT["properties"])
    check_body(EQUIPMENT, answer)


def test_every_route_refuses_a_visitor(world: Registry) -> None:
    for one in api.apis:
        answer = world.client.request(one.method, MOUNT + one.path.replace("{id}", "x").replace("{name}", "x"))
        assert (answer.status_code, answer.json["error"]["type"]) == (401, ERROR_TYPES[401]), one.name


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/swagger",
        "/swagger-assets/swagger-ui.css",
        "/swagger-assets/swagger-ui-bundle.js",
        "/swagger-assets/start.js",
        "/swagger.json",
        "/getPostmanCollection",
        "/health",
        "/admin/health",
    ],
)
def test_the_default_routes_answer(world: Registry, path: str) -> None:
    with world.client.get(MOUNT + path) as answer:
        assert answer.status_code == 200
        assert answer.data


@pytest.mark.parametrize("path", ["/currentuser", "/permissions", "/permissions/getEquipment"])
def test_questions_about_the_caller_need_a_token(world: Registry, path: str) -> None:
    assert world.client.get(MOUNT + path).status_code == 401


def test_a_file_that_is_no_asset_is_not_found(world: Registry) -> None:
    assert world.client.get(f"{MOUNT}/swagger-assets/..%2fconftest.py").status_code == 404


def test_another_content_type_is_refused(owner: Holder) -> None:
    answer = owner.send("POST", "/api/equipment", data="type=XRAY", content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.json["error"]["type"]) == (415, "request_malformed")


def test_a_key_used_for_another_body_is_refused(owner: Holder) -> None:
    owner.send("POST", "/api/equipment", WALKER, headers={"Idempotency-Key": "k"})

    answer = owner.send("POST", "/api/equipment", WALKER | {"note": "x"}, headers={"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json["error"]["type"]) == (400, "request_malformed")


def test_a_refused_call_frees_its_key(owner: Holder) -> None:
    refused = owner.send("POST", "/api/equipment", WALKER | {"type": "X"}, headers={"Idempotency-Key": "k"})

    assert refused.status_code == 422
    assert owner.send("POST", "/api/equipment", WALKER, headers={"Idempotency-Key": "k"}).status_code == 201
