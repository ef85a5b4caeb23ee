"""The multi-tenant organization store: a hexagon whose inside knows no framework (docs/organization.md)."""
from typing import TYPE_CHECKING

from flask import Flask, current_app

from app.runtime import runtime_of

if TYPE_CHECKING:  # whoever only lists the services does not open the store
    from blueprints.organization.wiring import Organization


def organization_of(app: Flask | None = None) -> "Organization":
    """Return the store of `app`, by default of the current application."""
    from blueprints.organization.wiring import Organization, settings_from

    return runtime_of(app or current_app).own(Organization, lambda settings: Organization(settings_from(settings)))
