"""The multi-tenant organization store: a hexagon whose inside knows no framework (docs/organization.md)."""
from blueprints.organization.registration import organization_of, register_organization

__all__ = ["organization_of", "register_organization"]
