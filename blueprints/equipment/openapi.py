"""The OpenAPI 3.1 document of the registry, derived from what routes.py declares and from the JSON Schemas."""

from collections.abc import Sequence
from typing import Any

from blueprints.equipment.pipeline import DEFAULT_PAGE_SIZE, ERROR_TYPES, LARGEST_PAGE_SIZE, RegistryApi
from blueprints.equipment.rules import SCOPES
from blueprints.equipment.schemas import UUID, Schema, shown

EXAMPLES: dict[str, dict[str, Any]] = {
    "createEquipment": {
        "type": "XRAY",
        "name": "Mobile X-ray Nr. 7",
        "external_id": "INV-0007",
        "manufacturer": "Acme Imaging",
        "manufacture_date": "2024-03-01",
        "udi": [{"value": "04012345678901", "type": "GS1", "assigner_name": "GS1"}],
        "names": [{"name": "Rolling Betty", "type": "user-friendly"}],
        "division_id": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e",
    },
    "updateEquipment": {"note": "new tube", "expiration_date": "2034-03-01"},
    "changeEquipmentDivision": {"division_id": None},
    "createLegalEntity": {"name": "City Hospital", "type": "MSP", "edrpou": "12345678"},
    "updateLegalEntity": {"name": "City Hospital Nr. 1"},
    "createDivision": {"name": "Radiology"},
    "updateDivision": {"name": "Radiology and nuclear medicine"},
    "createClient": {
        "legal_entity_id": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e",
        "user_id": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4f",
        "role": "OWNER",
        "scopes": ["equipment:read", "equipment:write"],
    },
    "loadDictionary": {"XRAY": "X-ray system"},
}
_MEANINGS = {
    400: "Idempotency-Key is not valid or was used with another body",
    401: "Invalid access token",
    403: "Scope, role or legal entity does not allow it",
    404: "Not found",
    409: "The state of the registry forbids it",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "Entries of the request are wrong; error.invalid names each",
    429: "Too many requests; see Retry-After",
    503: "The database is unavailable; nothing was changed",
}
_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}
_META = shown(
    {"code": _NUMBER, "url": _TEXT, "type": {"type": "string", "enum": ["object", "list"]}, "request_id": _TEXT}
)
_RULE = shown({"rule": _TEXT, "description": _TEXT, "params": {}})
_INVALID = shown({
    "entry": _TEXT,
    "entry_type": {"type": "string", "enum": ["json_data_property", "query_parameter"]},
    "rules": {"type": "array", "items": _RULE},
})  # fmt: skip
_ERROR = shown({
    "meta": _META,
    "error": shown({
        "type": {"type": "string", "enum": sorted(set(ERROR_TYPES.values()))},
        "message": _TEXT,
        "invalid": {"type": "array", "items": _INVALID},
    }, "invalid"),
})  # fmt: skip
_PAGING = shown(dict.fromkeys(("page_number", "page_size", "total_entries", "total_pages"), _NUMBER))
_OAUTH_ERROR = shown({"error": _TEXT, "error_description": _TEXT}, "error_description")

_SCOPES = {"type": "array", "items": {"type": "string", "enum": list(SCOPES)}}
CURRENT_USER = shown({"user_id": UUID, "legal_entity_id": UUID, "role": _TEXT, "scopes": _SCOPES})
PERMISSIONS = {"type": "array", "items": _TEXT}
PERMISSION = shown({"canDo": {"type": "boolean"}, "exceptions": {"type": "array", "items": _TEXT}})
_HEADERS = {401: {"WWW-Authenticate": "RFC 6750"}, 429: {"Retry-After": "seconds to wait"}}


def document(mount: str, title: str, version: str, description: str, apis: Sequence[RegistryApi]) -> dict[str, Any]:
    """Return the whole document; paths carry the mount."""
    paths: dict[str, Any] = {f"{mount}/oauth/token": {"post": _token()}}
    for api in apis:
        paths.setdefault(mount + api.path, {})[api.method.lower()] = _operation(api)
    flow = {"tokenUrl": f"{mount}/oauth/token", "scopes": {scope: scope for scope in SCOPES}}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "paths": paths,
        "components": {
            "schemas": {"Error": _ERROR},
            "securitySchemes": {"client": {"type": "oauth2", "flows": {"clientCredentials": flow}}},
        },
    }


def about_caller(name: str, summary: str, schema: Schema) -> dict[str, Any]:
    """Return the operation of a default route that asks who calls."""
    answers = {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}
    refusals = {str(code): _error(code) for code in (401, 429, 503)}
    return {"operationId": name, "summary": summary, "security": [{"client": []}], "responses": answers | refusals}


def _operation(api: RegistryApi) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": api.name,
        "summary": (api.view.__doc__ or api.name).strip().split("\n")[0],
        "description": f"Roles: {', '.join(sorted(api.policy.roles))}.",
        "security": [{"client": [api.policy.scope]}],
        "parameters": _parameters(api),
        "responses": {str(api.status): _success(api), **{str(code): _error(code) for code in _codes(api)}},
    }
    if api.body is not None:
        content = {"schema": api.body, "example": EXAMPLES[api.name]}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _codes(api: RegistryApi) -> list[int]:
    checked = [422] if api.body is not None or api.is_list else []
    return [401, 403, 404, 409, *checked, 429, 503, *([] if api.method == "GET" else [400, 413, 415])]


def _parameters(api: RegistryApi) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in api.path.split("/") if part.startswith("{")]
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": UUID if name == "id" else {"type": "string"}}
        for name in names
    ]
    found += [{"name": name, "in": "query", "schema": _filter(kind)} for name, kind in api.filters.items()]
    if api.is_list:
        size = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE}
        found.append({"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}})
        found.append({"name": "page_size", "in": "query", "schema": size})
    if api.method in ("POST", "PATCH", "PUT"):
        key = {"type": "string", "maxLength": 255}
        found.append({"name": "Idempotency-Key", "in": "header", "schema": key})
    return found


def _filter(kind: str | tuple[str, ...]) -> Schema:
    if isinstance(kind, tuple):
        return {"type": "string", "enum": list(kind)}
    return UUID if kind == "uuid" else {"type": "string", "maxLength": 255}


def _success(api: RegistryApi) -> dict[str, Any]:
    data: Schema = {"type": "array", "items": api.returns} if api.is_list else api.returns
    properties = {"meta": _META, "data": data, **({"paging": _PAGING} if api.is_list else {})}
    return {
        "description": "Created" if api.status == 201 else "OK",
        "content": {"application/json": {"schema": shown(properties)}},
    }


def _error(code: int) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Error"}, "example": _example(code)}
    sent = {name: {"description": meaning, "schema": _TEXT} for name, meaning in _HEADERS.get(code, {}).items()}
    return {"description": _MEANINGS[code], "headers": sent, "content": {"application/json": content}}


def _example(code: int) -> dict[str, Any]:
    error: dict[str, Any] = {"type": ERROR_TYPES[code], "message": _MEANINGS[code]}
    if code == 422:
        rule = {"rule": "required", "description": "required property name was not present", "params": []}
        error["invalid"] = [{"entry": "$.name", "entry_type": "json_data_property", "rules": [rule]}]
    meta = {"code": code, "url": "http://127.0.0.1:8000/equipment-api/api/equipment", "type": "object"}
    return {"meta": meta | {"request_id": "67c466f0174a51eb8722a87cbaf853b4"}, "error": error}


def _token() -> dict[str, Any]:
    form = {
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": {"const": "client_credentials"},
            "scope": {"type": "string", "description": "scopes by space; default all of the client"},
            "client_id": UUID,
            "client_secret": {"type": "string"},
        },
    }
    answer = shown({"access_token": _TEXT, "token_type": {"const": "Bearer"}, "expires_in": _NUMBER, "scope": _TEXT})
    refused = {"application/json": {"schema": _OAUTH_ERROR, "example": {"error": "invalid_client"}}}
    return {
        "operationId": "token",
        "summary": "Give a client an access token for its secret (RFC 6749 §4.4).",
        "security": [],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": answer}}},
            "400": {
                "description": "invalid_request, invalid_scope, unsupported_grant_type or invalid_client",
                "content": refused,
            },
            "401": {"description": "invalid_client", "content": refused},
            **{str(code): _error(code) for code in (413, 429, 503)},
        },
    }
