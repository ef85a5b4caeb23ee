"""What a service answers is what its OpenAPI document says it answers: status, media type and shape."""
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from tests.contract.fronts import MARKETPLACE, NETWORK, Front
from tests.contract.test_strangers import CHANGES

DEFAULT_ROUTES = ("/", "/swagger", "/openapi.json", "/getPostmanCollection", "/favicon.ico", "/health", "/admin/health",
                  "/currentuser", "/permissions", "/permissions/adminPanel.access")


def departures(document: dict[str, Any], path: str, answer: TestResponse) -> list[str]:
    """Return how the answer departs from what the document says of this path."""
    method = answer.request.method.lower()
    said = document["paths"][path][method]["responses"].get(str(answer.status_code))
    if said is None:
        return [f"{method} {path}: {answer.status_code} is not documented"]
    if "content" not in said:
        return [f"{method} {path}: a body nobody expects"] if answer.data else []
    kinds = (answer.mimetype, f"{answer.mimetype.split('/')[0]}/*")
    kind = next((kind for kind in said["content"] if kind in kinds), "")
    if not kind:
        return [f"{method} {path}: {answer.mimetype} is not documented"]
    if answer.mimetype != "application/json":
        return []
    schema = {**said["content"][kind]["schema"], "components": document["components"]}
    return [f"{method} {path} {answer.status_code} at {error.json_path}: {error.message[:200]}"
            for error in Draft202012Validator(schema).iter_errors(answer.json)]


@pytest.mark.parametrize("mount", [*MARKETPLACE, *NETWORK, "/network/auth-api", "/network/bucket"])
def test_every_answer_is_as_documented_and_the_superadmin_meets_no_access_check_on_a_change(
        front: Front, mount: str) -> None:
    """What is another's, a stranger does not change (test_strangers.py); superAdmin may, whatever else is answered."""
    document = front.caller.get(f"{mount}/openapi.json").json
    found: list[str] = []
    for operation in front.operations:
        answers = [front.call(operation), front.call(operation, headers={"Authorization": "Bearer x"})]
        if operation.places:
            answers.append(front.call(operation, operation.url({}, "not-an-id")))
        assert operation.method not in CHANGES or answers[0].status_code != 403, (operation.name, answers[0].json)
        for answer in answers:
            found += departures(document, operation.path, answer)
    for path in DEFAULT_ROUTES:
        for client in (front.caller, front.visitor):
            rule = "/permissions/{permissionName}" if "adminPanel" in path else path
            found += departures(document, f"{mount}{rule}", client.get(mount + path))
    assert not found, "\n".join(found)
