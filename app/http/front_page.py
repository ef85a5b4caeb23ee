"""The root of the server: what is mounted, for people and for programs, and whether it is well."""
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from flask import Flask, Response, request

from app.http.default_routes import HealthReports
from app.http.envelope import json_response
from app.http.openapi import answer
from app.http.public_path import public_path
from app.http.service import Service
from app.runtime import Runtime

_SUMMARIES = {
    "/": ("mounted", "Everything mounted; a page where the caller prefers text/html"),
    "/swagger": ("services", "A page that links the APIs of every service"),
    "/openapi.json": ("index", "This document; its tags lead to the documents of the services"),
    "/health": ("health", "Is it well?"),
}


def add_front_page(app: Flask, runtime: Runtime, version: str) -> None:
    """Add the routes of the root (decision 1); `version` is the server's."""
    settings, services = runtime.settings, runtime.services

    def add(path: str, view: Callable[[], Response | str]) -> None:
        app.add_url_rule(path, _SUMMARIES[path][0], view)

    def mounted() -> Response:
        if request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html":
            found = Response(_page(services), mimetype="text/html")
        else:
            found = json_response({"name": "Guildhall", "services": _listed(services)})
        found.headers["Vary"] = "Accept"
        return found

    add("/", mounted)
    add("/swagger", lambda: _page(services))
    add("/openapi.json", lambda: json_response(_index(settings.public_url, services, version)))
    add("/health", lambda: runtime.part(HealthReports).health())


def _listed(services: Iterable[Service]) -> list[dict[str, str]]:
    return [{"realm": service.realm, "service": service.name, "version": service.version,
             "url": public_path(service.mount), "openapi": public_path(f"{service.mount}/openapi.json")}
            for service in services]


def _page(services: Iterable[Service]) -> str:
    rows = "".join(
        f"<tr><td><a href='{public_path(service.mount)}/swagger'>{service.mount}</a></td>"
        f"<td>{escape(service.description)}</td>"
        f"<td><a href='{public_path(service.mount)}/openapi.json'>OpenAPI</a></td>"
        f"<td><a href='{public_path(service.mount)}/health'>health</a></td></tr>" for service in services)
    return (f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Guildhall</title><h1>Guildhall</h1>"
            f"<p>Each service shows and tries its APIs at its own address.</p><table>{rows}</table></html>")


def _index(public_url: str, services: Iterable[Service], version: str) -> dict[str, Any]:
    """Return a document of the root's own routes that leads to those of the services: theirs share no names."""
    paths = {path: {"get": {"operationId": name, "summary": summary, "responses": {"200": answer({})}}}
             for path, (name, summary) in _SUMMARIES.items()}
    tags = [{"name": service.mount, "description": service.description,
             "externalDocs": {"url": f"{public_url}{service.mount}/openapi.json"}} for service in services]
    return {"openapi": "3.1.0", "info": {"title": "Guildhall", "version": version,
                                         "description": "Each tag leads to the OpenAPI document of a service."},
            "servers": [{"url": public_url}], "tags": tags, "paths": paths}
