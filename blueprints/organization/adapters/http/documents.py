"""What a newcomer opens first: the OpenAPI document, the Swagger page, and whether the store is alive."""
from collections.abc import Callable

import orjson
from flask import Blueprint, Response

from app.http.default_routes import swagger_asset, swagger_page
from app.http.envelope import json_response
from blueprints.organization.adapters.http.openapi import openapi_document
from blueprints.organization.domain.refusals import Unavailable
from blueprints.organization.ports import Ports

MOUNT = "/organization-api"
ASSETS = f"{MOUNT}/swagger.assets"  # with a dot, which no tenantId has


def add_documents(api: Blueprint, ports: Ports, check_alive: Callable[[], None]) -> None:
    """Add /openapi.json, /swagger and /health to the blueprint."""
    document = orjson.dumps(openapi_document(ports.schemas.kinds))

    def health() -> Response:
        try:
            check_alive()
        except Unavailable:
            return json_response({"status": "ERR", "database": False}, 503)
        return json_response({"status": "OK", "database": True})

    api.add_url_rule("/openapi.json", "openapi", lambda: json_response(document))
    api.add_url_rule("/swagger", "swagger", lambda: swagger_page("Organization store", ASSETS))
    api.add_url_rule("/swagger.assets/<name>", "swagger_asset", lambda name: swagger_asset(MOUNT, name))
    api.add_url_rule("/health", "health", health)
