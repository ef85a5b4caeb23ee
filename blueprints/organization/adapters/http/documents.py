"""What a newcomer opens first: the OpenAPI document, the Swagger page, and whether the store is alive."""
from collections.abc import Callable

from flask import Response

from app.http.declaration import DocumentedBlueprint
from app.http.default_routes import swagger_asset, swagger_page
from app.http.envelope import json_response
from app.http.openapi import answer
from blueprints.organization.domain.refusals import Unavailable

_HEALTH = {"type": "object", "properties": {"status": {"enum": ["OK", "ERR"]}, "database": {"type": "boolean"}}}


def add_documents(api: DocumentedBlueprint, check_alive: Callable[[], None]) -> None:
    """Add /openapi.json, /swagger and /health to the blueprint."""
    mount = api.service.mount

    def health() -> Response:
        try:
            check_alive()
        except Unavailable:
            return json_response({"status": "ERR", "database": False}, 503)
        return json_response({"status": "OK", "database": True})

    def add(path: str, name: str, view: Callable[..., Response | str], **responses: object) -> None:
        api.add_url_rule(path, name, view)
        said = {"operationId": name, "tags": ["default routes"], "security": [], "responses": responses}
        api.describe(path, get=said)

    add("/openapi.json", "openapi", lambda: json_response(api.document()),
        **{"200": answer({"type": "object"}, "This document")})
    add("/swagger", "swagger", lambda: swagger_page("Organization store", f"{mount}/swagger.assets"),
        **{"200": answer({"type": "string"}, "A page", "text/html")})
    add("/health", "health", health,
        **{"200": answer(_HEALTH, "It is well"), "503": answer(_HEALTH, "The catalog is away")})
    # with a dot, which no tenantId has
    api.add_url_rule("/swagger.assets/<name>", "swagger_asset", lambda name: swagger_asset(mount, name))
