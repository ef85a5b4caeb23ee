"""What the OpenAPI document says of the store, derived from the schema files that also validate and make the tables."""
from collections.abc import Iterable, Mapping
from typing import Any

from app.http.declaration import DocumentedBlueprint
from app.http.oauth import token_operation
from app.http.openapi import answer, client_credentials, parameter, request_body
from app.http.service import Service
from blueprints.organization.application.search_parameters import LARGEST_PAGE_SIZE
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.domain.schema_mapping import MEMBER

Part = dict[str, Any]

_NOT_FOR_CALLERS = ("$schema", "$id", MEMBER)
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


def components_of(service: Service, kinds: Iterable[ResourceType]) -> Part:
    """Return the shapes of all resource types and how one proves who one is."""
    schemas: Part = {"Problem": _PROBLEM, "Written": _WRITTEN}
    scopes: dict[str, str] = {}
    for kind in kinds:
        schemas[_title(kind)] = {name: part for name, part in kind.schema.items() if name not in _NOT_FOR_CALLERS}
        schemas[f"{_title(kind)}Record"] = _record_schema(kind)
        scopes |= {kind.read_scope: "", kind.write_scope: ""}
    return {"schemas": schemas, "securitySchemes": {"oauth2": client_credentials(service, scopes)}}


def describe_token_endpoint(api: DocumentedBlueprint) -> None:
    """Say in the document how a client gets a token."""
    refusals = {status: _problem(status) for status in ("413", "429", "503")}
    api.describe("/oauth/token", post=token_operation(refusals) | {"operationId": "issueToken", "tags": ["oauth"]})


def describe_calls(api: DocumentedBlueprint, kind: ResourceType) -> None:
    """Say in the document what the six calls of a resource type do."""
    tenant, member = parameter("path", "tenantId", _TEXT), parameter("path", "resourceId", _TEXT)
    collection = f"/{{tenantId}}/{kind.name}"
    api.describe(collection, parameters=[tenant], post=_post(kind), get=_search(kind))
    api.describe(f"{collection}/{{resourceId}}", parameters=[tenant, member], get=_get(kind), put=_put(kind),
                 patch=_patch(kind), delete=_delete(kind))


def _post(kind: ResourceType) -> Part:
    return _call(kind, "create", kind.write_scope, {"201": "Created", "202": "Accepted; poll Location",
                                                    "200": "The same Idempotency-Key was finished before"},
                 (*_WRITES, "409"), _write_headers(), request_body(_ref(_title(kind))))


def _put(kind: ResourceType) -> Part:
    return _call(kind, "put", kind.write_scope, {"200": "Updated", "201": "Created with the given id",
                                                 "202": "Accepted; poll Location"},
                 (*_WRITES, "412"), _write_headers(conditional=True), request_body(_ref(_title(kind))))


def _patch(kind: ResourceType) -> Part:
    return _call(kind, "patch", kind.write_scope, {"200": "Updated", "202": "Accepted; poll Location"},
                 (*_WRITES, "404", "412"), _write_headers(conditional=True),
                 request_body({"type": "object"}, "application/merge-patch+json", "application/json"))


def _delete(kind: ResourceType) -> Part:
    return _call(kind, "delete", kind.write_scope, {"200": "Deleted, now or before", "202": "Accepted"},
                 (*_ALWAYS, "404", "412"), _write_headers(conditional=True))


def _get(kind: ResourceType) -> Part:
    call = _call(kind, "get", kind.read_scope, {}, _ALWAYS, [_header("If-None-Match", "ETag the caller has")])
    call["responses"] |= {
        "200": answer(_ref(f"{_title(kind)}Record"), "The record; ETag is its version", headers=_named("ETag")),
        "204": answer(None, "It does not exist or is deleted"),
        "304": answer(None, "The caller's version is the stored one", headers=_named("ETag"))}
    return call


def _search(kind: ResourceType) -> Part:
    call = _call(kind, "search", kind.read_scope, {}, _ALWAYS, _search_parameters(kind))
    rows = {"type": "array", "items": _ref(f"{_title(kind)}Record")}
    call["responses"] |= {
        "200": answer(rows, "The page; see Link and X-Total-Count", headers=_named("X-Total-Count", "Link")),
        "204": answer(None, "Nothing matches", headers=_named("X-Total-Count"))}
    return call


def _call(kind: ResourceType, verb: str, scope: str, successes: Mapping[str, str], problems: tuple[str, ...],
          parameters: list[Part], body: Part | None = None) -> Part:
    responses = {status: _written(status, meaning) for status, meaning in successes.items()}
    responses |= {status: _problem(status) for status in problems}
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
    return [_query(*said) for said in own] + [
        found for name, spec in kind.schema["properties"].items() for found in _property_parameters(name, spec)]


def _property_parameters(name: str, spec: Mapping[str, Any]) -> list[Part]:
    if spec.get("type") == "object":
        return [found for member, part in spec.get("properties", {}).items()
                for found in _property_parameters(f"{name}.{member}", part)]
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


def _query(name: str, schema: Mapping[str, Any], meaning: str) -> Part:
    return parameter("query", name, schema, meaning)


def _header(name: str, meaning: str) -> Part:
    return parameter("header", name, _TEXT, meaning)


def _problem(status: str) -> Part:
    headers = _named(*_PROBLEM_HEADERS.get(status, ()))
    return answer(_ref("Problem"), _MEANINGS[status], "application/problem+json", headers)


def _written(status: str, meaning: str) -> Part:
    applied = ["Preference-Applied"] if status == "202" else []
    return answer(_ref("Written"), meaning, headers=_named("Location", "ETag", *applied))


def _named(*names: str) -> dict[str, str]:
    return {name: _HEADERS[name] for name in names}


def _ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}


def _title(kind: ResourceType) -> str:
    return kind.name[0].upper() + kind.name[1:]
