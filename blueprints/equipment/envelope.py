"""How the registry wraps answers and refusals (equipment.md), and what its document says of its calls."""

from typing import Any

import orjson
from flask import Response, g

from app.errors import ApiError
from app.http.declaration import ProgramApi
from app.http.envelope import json_response
from app.http.hosts import public_address
from app.http.openapi import answer, parameter, placeholders, request_body
from app.http.realm_front import View
from blueprints.equipment.queries import DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE, Paged, Wire
from blueprints.equipment.refusals import Entry, Unprocessable
from blueprints.equipment.schemas import EXAMPLES, UUID, Schema, shown

ERROR_TYPES = {
    400: "request_malformed",
    401: "access_denied",
    403: "forbidden",
    404: "not_found",
    405: "request_malformed",
    409: "request_conflict",
    413: "request_malformed",
    415: "request_malformed",
    422: "validation_failed",
    429: "too_many_requests",
    500: "internal_error",
    503: "service_unavailable",
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
_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer"}
_META = shown(
    {"code": _NUMBER, "url": _TEXT, "type": {"type": "string", "enum": ["object", "list"]}, "request_id": _TEXT}
)
_RULE = shown({"rule": _TEXT, "description": _TEXT, "params": {}})
_INVALID = shown({
    "entry": _TEXT,
    "entry_type": {"type": "string", "enum": ["json_data_property", "query_parameter"]},
    "rules": {"type": "array", "items": _RULE},
})  # fmt: skip
ERROR = shown({
    "meta": _META,
    "error": shown({
        "type": {"type": "string", "enum": sorted(set(ERROR_TYPES.values()))},
        "message": _TEXT,
        "invalid": {"type": "array", "items": _INVALID},
    }, "invalid"),
})  # fmt: skip
_PAGING = shown(dict.fromkeys(("page_number", "page_size", "total_entries", "total_pages"), _NUMBER))
_HEADERS = {401: {"WWW-Authenticate": "RFC 6750"}, 429: {"Retry-After": "seconds to wait"}}


def one_row(row: Wire, status: int = 200) -> Response:
    """Return the answer with one row."""
    return json_response(orjson.dumps({"meta": _meta(status, "object"), "data": row}), status)


def page_of_rows(paged: Paged) -> Response:
    """Return the answer with one page of a list."""
    paging = {"page_number": paged.asked.number, "page_size": paged.asked.size, "total_entries": paged.total}
    paging["total_pages"] = -(-paged.total // paged.asked.size)
    return json_response(orjson.dumps({"meta": _meta(200, "list"), "data": paged.rows, "paging": paging}))


def refused(error: ApiError) -> Response:
    """Return a refusal in the registry's shape."""
    said: dict[str, Any] = {"type": ERROR_TYPES.get(error.status, "request_malformed"), "message": error.message}
    if isinstance(error, Unprocessable):
        said["invalid"] = [_invalid(entry) for entry in error.entries]
    return json_response({"meta": _meta(error.status, "object"), "error": said}, error.status, error.headers)


def _invalid(entry: Entry) -> dict[str, Any]:
    rules = [{"rule": rule.rule, "description": rule.description, "params": rule.params} for rule in entry.rules]
    return {"entry": entry.path, "entry_type": entry.kind, "rules": rules}


def _meta(status: int, kind: str) -> dict[str, Any]:
    return {"code": status, "url": public_address(), "type": kind, "request_id": g.request_id}


def documented_api(api: ProgramApi) -> dict[str, Any]:
    """Return the OpenAPI operation of an API."""
    operation: dict[str, Any] = {
        "operationId": api.name,
        "summary": (api.view.__doc__ or api.name).strip().split("\n")[0],
        "description": f"Roles: {', '.join(sorted(api.policy.roles))}.",
        "security": [{"client": [api.policy.scope]}],
        "parameters": _parameters(api),
        "responses": {
            str(api.status): _success(api),
            **{str(code): documented_refusal(code) for code in _codes(api)},
        },
    }
    if api.body is not None:
        operation["requestBody"] = request_body(api.body, example=EXAMPLES[api.name])
    return operation


def documented_about_caller(name: str, view: View, shows: Schema) -> dict[str, Any]:
    """Return the OpenAPI operation of a call that tells about its caller."""
    responses = {"200": answer(shows), **{str(code): documented_refusal(code) for code in (401, 429, 503)}}
    return {"operationId": name, "summary": view.__doc__, "security": [{"client": []}], "responses": responses}


def documented_refusal(code: int) -> dict[str, Any]:
    """Return what the document says of the refusals with this status."""
    error = {"$ref": "#/components/schemas/Error"}
    return answer(error, _MEANINGS[code], headers=_HEADERS.get(code), example=_example(code))


def _success(api: ProgramApi) -> dict[str, Any]:
    data: Schema = {"type": "array", "items": api.returns} if api.is_list else api.returns
    properties = {"meta": _META, "data": data, **({"paging": _PAGING} if api.is_list else {})}
    return answer(shown(properties), "Created" if api.status == 201 else "OK")


def _codes(api: ProgramApi) -> list[int]:
    checked = [422] if api.body is not None or api.is_list else []
    return [401, 403, 404, 409, *checked, 429, 503, *([] if api.method == "GET" else [400, 413, 415])]


def _parameters(api: ProgramApi) -> list[dict[str, Any]]:
    found = [parameter("path", name, UUID if name == "id" else _TEXT) for name in placeholders(api.path)]
    found += [parameter("query", name, _filter(kind)) for name, kind in api.filters.items()]
    if api.is_list:
        number = _NUMBER | {"minimum": 1}
        found.append(parameter("query", "page", number | {"default": 1}))
        size = number | {"maximum": LARGEST_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE}
        found.append(parameter("query", "page_size", size))
    if api.method in ("POST", "PATCH", "PUT"):
        found.append(parameter("header", "Idempotency-Key", _TEXT | {"maxLength": 255}))
    return found


def _filter(kind: str | tuple[str, ...]) -> Schema:
    if isinstance(kind, tuple):
        return _TEXT | {"enum": list(kind)}
    return UUID if kind == "uuid" else _TEXT | {"maxLength": 255}


def _example(code: int) -> dict[str, Any]:
    error: dict[str, Any] = {"type": ERROR_TYPES[code], "message": _MEANINGS[code]}
    if code == 422:
        rule = {"rule": "required", "description": "required property name was not present", "params": []}
        error["invalid"] = [{"entry": "$.name", "entry_type": "json_data_property", "rules": [rule]}]
    meta = {"code": code, "url": "http://127.0.0.1:8000/equipment-api/api/equipment", "type": "object"}
    return {"meta": meta | {"request_id": "67c466f0174a51eb8722a87cbaf853b4"}, "error": error}
