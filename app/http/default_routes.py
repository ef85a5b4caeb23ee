"""The routes every service has without asking (rules-platform §2.1): face, documents, health, session, permissions."""
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import flask_swagger_ui
import orjson
from flask import Response

from app.actor import Actor
from app.errors import NotFound
from app.http.bearer import presented_token
from app.http.declaration import ServiceBlueprint
from app.http.envelope import json_response
from app.http.openapi import answer, document_of, operations_in
from app.http.pipeline import admitted
from app.http.public_path import public_path
from app.http.realm_front import SYSTEM, SystemRoute
from app.http.request import current_session
from app.http.service import GUIDES, Service
from app.identity.access import Predicate, anyone, public
from app.identity.sessions import SESSION_SCHEMA, session_body
from app.runtime import runtime
from app.settings import REALM_CODENAMES

_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_ASSET_FOLDER = Path(flask_swagger_ui.__file__).parent / "dist"
_SWAGGER = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="{assets}/swagger-ui.css"></head><body><div id="ui"></div>
<script src="{assets}/swagger-ui-bundle.js"></script>
<script type="module" src="{assets}/start.js"></script></body></html>"""
# The address is whole: a relative one would be taken from the page, not from this script. The page may call its own
# host alone (its Content-Security-Policy), which need not be that of PUBLIC_URL.
_START = """const answer = await fetch('{prefix}{mount}/openapi.json');
const spec = {{...await answer.json(), servers: [{{url: location.origin + '{prefix}'}}]}};
window.ui = SwaggerUIBundle({{spec, dom_id: '#ui'}});"""
_POSTMAN = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_NO_LOGIN = {"status": "ERR", "message": "No login found"}
_UNKNOWN = {"401": answer({"type": "object", "required": ["status", "message"], "properties": {
    "status": {"type": "string", "const": "ERR"}, "message": {"type": "string"}}, "example": _NO_LOGIN},
    "No valid login")}
_CAN = {"type": "object", "required": ["canDo", "exceptions"], "properties": {
    "canDo": {"type": "boolean"}, "exceptions": {"type": "array", "items": {"type": "string"}}},
    "example": {"canDo": True, "exceptions": []}}
_HEALTH = {"type": "object", "required": ["status", "database"], "properties": {
    "status": {"type": "string", "enum": ["OK", "ERR"]}, "database": {"type": "boolean"}},
    "example": {"status": "OK", "database": True}}


@dataclass(frozen=True, slots=True)
class HealthReports:
    """What /health and /admin/health answer, handed in by the factory."""

    health: Callable[[], Response]
    admin_health: Callable[[], Response]


def add_default_routes(blueprint: ServiceBlueprint) -> None:
    """Add the default routes to a service before it is first registered."""
    service = blueprint.service
    add_pages(blueprint.add_default, service, f"{service.codename} {service.name}",
              lambda: document_of(blueprint.name))
    _add_session_and_permissions(blueprint)


def add_pages(add: Callable[[str, Any, dict[str, Any]], None], service: Service, title: str,
              document: Callable[[], dict[str, Any]]) -> None:
    """Add the default routes that do not ask who calls; also for a service with tokens of its own.

    `add` takes a path, its view and its OpenAPI operation."""
    page, data = answer({"type": "string"}, media_type="text/html"), answer({"type": "object"})
    script, down = answer({"type": "string"}, media_type="text/javascript"), {"503": answer(_HEALTH, "Database down")}

    add("/", lambda: _face(service, document()), _said("face", "What this service can do", page))
    add("/swagger", lambda: swagger_page(service.name, f"{service.mount}/swagger-assets"),
        _said("swagger", "Try it out", page))
    add("/swagger-assets/{name}", lambda name: swagger_asset(service.mount, name),
        _said("swaggerAsset", "What that page is made of", script))
    for path, name in (("/openapi.json", "openapi"), ("/swagger.json", "swaggerDocument")):
        add(path, lambda: json_response(document()), _said(name, "This document", data))
    add("/getPostmanCollection", lambda: _postman(service, title, document()),
        _said("getPostmanCollection", "For Postman", data))
    add("/health", lambda: runtime().part(HealthReports).health(),
        _said("health", "Is it well?", answer(_HEALTH), down))
    add("/admin/health", lambda: runtime().part(HealthReports).admin_health(),
        _said("adminHealth", "Is it well, with Redis, events and jobs?", answer(_HEALTH), down))
    add("/favicon.ico", lambda: Response(status=204), {
        "operationId": "favicon", "summary": "No icon", "responses": {"204": {"description": "None"}}, "security": []})


def _add_session_and_permissions(blueprint: ServiceBlueprint) -> None:
    service = blueprint.service

    def known(policy: Predicate = public) -> Actor | None:
        actor = admitted(SYSTEM, SystemRoute(service, "whoCalls", policy, known), {})
        return None if actor.is_anonymous else actor

    def current_user() -> Response:
        known(anyone)  # spends the rate limit
        token, session = presented_token(service.realm), current_session(service.realm)
        if token is None or session is None:
            return json_response(_NO_LOGIN, 401)
        return json_response(session_body(session, token.value))

    def permissions() -> Response:
        return json_response([]) if known() else json_response(_NO_LOGIN, 401)

    def permission(permissionName: str) -> Response:  # noqa: N803 - the contract's parameter name
        actor = known()
        if actor is None:
            return json_response(_NO_LOGIN, 401)
        return json_response({"canDo": _can(actor, service.codename, permissionName), "exceptions": []})

    for path, view, name, summary, shape in (
            ("/currentuser", current_user, "currentUser", "Who is logged in", SESSION_SCHEMA),
            ("/permissions", permissions, "permissions", "The caller's permission records: none, roles decide",
             {"type": "array", "items": {"type": "object"}, "example": []}),
            ("/permissions/{permissionName}", permission, "permission", "Whether the caller has a permission", _CAN)):
        blueprint.add_default(path, view, {
            "operationId": name, "summary": summary, "responses": {"200": answer(shape), **_UNKNOWN}})


def _said(name: str, summary: str, good: dict[str, Any], *refusals: dict[str, Any]) -> dict[str, Any]:
    """Return the operation of a default route that needs no login."""
    responses = {"200": good}
    for refusal in refusals:
        responses |= refusal
    return {"operationId": name, "summary": summary, "responses": responses, "security": []}


def swagger_page(title: str, assets: str) -> str:
    """Return the page that tries a service's calls; `assets` is the path under which swagger_asset answers."""
    return _SWAGGER.format(title=escape(title), assets=public_path(assets))


def swagger_asset(mount: str, name: str) -> Response:
    """Return one of the files that page is made of, for the service at `mount`; raises NotFound."""
    if name == "start.js":
        return Response(_START.format(prefix=public_path(""), mount=mount), mimetype="text/javascript")
    if name not in _ASSETS:
        raise NotFound
    return Response((_ASSET_FOLDER / name).read_bytes(), mimetype=_ASSETS[name],
                    headers={"Cache-Control": "public, max-age=86400"})


def _can(actor: Actor, codename: str, permission: str) -> bool:
    """Derive a permission from the role, there being no permission model (rules-platform §3.4)."""
    if actor.is_super_admin:
        return True
    return actor.role == "admin" and (permission == "adminPanel.access" or permission.startswith(f"{codename}."))


def _face(service: Service, document: dict[str, Any]) -> str:
    rows = "".join(f"<tr><td>{method}</td><td><code>{escape(path)}</code></td><td>{escape(said['operationId'])}</td>"
                   f"<td>{escape(said['summary'])}</td></tr>" for method, path, said in operations_in(document))
    mount = public_path(service.mount)
    guides = "".join(f" · <a href='{public_path(service.guide_path(guide))}'>{name}</a>"
                     for guide, name in GUIDES.items() if service.realm in REALM_CODENAMES)
    return (f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{service.name}</title><h1>{service.name}"
            f" {service.version}</h1><p>{escape(service.description)}</p><p><a href='{mount}/swagger'>try the APIs</a>"
            f" · <a href='{mount}/openapi.json'>OpenAPI</a>{guides}</p><table>{rows}</table></html>")


def _postman(service: Service, title: str, document: dict[str, Any]) -> Response:
    variables = {"baseUrl": runtime().settings.public_url, "accessToken": ""}
    collection = {
        "info": {"name": title, "schema": _POSTMAN},
        "item": [_postman_item(*operation) for operation in operations_in(document)],
        "variable": [{"key": key, "value": value} for key, value in variables.items()]}
    return json_response(collection, 200, {
        "Content-Disposition": f'attachment; filename="{service.name}.postman_collection.json"'})


def _postman_item(method: str, path: str, said: dict[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": method, "url": "{{baseUrl}}" + path.replace("{", ":").replace("}", ""),
        "description": said["summary"], "header": []}
    if said.get("security") != []:
        request["header"].append({"key": "Authorization", "value": "Bearer {{accessToken}}"})
    body = said.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        request["header"].append({"key": "Content-Type", "value": "application/json"})
        request["body"] = {"mode": "raw", "raw": orjson.dumps(body.get("example", {})).decode()}
    return {"name": said["operationId"], "request": request}
