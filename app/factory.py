"""The front door: create_app reads as the table of contents of the system.

This is the only file of app/ that knows the blueprints; each service is found from here in one jump."""
from functools import partial
from pathlib import Path

from flask import Flask, Response
from flask_migrate import Migrate

from app import clock
from app.data.connections import configure_database
from app.data.entity import db
from app.events.relay import WakeUp
from app.http.application import Application
from app.http.declaration import ServiceBlueprint
from app.http.default_routes import HealthReports, add_default_routes
from app.http.envelope import json_response, shape_errors_below
from app.http.hooks import install_hooks
from app.http.openapi import prepare_document
from app.http.read_events import ReadEventBuffer
from app.http.wsgi_middleware import Edge, behind_proxies
from app.identity.authentication import install_identity
from app.jobs import housekeeping
from app.jobs.wakeup import DELIVER, wake
from app.notify import jobs as mail_jobs
from app.ops.health import admin_health_report, backlog, health_report
from app.ops.metrics import count_dropped_read_events, install_metrics
from app.ops.request_log import install_request_log
from app.payments import reconcile as payment_jobs
from app.runtime import Runtime, install_runtime
from app.settings import Settings, SettingsError, claim_home, load_settings
from blueprints.equipment import routes as equipment
from blueprints.equipment.declaration import RegistryBlueprint
from blueprints.equipment.front import READS as REGISTRY
from blueprints.marketplace.admin_moderation import routes as admin_moderation
from blueprints.marketplace.auction_offer import jobs as auction_jobs
from blueprints.marketplace.auction_offer import routes as auction_offer
from blueprints.marketplace.auction_offer import subscribers as auction_subscribers
from blueprints.marketplace.auction_offer.rules import parse_increments
from blueprints.marketplace.category_management import routes as category_management
from blueprints.marketplace.notification_management import routes as notification_management
from blueprints.marketplace.notification_management import subscribers as notification_subscribers
from blueprints.marketplace.notification_management import subscribers_orders as order_notices
from blueprints.marketplace.order_management import jobs as order_jobs
from blueprints.marketplace.order_management import routes as order_management
from blueprints.marketplace.order_management.rules import parse_commission
from blueprints.marketplace.product_listing import routes as product_listing
from blueprints.marketplace.search_indexing import jobs as search_jobs
from blueprints.marketplace.search_indexing import routes as search_indexing
from blueprints.marketplace.search_indexing import subscribers as search_subscribers
from blueprints.organization import register_organization
from blueprints.platform.auth import routes as auth
from blueprints.platform.auth.queries import user_facts
from blueprints.platform.bucket import routes as bucket
from blueprints.platform.bucket import subscribers as bucket_subscribers
from blueprints.platform.notification import subscribers as account_letters

# What runs in the background registers itself when imported; it is named here so that nothing is found by magic.
BACKGROUND = (
    housekeeping,
    account_letters, mail_jobs,
    bucket_subscribers,
    auction_jobs, auction_subscribers,
    notification_subscribers,
    payment_jobs, order_jobs, order_notices,
    search_jobs, search_subscribers,
)
MIGRATIONS = Path(__file__).parent.parent / "migrations"


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application; raises SettingsError when a setting is wrong or missing."""
    settings = settings or load_settings()
    _refuse_unreadable(settings)
    claim_home(settings)
    clock.set_offset(settings.clock_offset)
    app = Application("guildhall", static_folder=None)
    app.url_map.strict_slashes = False
    runtime = install_runtime(app, settings)
    _hand_down(runtime)
    configure_database(app, settings)
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=settings.is_sqlite)
    install_identity(app, runtime, user_facts)
    for realm in settings.realms:
        for service in _services_of(realm):
            _mount(app, runtime, service)
    _mount_alone(app, runtime, equipment.api)
    register_organization(app, settings)
    _add_front_page(app, runtime)
    install_hooks(app, settings)
    install_request_log(app, settings)
    install_metrics(app, backlog)
    app.wsgi_app = behind_proxies(Edge(app), settings.trusted_proxies)  # type: ignore[method-assign]
    return app


def _hand_down(runtime: Runtime) -> None:
    """Hand the lower floors what they need of the higher ones and may not import."""
    runtime.keep(WakeUp(deliver=partial(ring, DELIVER)))
    runtime.keep(HealthReports(health_report, admin_health_report))
    runtime.keep(ReadEventBuffer(runtime.redis, count_dropped_read_events))


def _refuse_unreadable(settings: Settings) -> None:
    """Raise SettingsError for a setting whose grammar only its service knows, before somebody bids or pays by it."""
    for name, parse in (("commission_percent", parse_commission),
                        ("bid_increments", partial(parse_increments, minor_factor=100))):
        try:
            parse(getattr(settings, name))
        except (ValueError, ArithmeticError) as error:
            raise SettingsError(f"{name.upper()}: {error}") from error


def _services_of(realm: str) -> list[ServiceBlueprint]:
    """The services of a realm: those every realm has, then its own."""
    everywhere: list[ServiceBlueprint] = [
        auth.build(realm),
        bucket.build(realm),
    ]
    own = {
        "marketplace": [
            admin_moderation.api,
            auction_offer.api,
            category_management.api,
            notification_management.api,
            order_management.api,
            product_listing.api,
            search_indexing.api,
        ],
        "network": [],
    }
    return everywhere + own[realm]


def _mount(app: Flask, runtime: Runtime, service: ServiceBlueprint) -> None:
    prepare_document(app, service)
    add_default_routes(service)
    app.register_blueprint(service)
    runtime.services.append(service.service)


def _mount_alone(app: Flask, runtime: Runtime, service: RegistryBlueprint) -> None:
    """Mount a service outside the realms, which brings its own envelope, document and default routes."""
    app.register_blueprint(service)
    shape_errors_below(app, service.service.mount, REGISTRY.refuse)
    runtime.services.append(service.service)


def _add_front_page(app: Flask, runtime: Runtime) -> None:
    @app.get("/")
    def mounted() -> Response:
        """List everything mounted (decision 1)."""
        services = [{"realm": service.realm, "service": service.name, "version": service.version, "url": service.mount,
                     "openapi": f"{service.mount}/openapi.json"} for service in runtime.services]
        return json_response({"name": "Guildhall", "services": services})
