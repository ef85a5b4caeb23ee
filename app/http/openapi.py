"""The OpenAPI 3.1 document of each service, derived from what routes.py declares.

flask-smorest writes those of the realms; services outside make theirs of the same parts (`document_from`)."""
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, current_app
from marshmallow import Schema, fields

from app.http import schemas
from app.http.public_path import public_path
from app.http.service import Service
from app.identity.access import SCOPES, ClientPolicy, Predicate, needs_no_login
from app.runtime import runtime

if TYPE_CHECKING:  # flask-smorest is imported with the first document that is asked for
    from flask_smorest import Api, Blueprint

    from app.http.declaration import ServiceBlueprint
    from app.http.realm_front import BusinessApi

_TYPES: dict[type[fields.Field[Any]], tuple[str | None, str | None]] = {
    schemas.Text: ("string", None), schemas.WebAddress: ("string", "uri-reference"),
    schemas.Identifier: ("string", "uuid"), schemas.Instant: ("string", "date-time"),
    schemas.Money: ("number", "double"), schemas.Currency: ("string", None), schemas.Choice: ("string", None),
    schemas.Whole: ("integer", "int32"), schemas.Flag: ("boolean", None), schemas.JsonObject: ("object", None),
    schemas.IdList: ("array", None)}
_EXAMPLES: dict[type[fields.Field[Any]], Any] = {
    schemas.Text: "text", schemas.WebAddress: "https://cdn.example/picture.png",
    schemas.Identifier: "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e",
    schemas.Instant: "2026-01-31T12:00:00.000Z", schemas.Money: 19.99, schemas.Currency: "USD", schemas.Whole: 1,
    schemas.Flag: True, schemas.JsonObject: {}, schemas.IdList: [], schemas.ListOf: []}
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
          ("pageNumber", "integer", "from 1; 0 returns all rows, up to the server's bound; for staff without one"),
          ("pageRowCount", "integer", "rows per page, 25"),
          ("after", "string", "`paging.next` of the page before: begins behind its last row, in place of pageNumber"))
_KINDS = {"id": {"type": "string", "format": "uuid"}, "instant": {"type": "string", "format": "date-time"},
          "number": {"type": "number"}, "integer": {"type": "integer"}, "boolean": {"type": "boolean"}}


def describe(api: "BusinessApi", operation: str) -> dict[str, Any]:
    """Return the OpenAPI operation of one rule of a business API."""
    doc: dict[str, Any] = {
        "operationId": operation, "summary": (api.view.__doc__ or "").strip().split("\n")[0],
        "parameters": _parameters(api), "responses": _responses(api), "x-event-topic": api.topic}
    doc |= _security_of(api.service, api.policy)
    if api.method in ("POST", "PATCH", "PUT"):
        doc["requestBody"] = {"required": bool(api.body), "content": {"application/json": {
            "schema": api.shape or {"type": "object"}}}}
        if api.body is not None:
            doc["requestBody"]["content"]["application/json"]["example"] = _example(api.body())
    return doc


def describe_system(service: Service, name: str, view: Any, method: str, path: str, body: type[Schema] | None,
                    policy: Predicate, doc: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI operation of a bare route of the service; `doc` adds to it or says it better."""
    refusals = [400, 401, 403, 404, 429, 503] + ([413] if method != "GET" else []) + ([415] if body else [])
    responses = {"200": answer({}), **{str(code): _error(code) for code in refusals}}
    described: dict[str, Any] = {
        "operationId": name, "summary": (view.__doc__ or name).strip().split("\n")[0],
        "parameters": [_path_parameter(part) for part in placeholders(path)],
        **_security_of(service, policy),
        **doc, "responses": responses | doc.get("responses", {})}
    if body is not None:
        described["requestBody"] = request_body(body, example=_example(body()))
    return described


def describe_default(path: str, doc: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI operation of a route every service has."""
    parameters = [_path_parameter(part) for part in placeholders(path)]
    return {"tags": ["default routes"], "parameters": parameters, **doc}


def answer(schema: dict[str, Any] | None, meaning: str = "OK", media_type: str = "application/json",
           headers: Mapping[str, str] | None = None, example: Any = None) -> dict[str, Any]:
    """Return what a document says of one answer; `headers` are the meanings of those it has, None is no body."""
    content = {"schema": schema} if example is None else {"schema": schema, "example": example}
    sent = {name: {"description": said, "schema": {"type": "string"}} for name, said in (headers or {}).items()}
    body = {} if schema is None else {"content": {media_type: content}}
    return {"description": meaning, **body, **({"headers": sent} if sent else {})}


def parameter(place: str, name: str, schema: Mapping[str, Any], meaning: str | None = None) -> dict[str, Any]:
    """Return what a document says of one parameter; `place` is path, query or header."""
    required = {"required": True} if place == "path" else {}
    said = {} if meaning is None else {"description": meaning}
    return {"name": name, "in": place, "schema": dict(schema), **required, **said}


def request_body(schema: Any, *media_types: str, example: Any = None) -> dict[str, Any]:
    """Return what a document says of a body that must be sent, by default as application/json."""
    content = {"schema": schema} if example is None else {"schema": schema, "example": example}
    return {"required": True, "content": dict.fromkeys(media_types or ("application/json",), content)}


def client_credentials(service: Service, scopes: Mapping[str, str]) -> dict[str, Any]:
    """Return the security scheme of a service whose callers are OAuth2 clients; `scopes` with their meanings."""
    flow = {"tokenUrl": public_path(f"{service.mount}/oauth/token"), "scopes": dict(scopes)}
    return {"type": "oauth2", "flows": {"clientCredentials": flow}}


def document_from(service: Service, title: str, paths: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document of a service outside the realms: what its paths do, its shapes and schemes."""
    info = {"title": title, "version": service.version, "description": service.description}
    return {"openapi": "3.1.0", "info": info, "servers": _servers(), "paths": paths, "components": components}


def _servers() -> list[dict[str, str]]:
    """Return where the paths of a document begin."""
    return [{"url": runtime().settings.public_url}]


def operations_in(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and description of everything a document describes."""
    for path, item in document["paths"].items():
        yield from ((method.upper(), path, said) for method, said in item.items() if method != "parameters")


def placeholders(path: str) -> list[str]:
    """Return the names of a path's parameters."""
    return [part[1:-1].split(":")[-1] for part in path.split("/") if part[:1] in ("{", "<")]


def _path_parameter(name: str, uuid: bool = False) -> dict[str, Any]:
    return parameter("path", name, _KINDS["id"] if uuid else {"type": "string"})


def _query(name: str, kind: dict[str, Any], meaning: str) -> dict[str, Any]:
    return parameter("query", name, kind, meaning) | {"required": False}


IDEMPOTENCY_KEY = parameter("header", "Idempotency-Key", {"type": "string", "maxLength": 255},
                            "the same key and body replays the stored answer for 24 h")


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
        found.append(parameter("header", "If-Match", {"type": "string"},
                               "the ETag (recordVersion) the change is meant for"))
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
    return answer({"$ref": "#/components/schemas/ApiError"}, _MEANINGS[code])


def _example(schema: Schema) -> dict[str, Any]:
    """Return a body of the required fields and of those that say an example."""
    return {field.data_key or name: field.metadata.get("enum", [None])[0] or field.metadata.get("example")
            or _EXAMPLES.get(type(field), "text") for name, field in schema.fields.items()
            if field.required or "example" in field.metadata}


@dataclass(frozen=True, slots=True)
class Operation:
    """One rule of a service, as its document needs it: `docstring` is the view's, `describe` returns the operation."""

    rule: str
    endpoint: str
    method: str
    docstring: str | None
    describe: Callable[[], dict[str, Any]]


@dataclass
class Documents:
    """The documents that were asked for, by blueprint."""

    made: dict[str, dict[str, Any]] = field(default_factory=dict)


def _security(service: Service) -> dict[str, dict[str, str]]:
    token = f"{service.codename}-access-token"
    return {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "header": {"type": "apiKey", "in": "header", "name": token},
            "cookie": {"type": "apiKey", "in": "cookie", "name": token},
            "query": {"type": "apiKey", "in": "query", "name": "access_token"}}


def _security_of(service: Service, policy: Predicate) -> dict[str, Any]:
    """Return what an operation says of who may call it; nothing where that is what the document says of all."""
    if needs_no_login(policy):
        return {"security": []}
    if isinstance(policy, ClientPolicy):
        return {"security": [*({name: []} for name in _security(service)), {"client": [policy.scope]}]}
    return {}


def document_of(blueprint_name: str) -> dict[str, Any]:
    """Return the OpenAPI document of a mounted service; it is written when it is first asked for."""
    made = runtime().part(Documents).made
    if blueprint_name not in made:
        made[blueprint_name] = _written(cast("ServiceBlueprint", current_app.blueprints[blueprint_name]))
    return made[blueprint_name]


def _written(blueprint: "ServiceBlueprint") -> dict[str, Any]:
    from flask_smorest import Blueprint

    api = _prepared_api(blueprint)
    described = Blueprint(blueprint.name, __name__)
    for operation in blueprint.operations:
        described.add_url_rule(operation.rule, operation.endpoint, _documented(described, operation),
                               methods=[operation.method])
    described.register_views_in_doc(api, current_app, api.spec, name=blueprint.name, parameters=None)
    document: dict[str, Any] = api.spec.to_dict()
    _require_what_is_filled_in(document)
    return document


def _require_what_is_filled_in(document: dict[str, Any]) -> None:
    """Say of the fields that the contract requires that they are: only our answers know what to put in their place."""
    for schema in document.get("components", {}).get("schemas", {}).values():
        filled = [name for name, said in schema.get("properties", {}).items() if said.get("x-filled-in")]
        if filled:
            schema["required"] = [*schema.get("required", ()), *filled]


def _documented(described: "Blueprint", operation: Operation) -> Callable[[], None]:
    """Return a view that is never called and says what flask-smorest reads."""
    def view() -> None:
        """Do nothing."""

    view.__doc__ = operation.docstring
    documented: Callable[[], None] = described.doc(**operation.describe())(view)
    return documented


def _prepared_api(blueprint: "ServiceBlueprint") -> "Api":
    """Return flask-smorest's Api on an application of its own: ours already serves and can be set up no further."""
    from flask_smorest import Api

    service = blueprint.service
    api = Api(Flask("documents"), spec_kwargs={
        "title": f"{service.name} ({service.codename})", "version": service.version, "openapi_version": "3.1.0",
        "info": {"description": service.description}, "servers": _servers()})
    api.DEFAULT_ERROR_RESPONSE_NAME = None  # it would promise flask-smorest's error shape, which nothing here has
    for kind, named in _TYPES.items():
        api.register_field(kind, *named)
    api.spec.components.schema("ApiError", _ERROR)
    api.spec.components.schema("Envelope", _ENVELOPE)
    granted = {policy.scope for policy in blueprint.policies.values() if isinstance(policy, ClientPolicy)}
    programs = {"client": client_credentials(replace(service, name="auth", path=""), {
        scope: meaning for scope, meaning in SCOPES.items() if scope in granted})} if granted else {}
    for name, scheme in {**_security(service), **programs, **blueprint.security_schemes}.items():
        api.spec.components.security_scheme(name, scheme)
    api.spec.options["security"] = [{name: []} for name in _security(service)]
    return api
