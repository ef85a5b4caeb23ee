"""URL map of the equipment registry (equipment.md): equipment, legal entities, divisions, clients, dictionaries."""

from typing import Any

from flask import Flask

from app.http.declaration import DocumentedBlueprint, ProgramRoutes
from app.http.default_routes import add_pages
from app.http.envelope import shape_errors_below
from app.http.oauth import token_operation
from app.http.openapi import client_credentials
from app.http.service import Service
from blueprints.equipment import commands, queries, registry, schemas
from blueprints.equipment.envelope import ERROR, documented_refusal
from blueprints.equipment.front import FRONTS, READS
from blueprints.equipment.policies import POLICIES
from blueprints.equipment.queries import ListRequest, Paged, Rows, Wire
from blueprints.equipment.refusals import Entry, Rule
from blueprints.equipment.rules import DIVISION_STATUSES, EQUIPMENT_STATUSES, LEGAL_ENTITY_STATUSES, SCOPES
from blueprints.equipment.token_endpoint import issue_token
from blueprints.equipment.tokens import Caller
from blueprints.equipment.validation import check_dates, check_number

TITLE = "Equipment registry"
api = ProgramRoutes(POLICIES, FRONTS)


def join(app: Flask, service: Service) -> None:
    """Mount the registry with its own envelope and document, and the default routes."""
    blueprint = DocumentedBlueprint(service, TITLE, lambda: {
        "schemas": {"Error": ERROR},
        "securitySchemes": {"client": client_credentials(service, {scope: scope for scope in SCOPES})},
    })  # fmt: skip
    blueprint.add_url_rule("/oauth/token", "token", issue_token, methods=["POST"])
    refusals = {str(code): documented_refusal(code) for code in (413, 429, 503)}
    blueprint.describe("/oauth/token", post=token_operation(refusals))
    for add in api.written:
        add(blueprint)
    add_pages(blueprint.add_default, service, TITLE, blueprint.document)
    app.register_blueprint(blueprint)
    shape_errors_below(app, service.mount, READS.refuse)


EQUIPMENT_FILTERS = {
    "division_id": "uuid",
    "type": "text",
    "external_id": "text",
    "status": EQUIPMENT_STATUSES,
    "name": "text",
    "legal_entity_id": "uuid",
}


def check_type(body: dict[str, Any]) -> list[Entry]:
    """Return the entry of a type that is no active code of the dictionary."""
    code = body.get("type")
    if not isinstance(code, str) or "\x00" in code or len(code) > 64 or queries.is_device_type(code):
        return []
    return [Entry("$.type", [Rule("inclusion", "value is not a code of the dictionary DEVICE_TYPE", ["DEVICE_TYPE"])])]


_EQUIPMENT_CHECKS = (check_type, check_dates, check_number)


@api.create(
    "/api/equipment",
    name="createEquipment",
    body=schemas.REGISTRATION,
    checks=_EQUIPMENT_CHECKS,
    returns=schemas.EQUIPMENT,
)
def create_equipment(caller: Caller, rows: Rows, data: dict[str, Any]) -> Wire:
    """Register equipment for the token's legal entity."""
    return queries.equipment_details(caller, commands.register_equipment(caller, data), rows)


@api.list("/api/equipment", name="listEquipment", filters=EQUIPMENT_FILTERS, returns=schemas.EQUIPMENT)
def list_equipment(caller: Caller, asked: ListRequest) -> Paged:
    """List or search equipment; NHS ADMIN sees every legal entity's."""
    return queries.equipment_page(caller, asked)


@api.get("/api/equipment/{id}", name="getEquipment", returns=schemas.EQUIPMENT)
def get_equipment(caller: Caller, id: str) -> Wire:
    """Get one piece of equipment with its names and divisions."""
    return queries.equipment_details(caller, id)


@api.update(
    "/api/equipment/{id}",
    name="updateEquipment",
    body=schemas.CHANGE,
    checks=_EQUIPMENT_CHECKS,
    returns=schemas.EQUIPMENT,
)
def update_equipment(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """Change ACTIVE equipment, all but its division and status."""
    return queries.equipment_details(caller, commands.change_equipment(caller, id, data), rows)


@api.update("/api/equipment/{id}/actions/activate", name="activateEquipment", returns=schemas.EQUIPMENT)
def activate_equipment(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """INACTIVE equipment becomes ACTIVE."""
    return queries.equipment_details(caller, commands.change_equipment_status(caller, id, "activate"), rows)


@api.update("/api/equipment/{id}/actions/deactivate", name="deactivateEquipment", returns=schemas.EQUIPMENT)
def deactivate_equipment(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """ACTIVE equipment becomes INACTIVE."""
    return queries.equipment_details(caller, commands.change_equipment_status(caller, id, "deactivate"), rows)


@api.update(
    "/api/equipment/{id}/actions/change_division",
    name="changeEquipmentDivision",
    body=schemas.MOVE,
    returns=schemas.EQUIPMENT,
)
def change_division_of_equipment(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """Move equipment to another division; null takes it out of any."""
    return queries.equipment_details(caller, commands.move_equipment(caller, id, data["division_id"]), rows)


@api.list("/api/equipment/{id}/history", name="listEquipmentHistory", returns=schemas.STATUS_ROW)
def list_equipment_history(caller: Caller, asked: ListRequest, id: str) -> Paged:
    """List the statuses the equipment went through, oldest first."""
    return queries.status_history(caller, id, asked)


@api.create(
    "/api/legal_entities", name="createLegalEntity", body=schemas.NEW_LEGAL_ENTITY, returns=schemas.LEGAL_ENTITY
)
def create_legal_entity(caller: Caller, rows: Rows, data: dict[str, Any]) -> Wire:
    """Create a legal entity."""
    return queries.legal_entity(caller, registry.create_legal_entity(caller, data), rows)


@api.list(
    "/api/legal_entities",
    name="listLegalEntities",
    filters={"name": "text", "status": LEGAL_ENTITY_STATUSES},
    returns=schemas.LEGAL_ENTITY,
)
def list_legal_entities(caller: Caller, asked: ListRequest) -> Paged:
    """List the token's legal entity; NHS ADMIN sees all."""
    return queries.legal_entity_page(caller, asked)


@api.get("/api/legal_entities/{id}", name="getLegalEntity", returns=schemas.LEGAL_ENTITY)
def get_legal_entity(caller: Caller, id: str) -> Wire:
    """Get a legal entity."""
    return queries.legal_entity(caller, id)


@api.update(
    "/api/legal_entities/{id}",
    name="updateLegalEntity",
    body=schemas.LEGAL_ENTITY_CHANGE,
    returns=schemas.LEGAL_ENTITY,
)
def update_legal_entity(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """Change a legal entity."""
    return queries.legal_entity(caller, registry.change_legal_entity(caller, id, data), rows)


@api.update("/api/legal_entities/{id}/actions/activate", name="activateLegalEntity", returns=schemas.LEGAL_ENTITY)
def activate_legal_entity(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """A SUSPENDED or INACTIVE legal entity becomes ACTIVE."""
    return queries.legal_entity(caller, registry.change_legal_entity_status(caller, id, "activate"), rows)


@api.update("/api/legal_entities/{id}/actions/suspend", name="suspendLegalEntity", returns=schemas.LEGAL_ENTITY)
def suspend_legal_entity(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """An ACTIVE legal entity becomes SUSPENDED; it may still register equipment."""
    return queries.legal_entity(caller, registry.change_legal_entity_status(caller, id, "suspend"), rows)


@api.update("/api/legal_entities/{id}/actions/deactivate", name="deactivateLegalEntity", returns=schemas.LEGAL_ENTITY)
def deactivate_legal_entity(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """An ACTIVE or SUSPENDED legal entity becomes INACTIVE."""
    return queries.legal_entity(caller, registry.change_legal_entity_status(caller, id, "deactivate"), rows)


@api.create("/api/divisions", name="createDivision", body=schemas.NEW_DIVISION, returns=schemas.DIVISION)
def create_division(caller: Caller, rows: Rows, data: dict[str, Any]) -> Wire:
    """Create a division of the token's legal entity."""
    return queries.division(caller, registry.create_division(caller, data), rows)


@api.list(
    "/api/divisions",
    name="listDivisions",
    filters={"name": "text", "status": DIVISION_STATUSES, "legal_entity_id": "uuid"},
    returns=schemas.DIVISION,
)
def list_divisions(caller: Caller, asked: ListRequest) -> Paged:
    """List the divisions of the token's legal entity; NHS ADMIN sees all."""
    return queries.division_page(caller, asked)


@api.get("/api/divisions/{id}", name="getDivision", returns=schemas.DIVISION)
def get_division(caller: Caller, id: str) -> Wire:
    """Get a division."""
    return queries.division(caller, id)


@api.update("/api/divisions/{id}", name="updateDivision", body=schemas.NEW_DIVISION, returns=schemas.DIVISION)
def update_division(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """Rename a division."""
    return queries.division(caller, registry.change_division(caller, id, data), rows)


@api.update("/api/divisions/{id}/actions/activate", name="activateDivision", returns=schemas.DIVISION)
def activate_division(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """An INACTIVE division becomes ACTIVE."""
    return queries.division(caller, registry.change_division_status(caller, id, "activate"), rows)


@api.update("/api/divisions/{id}/actions/deactivate", name="deactivateDivision", returns=schemas.DIVISION)
def deactivate_division(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """An ACTIVE division without ACTIVE equipment becomes INACTIVE."""
    return queries.division(caller, registry.change_division_status(caller, id, "deactivate"), rows)


@api.create("/api/clients", name="createClient", body=schemas.NEW_CLIENT, returns=schemas.CLIENT)
def create_client(caller: Caller, rows: Rows, data: dict[str, Any]) -> Wire:
    """Register an OAuth2 client; its secret is shown this once."""
    client_id, secret = registry.create_client(caller, data)
    return queries.client(client_id, rows) | {"client_secret": secret}


@api.list("/api/clients", name="listClients", filters={"legal_entity_id": "uuid"}, returns=schemas.CLIENT)
def list_clients(caller: Caller, asked: ListRequest) -> Paged:
    """List the active clients."""
    return queries.client_page(caller, asked)


@api.update("/api/clients/{id}/actions/deactivate", name="revokeClient", returns=schemas.CLIENT)
def revoke_client(caller: Caller, rows: Rows, data: dict[str, Any], id: str) -> Wire:
    """End a client and every token it holds."""
    return queries.client(registry.revoke_client(caller, id), rows)


@api.list("/api/dictionaries/{name}", name="getDictionary", returns=schemas.CODE)
def get_dictionary(caller: Caller, asked: ListRequest, name: str) -> Paged:
    """List the codes of a dictionary, such as DEVICE_TYPE."""
    return queries.dictionary_page(caller, name, asked)


@api.update(
    "/api/dictionaries/{name}", method="PUT", name="loadDictionary", body=schemas.DICTIONARY, returns=schemas.LOADED
)
def load_dictionary(caller: Caller, rows: Rows, data: dict[str, Any], name: str) -> Wire:
    """Make the given codes the active ones of a dictionary."""
    return vars(registry.load_dictionary(caller, name, data))


@api.about_caller("/currentuser", name="currentUser", shows=schemas.CURRENT_USER)
def current_user(caller: Caller) -> Wire:
    """Who the token stands for"""
    who = {"user_id": caller.user_id, "legal_entity_id": caller.legal_entity_id, "role": caller.role}
    return who | {"scopes": sorted(caller.scopes)}


@api.about_caller("/permissions", name="permissions", shows=schemas.PERMISSIONS)
def permissions(caller: Caller) -> list[str]:
    """What the token may do"""
    return [name for name, policy in POLICIES.items() if policy.allows(caller.role, caller.scopes)]


@api.about_caller("/permissions/{name}", name="permission", shows=schemas.PERMISSION)
def permission(caller: Caller, name: str) -> Wire:
    """Whether the token may do it"""
    policy = POLICIES.get(name)
    return {"canDo": policy is not None and policy.allows(caller.role, caller.scopes), "exceptions": []}
