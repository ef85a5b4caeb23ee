"""How the organization store joins the application: one call, made by the factory for service.py."""
from flask import Flask, current_app
from werkzeug.routing import BaseConverter

from app.http.envelope import shape_errors_below
from app.http.service import Service
from app.runtime import runtime_of
from app.settings import Settings
from blueprints.organization.adapters.http.front import READS
from blueprints.organization.adapters.http.token_endpoint import organization_token_endpoint
from blueprints.organization.routes import build_blueprint
from blueprints.organization.wiring import Organization, OrganizationSettings, settings_from


class AnyText(BaseConverter):
    """Matches whatever a client puts into the address, so that a malformed id is refused as one."""

    regex = r"[\s\S]*?"
    part_isolating = False


def register_organization(app: Flask, settings: Settings | OrganizationSettings, service: Service) -> Organization:
    """Mount the store as `service` and return it; connects to nothing yet. The app has a runtime already."""
    organization = Organization(settings_from(settings) if isinstance(settings, Settings) else settings)
    runtime_of(app).keep(organization)
    app.url_map.converters["any_text"] = AnyText
    issue_token = organization_token_endpoint(organization.ports.tenants, organization.tokens)
    blueprint = build_blueprint(service, organization.ports, issue_token, organization.check_alive)
    if organization.settings.background:
        blueprint.before_request(organization.courier.start)
    app.register_blueprint(blueprint)
    shape_errors_below(app, service.mount, READS.refuse)
    return organization


def organization_of(app: Flask | None = None) -> Organization:
    """Return the store of `app`, by default of the current application."""
    return runtime_of(app or current_app).part(Organization)
