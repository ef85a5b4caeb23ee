"""URL map of categoryManagement (contract documents 101–110)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from blueprints.marketplace.category_management import commands, queries
from blueprints.marketplace.category_management.models import Category, Subcategory
from blueprints.marketplace.category_management.policies import POLICIES
from blueprints.marketplace.category_management.schemas import (
    CategoryChange,
    NewCategory,
    NewSubcategory,
    SubcategoryChange,
)

api = Routes(POLICIES)


@api.create("/v1/categories", name="createCategory", body=NewCategory, returns=Category, id_name="categoryId")
def create_category(actor: Actor, data: dict[str, Any]) -> Category:
    """Create a category."""
    return commands.create_category(actor, **data)


@api.get("/v1/categories/{categoryId}", name="getCategory", returns=Category)
def get_category(actor: Actor, asked: ReadRequest, category_id: str) -> Wire:
    """Get a category."""
    return queries.get_category(actor, category_id)


@api.list("/v1/categories", name="listCategories", returns=Category, filters=queries.CATEGORY_FILTERS,
          same_for_role=True)
def list_categories(actor: Actor, asked: ReadRequest) -> Listing:
    """List categories."""
    return queries.list_categories_for(actor, asked)


@api.update("/v1/categories/{categoryId}", name="updateCategory", body=CategoryChange, returns=Category)
def update_category(actor: Actor, data: dict[str, Any], category_id: str) -> Category:
    """Change a category."""
    return commands.change_category(actor, category_id, **data)


@api.delete("/v1/categories/{categoryId}", name="deleteCategory", returns=Category)
def delete_category(actor: Actor, data: dict[str, Any], category_id: str) -> Category:
    """Soft-delete a category."""
    return commands.delete_category(actor, category_id)


@api.create("/v1/subcategories", name="createSubcategory", body=NewSubcategory, returns=Subcategory,
            id_name="subcategoryId")
def create_subcategory(actor: Actor, data: dict[str, Any]) -> Subcategory:
    """Create a subcategory of a category."""
    return commands.create_subcategory(actor, **data)


@api.get("/v1/subcategories/{subcategoryId}", name="getSubcategory", returns=Subcategory)
def get_subcategory(actor: Actor, asked: ReadRequest, subcategory_id: str) -> Wire:
    """Get a subcategory."""
    return queries.get_subcategory(subcategory_id)


@api.list("/v1/subcategories", name="listSubcategories", returns=Subcategory, filters=queries.SUBCATEGORY_FILTERS,
          same_for_role=True)
def list_subcategories(actor: Actor, asked: ReadRequest) -> Listing:
    """List subcategories."""
    return queries.list_subcategories(asked.page, asked.where)


@api.update("/v1/subcategories/{subcategoryId}", name="updateSubcategory", body=SubcategoryChange, returns=Subcategory)
def update_subcategory(actor: Actor, data: dict[str, Any], subcategory_id: str) -> Subcategory:
    """Change a subcategory."""
    return commands.change_subcategory(actor, subcategory_id, **data)


@api.delete("/v1/subcategories/{subcategoryId}", name="deleteSubcategory", returns=Subcategory)
def delete_subcategory(actor: Actor, data: dict[str, Any], subcategory_id: str) -> Subcategory:
    """Soft-delete a subcategory."""
    return commands.delete_subcategory(actor, subcategory_id)
