"""Refusals as RFC 9457 problem details: the one place that knows which status each refusal has."""
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, request
from werkzeug.exceptions import HTTPException

from app.errors import ApiError
from blueprints.organization.domain import refusals

STATUS: dict[type[refusals.Refusal], tuple[int, str]] = {
    refusals.MalformedTenantId: (400, "malformed-tenant-id"),
    refusals.MalformedResourceId: (400, "malformed-resource-id"),
    refusals.MalformedBody: (400, "malformed-body"),
    refusals.MalformedParameter: (400, "malformed-parameter"),
    refusals.IdempotencyKeyReused: (400, "idempotency-key-reused"),
    refusals.NotAuthenticated: (401, "not-authenticated"),
    refusals.AccessDenied: (403, "access-denied"),
    refusals.NeverExisted: (404, "never-existed"),
    refusals.IdTaken: (409, "id-taken"),
    refusals.PreconditionFailed: (412, "precondition-failed"),
    refusals.SchemaViolated: (422, "schema-violated"),
    refusals.Unavailable: (503, "unavailable"),
}
_HEADERS = {401: {"WWW-Authenticate": 'Bearer realm="organization"'}, 503: {"Retry-After": "1"}}


def refusal_response(refusal: refusals.Refusal) -> Response:
    """Return the problem details of a refusal."""
    status, slug = STATUS[type(refusal)]
    members: dict[str, Any] = {}
    if isinstance(refusal, refusals.SchemaViolated):
        members["errors"] = [{"pointer": violation.pointer, "rule": violation.rule, "detail": violation.message}
                             for violation in refusal.violations]
    return problem_response(status, slug, refusal.detail, members)


def http_error_response(error: HTTPException) -> Response:
    """Return the problem details of what Flask itself refused: method, media type, size."""
    response = problem_response(error.code or 500, error.name.lower().replace(" ", "-"), error.description or "")
    if methods := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def kernel_refusal_response(error: ApiError) -> Response:
    """Return the problem details of what the application refused before it reached the store."""
    name = HTTPStatus(error.status).phrase.lower().replace(" ", "-")
    response = problem_response(error.status, name, error.message)
    response.headers.update(error.headers)
    return response


def problem_response(status: int, slug: str, detail: str, members: dict[str, Any] | None = None) -> Response:
    """Return a problem details response; `slug` makes its type, which never changes meaning."""
    body = {"type": f"urn:guildhall:problem:{slug}", "title": slug.replace("-", " ").capitalize(), "status": status,
            "detail": detail, "instance": request.path, **(members or {})}
    response = Response(orjson.dumps(body), status, mimetype="application/problem+json")
    response.headers.update(_HEADERS.get(status, {}))
    return response
