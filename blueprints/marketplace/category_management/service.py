"""categoryManagement as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.service import ServiceDeclaration
from blueprints.marketplace.category_management.commands import restore_category
from blueprints.marketplace.category_management.routes import api

SERVICE = ServiceDeclaration(
    name="categoryManagement", version="1.0.0", description="Product categories and subcategories.",
    realms=("marketplace",),
    routes=api,
    moderated=(ModeratedKind("CATEGORY", restore_category),),
)
