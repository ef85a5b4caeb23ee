"""URL map of categoryManagement (contract documents 101–110)."""
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

api.create("/v1/categories", commands.create_category, "Create a category.",
           name="createCategory", body=NewCategory, returns=Category, id_name="categoryId")
api.get("/v1/categories/{categoryId}", queries.get_category, "Get a category.", name="getCategory", returns=Category)
api.list("/v1/categories", queries.list_categories, "List categories.",
         name="listCategories", returns=Category, filters=queries.CATEGORY_FILTERS, same_for_role=True)
api.update("/v1/categories/{categoryId}", commands.change_category, "Change a category.",
           name="updateCategory", body=CategoryChange, returns=Category)
api.delete("/v1/categories/{categoryId}", commands.delete_category, "Soft-delete a category.",
           name="deleteCategory", returns=Category)
api.create("/v1/subcategories", commands.create_subcategory, "Create a subcategory of a category.",
           name="createSubcategory", body=NewSubcategory, returns=Subcategory, id_name="subcategoryId")
api.get("/v1/subcategories/{subcategoryId}", queries.get_subcategory, "Get a subcategory.",
        name="getSubcategory", returns=Subcategory)
api.list("/v1/subcategories", queries.list_subcategories, "List subcategories.",
         name="listSubcategories", returns=Subcategory, filters=queries.SUBCATEGORY_FILTERS, same_for_role=True)
api.update("/v1/subcategories/{subcategoryId}", commands.change_subcategory, "Change a subcategory.",
           name="updateSubcategory", body=SubcategoryChange, returns=Subcategory)
api.delete("/v1/subcategories/{subcategoryId}", commands.delete_subcategory, "Soft-delete a subcategory.",
           name="deleteSubcategory", returns=Subcategory)
