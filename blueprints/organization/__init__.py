"""The multi-tenant organization store: a hexagon whose inside knows no framework (docs/organization.md)."""
from blueprints.organization.wiring import organization_of

__all__ = ["organization_of"]
