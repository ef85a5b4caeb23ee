"""How the organization store joins the application: one call, made when the services are mounted."""
from flask import Flask
from werkzeug.routing import BaseConverter

from app.http.envelope import shape_errors_below
from app.http.service import Service
from blueprints.organization import organization_of
from blueprints.organization.adapters.http.front import READS
from blueprints.organization.adapters.http.token_endpoint import organization_token_endpoint
from blueprints.organization.routes import build_blueprint


class AnyText(BaseConverter):
    """Matches whatever a client puts into the address, so that a malformed id is refused as one."""

    regex = r"[\s\S]*?"
    part_isolating = False


def register_organization(app: Flask, service: Service) -> None:
    """Mount the store that the app's runtime holds as `service`; connects to nothing yet."""
    organization = organization_of(app)
    app.url_map.converters["any_text"] = AnyText
    issue_token = organization_token_endpoint(organization.ports.tenants, organization.tokens)
    blueprint = build_blueprint(service, organization.ports, issue_token, organization.check_alive)
    if organization.settings.background:
        blueprint.before_request(organization.courier.start)
    app.register_blueprint(blueprint)
    shape_errors_below(app, service.mount, READS.refuse)
