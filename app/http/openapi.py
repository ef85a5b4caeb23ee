"""The OpenAPI 3.1 document of each service, derived from what routes.py declares and written by flask-smorest."""
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask_smorest import Api
from marshmallow import Schema, fields

from app.http import schemas
from app.http.service import Service
from app.identity.access import Predicate, needs_no_login
from app.runtime import runtime, runtime_of

if TYPE_CHECKING:
    from app.http.declaration import ServiceBlueprint
    from app.http.realm_front import BusinessApi

_TYPES: dict[type[fields.Field[Any]], tuple[str | None, str | None]] = {
    schemas.Text: ("string", None), schemas.Identifier: ("string", "uuid"), schemas.Instant: ("string", "date-time"),
    schemas.Money: ("number", "double"), schemas.Currency: ("string", None), schemas.Choice: ("string", None),
    schemas.Whole: ("integer", "int32"), schemas.Flag: ("boolean", None), schemas.JsonObject: ("object", None),
    schemas.IdList: ("array", None)}
_EXAMPLES: dict[type[fields.Field[Any]], Any] = {
    schemas.Text: "text", schemas.Identifier: "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e",
    schemas.Instant: "2026-01-31T12:00:00.000Z", schemas.Money: 19.99, schemas.Currency: "USD", schemas.Whole: 1,
    schemas.Flag: True, schemas.JsonObject: {}, schemas.IdList: []}
_ERROR = {"type": "object", "required": ["result", "status", "message", "errCode", "date"], "properties": {
    "result": {"type": "string", "const": "ERR"}, "status": {"type": "integer"}, "message": {"type": "string"},
    "errCode": {"type": ["integer", "string"]}, "date": {"type": "string", "format": "date-time"}, "detail": {}},
    "example": {"result": "ERR", "status": 400, "message": "title: is required", "errCode": "ValidationError",
                "date": "2026-01-31T12:00:00.000Z", "detail": {"title": "is required"}}}
_ENVELOPE: dict[str, Any] = {"type": "object", "properties": {
    "status": {"type": "string", "const": "OK"}, "statusCode": {"type": "integer"}, "elapsedMs": {"type": "integer"},
    "ssoTime": {"type": "integer"}, "source": {"type": "string", "enum": ["db", "cache"]},
    "cacheKey": {"type": "string"}, "userId": {"type": ["string", "null"]}, "sessionId": {"type": ["string", "null"]},
    "requestId": {"type": "string"}, "dataName": {"type": "string"}, "method": {"type": "string"},
    "action": {"type": "string"}, "appVersion": {"type": "string"}, "rowCount": {"type": "integer"}}}
_ENVELOPE["required"] = list(_ENVELOPE["properties"])
_PAGES = ("pageNumber", "pageRowCount", "totalRowCount", "pageCount")
_PAGING = {"type": "object", "required": [*_PAGES, "next"], "properties": {
    **{name: {"type": "integer"} for name in _PAGES},
    "next": {"type": ["string", "null"], "description": "`after` of the next page; null at the end"}}}
_TOTAL_AGE = {"X-Total-Age": {"schema": {"type": "integer"}, "description":
              "how many ms ago totalRowCount was counted; only where rows may have changed since (above 10,000)"}}
_MEANINGS = {400: "A parameter is wrong or a rule forbids it", 401: "No valid login", 403: "Not allowed",
             404: "Not found", 409: "The same Idempotency-Key is in flight", 412: "If-Match names another version",
             413: "The body is too large", 415: "The body is not JSON", 429: "Too many requests; see Retry-After",
             503: "A part the call cannot do without is down; nothing was changed"}
_COMMON = (("getJoins", "boolean", "false leaves associated objects out"),
           ("excludeCQRS", "boolean", "true leaves out associations of other services"),
           ("requestId", "string", "echoed in the answer and the log"))
_PAGED = (("caching", "boolean", "false bypasses the query cache"), ("cacheTTL", "integer", "seconds to cache, 300"),
          ("pageNumber", "integer", "from 1; 0 returns all rows up to the server's bound"),
          ("pageRowCount", "integer", "rows per page, 25"),
          ("after", "string", "`paging.next` of the page before: begins behind its last row, in place of pageNumber"))
IDEMPOTENCY_KEY = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255},
                   "description": "the same key and body replays the stored answer for 24 h"}
_KINDS = {"id": {"type": "string", "format": "uuid"}, "instant": {"type": "string", "format": "date-time"},
          "number": {"type": "number"}, "integer": {"type": "integer"}, "boolean": {"type": "boolean"}}


def describe(api: "BusinessApi", operation: str) -> dict[str, Any]:
    """Return the OpenAPI operation of one rule of a business API."""
    doc: dict[str, Any] = {
        "operationId": operation, "summary": (api.view.__doc__ or "").strip().split("\n")[0],
        "parameters": _parameters(api), "responses": _responses(api), "x-event-topic": api.topic}
    if needs_no_login(api.policy):
        doc["security"] = []
    if api.method in ("POST", "PATCH", "PUT"):
        doc["requestBody"] = {"required": bool(api.body), "content": {"application/json": {
            "schema": api.shape or {"type": "object"}}}}
        if api.body is not None:
            doc["requestBody"]["content"]["application/json"]["example"] = _example(api.body())
    return doc


def describe_system(name: str, view: Any, method: str, path: str, body: type[Schema] | None, policy: Predicate,
                    doc: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI operation of a bare route; `doc` adds to it or says it better."""
    refusals = [400, 401, 403, 404, 429, 503] + ([413] if method != "GET" else []) + ([415] if body else [])
    responses = {"200": answer({}), **{str(code): _error(code) for code in refusals}}
    described: dict[str, Any] = {
        "operationId": name, "summary": (view.__doc__ or name).strip().split("\n")[0],
        "parameters": [_path_parameter(part) for part in placeholders(path)],
        **({"security": []} if needs_no_login(policy) else {}),
        **doc, "responses": responses | doc.get("responses", {})}
    if body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {
            "schema": body, "example": _example(body())}}}
    return described


def describe_default(path: str, doc: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI operation of a route every service has."""
    parameters = [_path_parameter(part) for part in placeholders(path)]
    return {"tags": ["default routes"], "parameters": parameters, **doc}


def answer(schema: dict[str, Any], meaning: str = "OK", media_type: str = "application/json") -> dict[str, Any]:
    """Return what a document says of one answer of a bare route."""
    return {"description": meaning, "content": {media_type: {"schema": schema}}}


def document_from(service: Service, title: str, paths: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document of a service that says itself what each of its paths does."""
    info = {"title": title, "version": service.version, "description": service.description}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": components}


def placeholders(path: str) -> list[str]:
    """Return the names of a path's parameters."""
    return [part[1:-1].split(":")[-1] for part in path.split("/") if part[:1] in ("{", "<")]


def _path_parameter(name: str, uuid: bool = False) -> dict[str, Any]:
    kind = {"type": "string", "format": "uuid"} if uuid else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": kind}


def _query(name: str, kind: dict[str, Any], meaning: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": kind, "description": meaning}


def _parameters(api: "BusinessApi") -> list[dict[str, Any]]:
    found = [_path_parameter(name, name not in api.text_parameters) for name in placeholders(api.path)]
    found += [_query(name, {"type": kind}, meaning) for name, kind, meaning in _COMMON]
    if api.crud == "list":
        found += [_query(name, {"type": kind}, meaning) for name, kind, meaning in _PAGED]
        found += [_query(item.name, {"type": "string", "enum": list(item.options)} if item.options else
                         _KINDS.get(item.kind, {"type": "string"}), "filter; repeat for any of")
                  for item in api.filters.items]
    found += [_query(name, {"type": "string"}, meaning) | {"required": meaning.startswith("required")}
              for name, meaning in api.arguments.items()]
    if api.method in ("POST", "PATCH"):
        found.append(IDEMPOTENCY_KEY)
    if api.method in ("PATCH", "DELETE"):
        found.append({"name": "If-Match", "in": "header", "schema": {"type": "string"},
                      "description": "the ETag (recordVersion) the change is meant for"})
    return found


def _responses(api: "BusinessApi") -> dict[str, Any]:
    shape: Any = schemas.output_schema(api.returns) if api.returns is not None else {"type": "object"}
    properties: dict[str, Any] = {api.data_name: {"type": "array", "items": shape} if api.crud == "list" else shape}
    if api.crud == "list":
        properties |= {"paging": _PAGING, "filters": {"type": "array", "items": {"type": "object"}},
                       "uiPermissions": {"type": "array", "items": {}}}
    body = {"allOf": [{"$ref": "#/components/schemas/Envelope"}, {
        "type": "object", "required": list(properties), "properties": {**properties, **api.extras}}]}
    good = {"description": "OK", "content": {"application/json": {"schema": body}}}
    return {str(api.status): good | ({"headers": _TOTAL_AGE} if api.crud == "list" else {}),
            **{str(code): _error(code) for code in _codes(api.method)}}


def _codes(method: str) -> list[int]:
    return [400, 401, 403, 404, 429, 503] + ([409, 412, 413, 415] if method != "GET" else [])


def _error(code: int) -> dict[str, Any]:
    return {"description": _MEANINGS[code],
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ApiError"}}}}


def _example(schema: Schema) -> dict[str, Any]:
    """Return a body of the required fields and of those that say an example."""
    return {field.data_key or name: field.metadata.get("enum", [None])[0] or field.metadata.get("example")
            or _EXAMPLES.get(type(field), "text") for name, field in schema.fields.items()
            if field.required or "example" in field.metadata}


@dataclass
class Documents:
    """What each service's document is written from, and the documents that were asked for."""

    sources: "dict[str, tuple[Api, ServiceBlueprint]]" = field(default_factory=dict)
    made: dict[str, dict[str, Any]] = field(default_factory=dict)


def prepare_document(app: Flask, blueprint: "ServiceBlueprint") -> None:
    """Give the service its flask-smorest Api; its views are described when the document is first asked for."""
    service = blueprint.service
    prefix = f"{service.realm}_{service.name}_".upper()
    app.config[f"{prefix}API_TITLE"] = f"{service.name} ({service.codename})"
    app.config[f"{prefix}API_VERSION"] = service.version
    app.config[f"{prefix}OPENAPI_VERSION"] = "3.1.0"
    api = Api(app, config_prefix=prefix, spec_kwargs={"info": {"description": service.description}})
    api.DEFAULT_ERROR_RESPONSE_NAME = None  # it would promise flask-smorest's error shape, which nothing here has
    for kind, named in _TYPES.items():
        api.register_field(kind, *named)
    api.spec.components.schema("ApiError", _ERROR)
    api.spec.components.schema("Envelope", _ENVELOPE)
    for name, scheme in {**_security(service), **blueprint.security_schemes}.items():
        api.spec.components.security_scheme(name, scheme)
    api.spec.options["security"] = [{name: []} for name in _security(service)]
    runtime_of(app).part(Documents).sources[blueprint.name] = api, blueprint


def _security(service: Service) -> dict[str, dict[str, str]]:
    token = f"{service.codename}-access-token"
    return {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "header": {"type": "apiKey", "in": "header", "name": token},
            "cookie": {"type": "apiKey", "in": "cookie", "name": token},
            "query": {"type": "apiKey", "in": "query", "name": "access_token"}}


def document_of(blueprint_name: str) -> dict[str, Any]:
    """Return the OpenAPI document of a mounted service."""
    documents = runtime().part(Documents)
    if blueprint_name not in documents.made:
        api, blueprint = documents.sources[blueprint_name]
        blueprint.register_views_in_doc(api, current_app, api.spec, name=blueprint_name, parameters=None)
        documents.made[blueprint_name] = api.spec.to_dict()
    return documents.made[blueprint_name]
