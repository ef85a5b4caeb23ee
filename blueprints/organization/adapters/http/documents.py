"""What a newcomer opens first: the OpenAPI document, Swagger UI from our own assets, and whether the store is alive."""
from collections.abc import Callable
from pathlib import Path

import flask_swagger_ui
import orjson
from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from blueprints.organization.adapters.http.openapi import openapi_document
from blueprints.organization.domain.refusals import Unavailable
from blueprints.organization.ports import Ports

_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_FOLDER = Path(flask_swagger_ui.__file__).parent / "dist"
_START = "SwaggerUIBundle({url: 'openapi.json', dom_id: '#ui'})"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Organization store</title>
<link rel="stylesheet" href="swagger.assets/swagger-ui.css"><div id="ui"></div>
<script src="swagger.assets/swagger-ui-bundle.js"></script><script src="swagger.assets/start.js"></script></html>"""


def add_documents(api: Blueprint, ports: Ports, check_alive: Callable[[], None]) -> None:
    """Add /openapi.json, /swagger and /health to the blueprint."""
    document = orjson.dumps(openapi_document(ports.schemas.kinds))

    def health() -> Response:
        try:
            check_alive()
        except Unavailable:
            return Response(b'{"status":"ERR","database":false}', 503, mimetype="application/json")
        return Response(b'{"status":"OK","database":true}', mimetype="application/json")

    api.add_url_rule("/openapi.json", "openapi", lambda: Response(document, mimetype="application/json"))
    api.add_url_rule("/swagger", "swagger", lambda: _PAGE)
    api.add_url_rule("/swagger.assets/<name>", "swagger_asset", _asset)
    api.add_url_rule("/health", "health", health)


def _asset(name: str) -> Response:
    if name == "start.js":
        return Response(_START, mimetype="text/javascript")
    if name not in _ASSETS:
        raise NotFound("There is no such address.")
    return Response((_FOLDER / name).read_bytes(), mimetype=_ASSETS[name], headers={"Cache-Control": "max-age=86400"})
