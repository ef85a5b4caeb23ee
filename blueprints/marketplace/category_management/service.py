"""categoryManagement as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.reads.joins import JoinTarget, Relation, relations_of
from app.service import ServiceDeclaration
from blueprints.marketplace.category_management.commands import hold_category, restore_category
from blueprints.marketplace.category_management.index import READABLE
from blueprints.marketplace.category_management.models import Category, Subcategory
from blueprints.marketplace.category_management.queries import (
    categories_by_id,
    category_subject,
    subcategories_by_id,
)

SERVICE = ServiceDeclaration(
    name="categoryManagement", version="1.0.0", description="Product categories and subcategories.",
    realms=("marketplace",),
    routes="blueprints.marketplace.category_management.routes.api",
    readable=READABLE,
    relations=(relations_of(Subcategory, Relation("categoryId", "category")),),
    targets=(
        JoinTarget("category", ("id", "title"), lambda _, ids: categories_by_id(ids)),
        JoinTarget("subcategory", ("id", "name", "group"), lambda _, ids: subcategories_by_id(ids)),
    ),
    moderated=(ModeratedKind("CATEGORY", Category, restore_category, category_subject, hold_category),),
)
