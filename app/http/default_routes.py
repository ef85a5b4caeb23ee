"""The routes every service has without asking (rules-platform §2.1): face, documents, health, session, permissions."""
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any, Protocol

import flask_swagger_ui
from flask import Response

from app.http.blueprint import ServiceBlueprint
from app.http.envelope import json_response
from app.http.errors import NotFound
from app.http.openapi import document_of
from app.http.request import current_actor
from app.http.service import Service
from app.identity.actor import Actor
from app.identity.authentication import session_answer
from app.ops.health import admin_health_report, health_report

_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_ASSET_FOLDER = Path(flask_swagger_ui.__file__).parent / "dist"
_SWAGGER = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="{assets}/swagger-ui.css"></head><body><div id="ui"></div>
<script src="{assets}/swagger-ui-bundle.js"></script><script src="{assets}/start.js"></script></body>
</html>"""
_START = "window.ui = SwaggerUIBundle({{url: '{mount}/openapi.json', dom_id: '#ui'}});"
_POSTMAN = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_NO_LOGIN = {"status": "ERR", "message": "No login found"}


class Declared(Protocol):
    """What the pages tell of an API."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def method(self) -> str:
        """Its HTTP method."""

    @property
    def path(self) -> str:
        """Its path below the mount, parameters in braces."""


def add_default_routes(blueprint: ServiceBlueprint) -> None:
    """Add the default routes to a service before it is first registered."""
    if blueprint.has_default_routes:
        return
    blueprint.has_default_routes = True
    service, name = blueprint.service, blueprint.name

    add = blueprint.add_undocumented

    def current_user() -> Response:
        session = session_answer(service.realm)
        return json_response(session) if session else json_response(_NO_LOGIN, 401)

    def permissions() -> Response:
        return json_response(_NO_LOGIN, 401) if current_actor(service.realm).is_anonymous else json_response([])

    def permission(permissionName: str) -> Response:  # noqa: N803 - the contract's parameter name
        actor = current_actor(service.realm)
        if actor.is_anonymous:
            return json_response(_NO_LOGIN, 401)
        return json_response({"canDo": _can(actor, service.codename, permissionName), "exceptions": []})

    add_pages(add, service, f"{service.codename} {service.name}", blueprint.apis, lambda: document_of(name))
    add("/currentuser", current_user)
    add("/permissions", permissions)
    add("/permissions/<permissionName>", permission)


def add_pages(add: Callable[[str, Any], None], service: Service, title: str, apis: Sequence[Declared],
              document: Callable[[], dict[str, Any]]) -> None:
    """Add the default routes that do not ask who calls; also for a service with tokens of its own."""
    def postman() -> Response:
        return json_response(_postman(service, title, apis), 200, {
            "Content-Disposition": f'attachment; filename="{service.name}.postman_collection.json"'})

    add("/", lambda: _face(service, apis))
    add("/swagger", lambda: _SWAGGER.format(title=escape(service.name), assets=f"{service.mount}/swagger-assets"))
    add("/swagger-assets/<name>", lambda name: _asset(service.mount, name))
    add("/openapi.json", lambda: json_response(document()))
    add("/swagger.json", lambda: json_response(document()))
    add("/getPostmanCollection", postman)
    add("/health", health_report)
    add("/admin/health", admin_health_report)
    add("/favicon.ico", lambda: Response(status=204))


def _face(service: Service, apis: Sequence[Declared]) -> str:
    rows = "".join(f"<tr><td>{api.method}</td><td><code>{escape(service.mount + api.path)}</code></td>"
                   f"<td>{escape(api.name)}</td></tr>" for api in apis)
    return (f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{service.name}</title><h1>{service.name}"
            f" {service.version}</h1><p>{escape(service.description)}</p><p><a href='{service.mount}/swagger'>"
            f"try the APIs</a> · <a href='{service.mount}/openapi.json'>OpenAPI</a></p>"
            f"<table>{rows}</table></html>")


def _asset(mount: str, name: str) -> Response:
    if name == "start.js":
        return Response(_START.format(mount=mount), mimetype="text/javascript")
    if name not in _ASSETS:
        raise NotFound
    return Response((_ASSET_FOLDER / name).read_bytes(), mimetype=_ASSETS[name],
                    headers={"Cache-Control": "public, max-age=86400"})


def _can(actor: Actor, codename: str, permission: str) -> bool:
    """Derive a permission from the role, there being no permission model (rules-platform §3.4)."""
    if actor.is_super_admin:
        return True
    return actor.role == "admin" and (permission == "adminPanel.access" or permission.startswith(f"{codename}."))


def _postman(service: Service, title: str, apis: Sequence[Declared]) -> dict[str, Any]:
    items = [{"name": api.name, "request": {
        "method": api.method, "header": [{"key": "Authorization", "value": "Bearer {{accessToken}}"}],
        "url": "{{baseUrl}}" + service.mount + api.path.replace("{", ":").replace("}", "")}} for api in apis]
    return {"info": {"name": title, "schema": _POSTMAN}, "item": items}
