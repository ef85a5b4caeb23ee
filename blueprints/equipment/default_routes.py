"""The routes every service has without asking (rules-platform §2.1), for a service with its own tokens."""

from typing import Any

from flask import Response

from app.http.default_routes import add_pages
from app.http.envelope import json_response
from app.http.openapi import describe_default
from blueprints.equipment.openapi import CURRENT_USER, PERMISSION, PERMISSIONS, about_caller, document
from blueprints.equipment.pipeline import RegistryBlueprint, admit_anyone
from blueprints.equipment.policies import POLICIES

TITLE = "Equipment registry"


def add_default_routes(api: RegistryBlueprint) -> None:
    """Add them all; called once, after routes.py has declared its own."""
    service = api.service
    described = document(service.mount, TITLE, service.version, service.description, api.apis)

    def add(path: str, view: Any, said: dict[str, Any]) -> None:
        rule = path.replace("{", "<").replace("}", ">")
        api.add_url_rule(rule, f"default {path.replace('.', ' ')}", view)
        described["paths"][service.mount + path] = {"get": describe_default(path, said)}

    add_pages(add, service, TITLE, lambda: described)
    add("/currentuser", _current_user, about_caller("currentUser", "Who the token stands for", CURRENT_USER))
    add("/permissions", _permissions, about_caller("permissions", "What the token may do", PERMISSIONS))
    add("/permissions/{name}", _permission, about_caller("permission", "Whether the token may do it", PERMISSION))


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
