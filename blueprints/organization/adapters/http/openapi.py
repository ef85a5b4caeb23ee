"""The OpenAPI 3.1 document, derived from the schema files that also validate and make the tables."""
from collections.abc import Mapping
from typing import Any

from blueprints.organization.application.search_parameters import LARGEST_PAGE_SIZE
from blueprints.organization.domain.resource_type import ResourceType

Part = dict[str, Any]

_MEANINGS = {
    "400": "Malformed tenantId, id, body, parameter or header", "401": "No token, or one that cannot be trusted",
    "403": "The token is not for this tenant or act, or the tenant is not in service", "404": "It does not exist",
    "409": "The id is taken", "412": "If-Match or If-None-Match does not hold",
    "413": "The body is larger than 256 KiB",
    "415": "The body is not JSON", "422": "The document breaks the schema; errors names every failing entry",
    "429": "Too many requests; see Retry-After", "503": "The store cannot answer now; see Retry-After",
}
_HEADERS = {
    "Location": "Address of the resource", "ETag": "Its version, for If-Match",
    "Preference-Applied": "respond-async", "X-Total-Count": "Number of all that match",
    "Link": "RFC 8288: first, prev, next, last", "WWW-Authenticate": "RFC 6750", "Retry-After": "Seconds to wait",
}
_ALWAYS = ("400", "401", "403", "429", "503")
_PROBLEM_HEADERS = {"401": ("WWW-Authenticate",), "429": ("Retry-After",), "503": ("Retry-After",)}
_WRITES = (*_ALWAYS, "413", "415", "422")
_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object", "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "detail"],
    "properties": {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT, "instance": _TEXT,
                   "errors": {"type": "array", "items": {"type": "object", "properties": {
                       "pointer": _TEXT, "rule": _TEXT, "detail": _TEXT}}}},
}
_WRITTEN = {"type": "object", "required": ["resourceId"],
            "properties": {"resourceId": {"type": "string", "format": "uuid"}}}
_SYSTEM = {"resourceId": {"type": "string", "format": "uuid", "readOnly": True},
           "version": {"type": "integer", "readOnly": True},
           "createdAt": {"type": "string", "format": "date-time", "readOnly": True},
           "updatedAt": {"type": "string", "format": "date-time", "readOnly": True}}
_TOKEN = {"type": "object", "required": ["access_token", "token_type", "expires_in", "scope"], "properties": {
    "access_token": _TEXT, "token_type": {"const": "Bearer"}, "expires_in": {"type": "integer"}, "scope": _TEXT}}
_TOKEN_FORM = {"type": "object", "required": ["grant_type"], "properties": {
    "grant_type": {"const": "client_credentials"}, "client_id": _TEXT, "client_secret": _TEXT, "scope": _TEXT}}


def openapi_document(kinds: Mapping[str, ResourceType]) -> Part:
    """Return the document of all resource types."""
    paths: Part = {"/organization-api/oauth/token": {"post": _token_call()}}
    paths |= _default_routes()
    schemas: Part = {"Problem": _PROBLEM, "Written": _WRITTEN}
    for kind in kinds.values():
        schemas[_title(kind)] = {name: part for name, part in kind.schema.items() if name not in ("$schema", "$id")}
        schemas[f"{_title(kind)}Record"] = _record_schema(kind)
        paths |= _paths(kind)
    scopes = {scope: "" for kind in kinds.values() for scope in (kind.read_scope, kind.write_scope)}
    flow = {"clientCredentials": {"tokenUrl": "/organization-api/oauth/token", "scopes": scopes}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Guildhall organization store", "version": "1.0.0",
                 "description": "Multi-tenant resources with events, one database per tenant."},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"oauth2": {"type": "oauth2", "flows": flow}}},
    }


def _paths(kind: ResourceType) -> Part:
    collection = f"/organization-api/{{tenantId}}/{kind.name}"
    tenant, member = _path_parameter("tenantId"), _path_parameter("resourceId")
    return {
        collection: {"parameters": [tenant], "post": _post(kind), "get": _search(kind)},
        f"{collection}/{{resourceId}}": {
            "parameters": [tenant, member], "get": _get(kind), "put": _put(kind), "patch": _patch(kind),
            "delete": _delete(kind)},
    }


def _post(kind: ResourceType) -> Part:
    return _call(kind, "create", kind.write_scope, {"201": "Created", "202": "Accepted; poll Location",
                                                    "200": "The same Idempotency-Key was finished before"},
                 (*_WRITES, "409"), _write_headers(), _body(kind, "application/json"))


def _put(kind: ResourceType) -> Part:
    return _call(kind, "put", kind.write_scope, {"200": "Updated", "201": "Created with the given id",
                                                 "202": "Accepted; poll Location"},
                 (*_WRITES, "412"), _write_headers(conditional=True), _body(kind, "application/json"))


def _patch(kind: ResourceType) -> Part:
    return _call(kind, "patch", kind.write_scope, {"200": "Updated", "202": "Accepted; poll Location"},
                 (*_WRITES, "404", "412"), _write_headers(conditional=True),
                 {"required": True, "content": {"application/merge-patch+json": {"schema": {"type": "object"}},
                                                "application/json": {"schema": {"type": "object"}}}})


def _delete(kind: ResourceType) -> Part:
    return _call(kind, "delete", kind.write_scope, {"200": "Deleted, now or before", "202": "Accepted"},
                 (*_ALWAYS, "404", "412"), _write_headers(conditional=True))


def _get(kind: ResourceType) -> Part:
    call = _call(kind, "get", kind.read_scope, {}, _ALWAYS, [_header("If-None-Match", "ETag the caller has")])
    record = _json_answer("The record; ETag is its version", _ref(f"{_title(kind)}Record"))
    call["responses"] |= {"200": record | _sent("ETag"),
                          "204": {"description": "It does not exist or is deleted"},
                          "304": {"description": "The caller's version is the stored one"} | _sent("ETag")}
    return call


def _search(kind: ResourceType) -> Part:
    call = _call(kind, "search", kind.read_scope, {}, _ALWAYS, _search_parameters(kind))
    rows = {"type": "array", "items": _ref(f"{_title(kind)}Record")}
    page = _json_answer("The page; see Link and X-Total-Count", rows)
    call["responses"] |= {"200": page | _sent("X-Total-Count", "Link"),
                          "204": {"description": "Nothing matches"} | _sent("X-Total-Count")}
    return call


def _call(kind: ResourceType, verb: str, scope: str, successes: Mapping[str, str], problems: tuple[str, ...],
          parameters: list[Part], body: Part | None = None) -> Part:
    responses = {status: _json_answer(meaning, _ref("Written")) | _written_headers(status)
                 for status, meaning in successes.items()}
    responses |= {status: _problem_answer(status) for status in problems}
    call: Part = {"operationId": f"{verb}{_title(kind)}", "tags": [kind.name], "security": [{"oauth2": [scope]}],
                  "parameters": parameters, "responses": responses}
    return call | ({"requestBody": body} if body else {})


def _search_parameters(kind: ResourceType) -> list[Part]:
    own: list[tuple[str, Part, str]] = [
           ("q", _TEXT, "words that must begin a word of " + ", ".join(kind.text_properties)),
           ("updatedSince", {"type": "string", "format": "date-time"}, "changed at or after this time"),
           ("page", {"type": "integer", "minimum": 1, "default": 1}, ""),
           ("pageSize", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE_SIZE, "default": 25}, ""),
           ("sort", {"type": "string", "default": "-updatedAt"}, "properties, comma separated, - for descending")]
    return [_query(*parameter) for parameter in own] + [
        parameter for name, spec in kind.schema["properties"].items() for parameter in _property_parameters(name, spec)]


def _property_parameters(name: str, spec: Mapping[str, Any]) -> list[Part]:
    if spec.get("type") == "object":
        return [parameter for member, part in spec.get("properties", {}).items()
                for parameter in _property_parameters(f"{name}.{member}", part)]
    if spec.get("type") == "array":
        return [_query(name, dict(spec.get("items", {})), f"{name} contains")]
    return [_query(name, {key: value for key, value in spec.items() if key != "default"}, f"{name} equals")]


def _write_headers(*, conditional: bool = False) -> list[Part]:
    headers = [_header("Prefer", "respond-async: answer 202 and project later"),
               _header("Idempotency-Key", "the same key and body is carried out once in 24 hours")]
    conditions = [_header("If-Match", "the version to change, or *"), _header("If-None-Match", "*: only when absent")]
    return headers + (conditions if conditional else [])


def _record_schema(kind: ResourceType) -> Part:
    return {"allOf": [{"type": "object", "properties": _SYSTEM, "required": list(_SYSTEM)},
                      {"type": "object", "properties": kind.schema["properties"]}]}


def _body(kind: ResourceType, media_type: str) -> Part:
    return {"required": True, "content": {media_type: {"schema": _ref(_title(kind))}}}


def _token_call() -> Part:
    return {"operationId": "issueToken", "tags": ["oauth"], "security": [],
            "requestBody": {"required": True,
                            "content": {"application/x-www-form-urlencoded": {"schema": _TOKEN_FORM}}},
            "responses": {"200": _json_answer("An access token", _TOKEN), "400": {"description": "RFC 6749 §5.2 error"},
                          "401": {"description": "Unknown client or wrong secret"}, "429": _problem_answer("429")}}


def _default_routes() -> Part:
    """Return the calls beside the resources that need no token."""
    health = {"type": "object", "properties": {"status": {"enum": ["OK", "ERR"]}, "database": {"type": "boolean"}}}
    page = {"description": "A page", "content": {"text/html": {"schema": _TEXT}}}
    return {
        "/organization-api/health": _open_get("health", {"200": _json_answer("It is well", health),
                                                         "503": _json_answer("The catalog is away", health)}),
        "/organization-api/openapi.json": _open_get("openapi", {"200": _json_answer("This document",
                                                                                    {"type": "object"})}),
        "/organization-api/swagger": _open_get("swagger", {"200": page}),
    }


def _open_get(name: str, responses: Part) -> Part:
    return {"get": {"operationId": name, "tags": ["default routes"], "security": [], "responses": responses}}


def _path_parameter(name: str) -> Part:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _query(name: str, schema: Mapping[str, Any], meaning: str) -> Part:
    return {"name": name, "in": "query", "schema": dict(schema), "description": meaning}


def _header(name: str, meaning: str) -> Part:
    return {"name": name, "in": "header", "schema": _TEXT, "description": meaning}


def _json_answer(meaning: str, schema: Part) -> Part:
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}


def _problem_answer(status: str) -> Part:
    content = {"application/problem+json": {"schema": _ref("Problem")}}
    return {"description": _MEANINGS[status], "content": content} | _sent(*_PROBLEM_HEADERS.get(status, ()))


def _written_headers(status: str) -> Part:
    return _sent("Location", "ETag", *(["Preference-Applied"] if status == "202" else []))


def _sent(*names: str) -> Part:
    return {"headers": {name: {"description": _HEADERS[name], "schema": _TEXT} for name in names}} if names else {}


def _ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}


def _title(kind: ResourceType) -> str:
    return kind.name[0].upper() + kind.name[1:]
