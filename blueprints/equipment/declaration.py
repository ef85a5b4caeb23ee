"""How the registry declares its routes: each decorator adds a route and what the document says of it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response

from app.http.declaration import flask_rule
from app.http.openapi import describe_default, document_from, placeholders
from app.http.pipeline import Front, handle
from app.http.service import Service
from blueprints.equipment.envelope import ERROR, documented_refusal, documented_success
from blueprints.equipment.front import (
    ABOUT_CALLER,
    DEFAULT_PAGE_SIZE,
    LARGEST_PAGE_SIZE,
    READS,
    WRITES,
    Check,
    RegistryApi,
    View,
)
from blueprints.equipment.policies import POLICIES
from blueprints.equipment.rules import SCOPES
from blueprints.equipment.schemas import EXAMPLES, UUID, Schema

Decorator = Callable[[View], View]
Filters = Mapping[str, str | tuple[str, ...]]


class RegistryBlueprint(Blueprint):
    """The registry's blueprint; its decorators are the URL map and write its OpenAPI document."""

    def __init__(self, service: Service, title: str) -> None:
        super().__init__(service.name, __name__, url_prefix=service.mount)
        self.service = service
        self.apis: list[RegistryApi] = []
        self._title = title
        self._paths: dict[str, Any] = {}

    def create(
        self, path: str, *, name: str, body: Schema, returns: Schema, checks: tuple[Check, ...] = ()
    ) -> Decorator:
        """POST, 201: view(caller, rows, data, **path) returns the row."""
        return self._declare(WRITES, lambda view: RegistryApi(
            name, "POST", path, view, POLICIES[name], returns, body, checks, status=201))  # fmt: skip

    def change(
        self, path: str, *, name: str, returns: Schema, body: Schema | None = None, checks: tuple[Check, ...] = (),
        method: str = "PATCH",
    ) -> Decorator:  # fmt: skip
        """PATCH (PUT), 200: view(caller, rows, data, **path) returns the row."""
        return self._declare(WRITES, lambda view: RegistryApi(
            name, method, path, view, POLICIES[name], returns, body, checks))  # fmt: skip

    def one(self, path: str, *, name: str, returns: Schema) -> Decorator:
        """GET one, 200: view(caller, **path) returns the row."""
        return self._declare(READS, lambda view: RegistryApi(name, "GET", path, view, POLICIES[name], returns))

    def many(self, path: str, *, name: str, returns: Schema, filters: Filters | None = None) -> Decorator:
        """GET many, 200: view(caller, asked, **path) returns a Paged."""
        return self._declare(READS, lambda view: RegistryApi(
            name, "GET", path, view, POLICIES[name], returns, filters=filters or {}, is_list=True))  # fmt: skip

    def about_caller(self, path: str, *, name: str, shows: Schema) -> Decorator:
        """GET, bare: view(caller, **path) returns JSON for whoever has a good token."""

        def declare(view: View) -> View:
            answers = {"200": {"description": "OK", "content": {"application/json": {"schema": shows}}}}
            refusals = {str(code): documented_refusal(code) for code in (401, 429, 503)}
            said = {"operationId": name, "summary": view.__doc__, "security": [{"client": []}]}
            asked = _handler(ABOUT_CALLER, view)
            self.add_default(path, asked, said | {"responses": answers | refusals})
            return view

        return declare

    def add_default(self, path: str, view: View, said: dict[str, Any]) -> None:
        """Add a route every service has; `said` is its OpenAPI operation."""
        self.add_url_rule(flask_rule(path), f"default {path.replace('.', ' ')}", view)
        self.describe("GET", path, describe_default(path, said))

    def describe(self, method: str, path: str, operation: dict[str, Any]) -> None:
        """Say in the document what a route does."""
        self._paths.setdefault(self.service.mount + path, {})[method.lower()] = operation

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document of everything declared so far."""
        flow = {"tokenUrl": f"{self.service.mount}/oauth/token", "scopes": {scope: scope for scope in SCOPES}}
        return document_from(self.service, self._title, self._paths, {
            "schemas": {"Error": ERROR},
            "securitySchemes": {"client": {"type": "oauth2", "flows": {"clientCredentials": flow}}},
        })  # fmt: skip

    def _declare(self, front: Front[RegistryApi, Any, Any, Any], declared: Callable[[View], RegistryApi]) -> Decorator:
        def declare(view: View) -> View:
            api = declared(view)
            self.apis.append(api)
            self.add_url_rule(flask_rule(api.path), api.name, _handler(front, api), methods=[api.method])
            self.describe(api.method, api.path, _operation(api))
            return view

        return declare


def _handler(front: Front[Any, Any, Any, Any], api: RegistryApi | View) -> Callable[..., Response]:
    return lambda **path: handle(front, api, path)


def _operation(api: RegistryApi) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": api.name,
        "summary": (api.view.__doc__ or api.name).strip().split("\n")[0],
        "description": f"Roles: {', '.join(sorted(api.policy.roles))}.",
        "security": [{"client": [api.policy.scope]}],
        "parameters": _parameters(api),
        "responses": {
            str(api.status): documented_success(api.returns, api.status, is_list=api.is_list),
            **{str(code): documented_refusal(code) for code in _codes(api)},
        },
    }
    if api.body is not None:
        content = {"schema": api.body, "example": EXAMPLES[api.name]}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _codes(api: RegistryApi) -> list[int]:
    checked = [422] if api.body is not None or api.is_list else []
    return [401, 403, 404, 409, *checked, 429, 503, *([] if api.method == "GET" else [400, 413, 415])]


def _parameters(api: RegistryApi) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": UUID if name == "id" else {"type": "string"}}
        for name in placeholders(api.path)
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
