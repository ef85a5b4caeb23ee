"""Every API is called once and refused once: status and body are those that its OpenAPI document promises."""

from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry as Documents
from referencing.jsonschema import DRAFT202012

from tests.equipment.conftest import MOUNT, WALKER, Holder, Registry

USER = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"


class Document:
    """The registry's OpenAPI document, and what it says of an answer."""

    def __init__(self, world: Registry) -> None:
        self.body = world.client.get(f"{MOUNT}/openapi.json").json
        resource = DRAFT202012.create_resource(self.body)
        self._documents = Documents().with_resource("urn:document", resource)
        self.called: set[str] = set()

    def wrong_with(self, method: str, template: str, answer: Any) -> list[str]:
        """Return what the document does not promise."""
        operation = self.body["paths"][MOUNT + template][method.lower()]
        if answer.status_code < 400:
            self.called.add(operation["operationId"])
        promised = operation["responses"].get(str(answer.status_code))
        if promised is None:
            return [f"{method} {template}: {answer.status_code} is not documented"]
        schema = promised["content"]["application/json"]["schema"]
        if "$ref" in schema:
            schema = {"$ref": f"urn:document{schema['$ref']}"}
        validator = Draft202012Validator(schema, registry=self._documents)
        errors = validator.iter_errors(answer.json)
        return [f"{method} {template}: {error.json_path} {error.message}" for error in errors]


def test_every_answer_is_as_documented(world: Registry, hospital: str, owner: Holder, operator: Holder) -> None:
    document = Document(world)
    wrong: list[str] = []

    def call(holder: Holder, method: str, template: str, body: Any = None, id: str = "", name: str = "") -> Any:
        answer = holder.send(method, template.replace("{id}", id).replace("{name}", name), body)
        wrong.extend(document.wrong_with(method, template, answer))
        return answer.json.get("data")

    clinic = call(operator, "POST", "/api/legal_entities", {"name": "Clinic", "type": "MSP"})["id"]
    call(operator, "GET", "/api/legal_entities")
    call(operator, "GET", "/api/legal_entities/{id}", id=clinic)
    call(operator, "PATCH", "/api/legal_entities/{id}", {"edrpou": "12345678"}, clinic)
    for action in ("suspend", "deactivate", "activate"):
        call(operator, "PATCH", f"/api/legal_entities/{{id}}/actions/{action}", id=clinic)
    client = call(operator, "POST", "/api/clients", {
        "legal_entity_id": clinic, "user_id": USER, "role": "HR", "scopes": ["equipment:read"]})["id"]  # fmt: skip
    call(operator, "GET", "/api/clients")
    call(operator, "PATCH", "/api/clients/{id}/actions/deactivate", id=client)
    call(operator, "PUT", "/api/dictionaries/{name}", world.device_types, name="DEVICE_TYPE")
    call(operator, "GET", "/api/dictionaries/{name}", name="DEVICE_TYPE")

    division = call(owner, "POST", "/api/divisions", {"name": "Radiology"})["id"]
    call(owner, "GET", "/api/divisions")
    call(owner, "GET", "/api/divisions/{id}", id=division)
    call(owner, "PATCH", "/api/divisions/{id}", {"name": "Surgery"}, division)
    full = WALKER | {
        "division_id": division,
        "udi": [{"value": "1", "type": "GS1"}],
        "names": [{"name": "Betty", "type": "user-friendly"}],
        "manufacture_date": "2024-03-01",
    }
    equipment = call(owner, "POST", "/api/equipment", full)["id"]
    call(owner, "GET", "/api/equipment")
    call(owner, "GET", "/api/equipment/{id}", id=equipment)
    call(owner, "PATCH", "/api/equipment/{id}", {"note": "x"}, equipment)
    call(owner, "PATCH", "/api/equipment/{id}/actions/change_division", {"division_id": None}, equipment)
    for action in ("deactivate", "activate"):
        call(owner, "PATCH", f"/api/equipment/{{id}}/actions/{action}", id=equipment)
        call(owner, "PATCH", f"/api/divisions/{{id}}/actions/{action}", id=division)
    call(owner, "GET", "/api/equipment/{id}/history", id=equipment)
    token = world.ask_token(*world.registered_client(hospital))
    wrong += document.wrong_with("POST", "/oauth/token", token)

    for path, name in (("/currentuser", ""), ("/permissions", ""), ("/permissions/{name}", "getEquipment")):
        wrong += document.wrong_with("GET", path, owner.send("GET", path.replace("{name}", name)))

    call(owner, "POST", "/api/equipment", {"name": 7})
    call(owner, "GET", "/api/equipment/{id}", id=USER)
    call(owner, "PATCH", "/api/equipment/{id}/actions/activate", id=equipment)
    call(owner, "POST", "/api/clients", {})
    wrong += document.wrong_with("POST", "/oauth/token", world.ask_token("nobody", "x"))

    assert wrong == []
    operations = [one for path in document.body["paths"].values() for one in path.values()]
    own = {one["operationId"] for one in operations if "default routes" not in one.get("tags", ())}
    assert document.called == own | {"currentUser", "permissions", "permission"}
