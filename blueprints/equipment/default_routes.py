"""The routes every service has without asking (rules-platform §2.1), for a service with its own envelope and tokens."""

from html import escape
from pathlib import Path
from typing import Any

import flask_swagger_ui
from flask import Response, send_from_directory

from app.http.envelope import json_response
from app.http.errors import NotFound
from app.ops.health import admin_health_report, health_report
from blueprints.equipment.openapi import document
from blueprints.equipment.pipeline import RegistryBlueprint, admit_anyone
from blueprints.equipment.policies import POLICIES

_ASSETS = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})
_ASSET_FOLDER = Path(flask_swagger_ui.__file__).parent / "dist"


def add_default_routes(api: RegistryBlueprint) -> None:
    """Add them all; called once, after routes.py has declared its own."""
    service = api.service
    described = document(service.mount, "Equipment registry", service.version, service.description, api.apis)

    def openapi() -> Response:
        return json_response(described)

    def postman() -> Response:
        attachment = f'attachment; filename="{service.name}.postman_collection.json"'
        return json_response(_postman(api), 200, {"Content-Disposition": attachment})

    for rule, view in {
        "/": lambda: _face(api),
        "/swagger": lambda: _swagger(service.mount),
        "/swagger-assets/<name>": lambda name: _asset(service.mount, name),
        "/openapi.json": openapi,
        "/swagger.json": openapi,
        "/getPostmanCollection": postman,
        "/health": health_report,
        "/admin/health": admin_health_report,
        "/currentuser": _current_user,
        "/permissions": _permissions,
        "/permissions/<name>": _permission,
        "/favicon.ico": lambda: Response(status=204),
    }.items():
        api.add_url_rule(rule, f"default {rule.replace('.', ' ')}", view)


def _face(api: RegistryBlueprint) -> str:
    mount = api.service.mount
    rows = "".join(
        f"<tr><td>{one.method}</td><td><code>{escape(mount + one.path)}</code></td><td>{one.name}</td></tr>"
        for one in api.apis
    )
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Equipment registry</title>"
        f"<h1>Equipment registry {api.service.version}</h1><p>{escape(api.service.description)}</p>"
        f"<p><a href='{mount}/swagger'>try the APIs</a> · <a href='{mount}/openapi.json'>OpenAPI</a></p>"
        f"<table>{rows}</table></html>"
    )


def _swagger(mount: str) -> str:
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Equipment registry</title>"
        f"<link rel='stylesheet' href='{mount}/swagger-assets/swagger-ui.css'><div id='ui'></div>"
        f"<script src='{mount}/swagger-assets/swagger-ui-bundle.js'></script>"
        f"<script src='{mount}/swagger-assets/start.js'></script></html>"
    )


def _asset(mount: str, name: str) -> Response:
    if name == "start.js":
        start = f"window.ui = SwaggerUIBundle({{url: '{mount}/openapi.json', dom_id: '#ui'}});"
        return Response(start, mimetype="text/javascript")
    if name not in _ASSETS:
        raise NotFound
    return send_from_directory(_ASSET_FOLDER, name, max_age=86400)


def _postman(api: RegistryBlueprint) -> dict[str, Any]:
    items = [
        {
            "name": one.name,
            "request": {
                "method": one.method,
                "header": [{"key": "Authorization", "value": "Bearer {{accessToken}}"}],
                "url": "{{baseUrl}}" + api.service.mount + one.path.replace("{", ":").replace("}", ""),
            },
        }
        for one in api.apis
    ]
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    return {"info": {"name": "Equipment registry", "schema": schema}, "item": items}


def _current_user() -> Response:
    caller = admit_anyone()
    who = {"user_id": caller.user_id, "legal_entity_id": caller.legal_entity_id, "role": caller.role}
    return json_response(who | {"scopes": sorted(caller.scopes)})


def _permissions() -> Response:
    caller = admit_anyone()
    return json_response([name for name, policy in POLICIES.items() if policy.allows(caller.role, caller.scopes)])


def _permission(name: str) -> Response:
    caller = admit_anyone()
    policy = POLICIES.get(name)
    return json_response({"canDo": policy is not None and policy.allows(caller.role, caller.scopes), "exceptions": []})
