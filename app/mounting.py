"""What only an application has that serves: the routes of its services, their documents, what surrounds requests.

Nothing here is imported by a command of the terminal."""
from collections.abc import Sequence

from flask import Flask
from werkzeug.utils import import_string

from app.data.moderated_kinds import ModeratedKinds
from app.data.reads.joins import Joins
from app.data.visibility import ReadObjects
from app.http.declaration import ServiceBlueprint
from app.http.default_routes import HealthReports, add_default_routes
from app.http.documents import EventsOfServices, ServiceEvents, add_guides
from app.http.example_pages import add_example_pages
from app.http.front_page import add_front_page
from app.http.hooks import install_hooks
from app.http.wsgi_middleware import WsgiMiddleware, behind_proxies
from app.identity.access_tokens import install_tokens
from app.identity.authentication import Identity
from app.ops.figures import gauges
from app.ops.health import admin_health_report, health_report
from app.ops.metrics import install_metrics
from app.ops.request_log import install_request_log
from app.runtime import Runtime, runtime_of
from app.service import ServiceDeclaration


def mount(app: Flask, services: Sequence[ServiceDeclaration], version: str) -> None:
    """Mount the services, which the app's runtime holds already, in every realm that is served.

    Raises ValueError for a relation, or a rule of who sees what, that does not fit the rows of its object."""
    runtime = runtime_of(app)
    runtime.part(Joins).check()
    runtime.part(ReadObjects).check()
    settings, kinds, joins = runtime.settings, runtime.part(ModeratedKinds), runtime.part(Joins)
    runtime.keep(HealthReports(health_report, admin_health_report), EventsOfServices(
        ((realm, service.name), ServiceEvents(service.emits, service.subscriptions(kinds, joins)))
        for service in services for realm in service.realms))
    install_tokens(app, runtime.part(Identity).keys)
    # No address is mended by a redirect: it would go to the host the caller named, with the token of the query.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    for realm in settings.realms:
        for service in services:
            if realm in service.realms:
                _mount_in_realm(app, runtime, service, realm)
    for service in services:
        if service.join is not None:
            join = import_string(service.join)
            for outside in map(service.in_realm, service.realms):
                join(app, outside)
                runtime.services.append(outside)
    add_guides(app, settings.realms)
    add_front_page(app, runtime, version)
    add_example_pages(app, settings)
    install_hooks(app, settings)
    install_request_log(app, settings)
    install_metrics(app, gauges)
    other_places = {f"/{realm}/{service.also_at}": service.in_realm(realm).mount
                    for service in services if service.also_at for realm in service.realms if realm in settings.realms}
    inner = WsgiMiddleware(app, settings, other_places)
    app.wsgi_app = behind_proxies(inner, settings.trusted_proxies)  # type: ignore[method-assign]


def _mount_in_realm(app: Flask, runtime: Runtime, declared: ServiceDeclaration, realm: str) -> None:
    routes = declared.routes_in(realm)
    if routes is None:
        return
    blueprint = ServiceBlueprint(declared.in_realm(realm), routes)
    add_default_routes(blueprint)
    app.register_blueprint(blueprint)
    runtime.services.append(blueprint.service)
