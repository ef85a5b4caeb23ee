"""The writes of categoryManagement (rules-marketplace §3); deleting a category leaves its subcategories (CA4)."""
from typing import Any

from app.actor import Actor
from app.data.moderated_kinds import Decide
from app.data.object_commands import archive_object, change_object, hold_object, insert_object, restore_object
from app.data.unit_of_work import UnitOfWork, unit_of_work
from blueprints.marketplace.category_management.models import Category, Subcategory


def create_category(actor: Actor, **values: Any) -> Category:
    """Create a category; raises DuplicateRecord when a given id is taken."""
    return insert_object(actor, Category(**values))


def change_category(actor: Actor, category_id: str, **values: Any) -> Category:
    """Change the given properties of an active category; raises NotFound."""
    return change_object(actor, Category, category_id, **values)


def delete_category(actor: Actor, category_id: str) -> Category:
    """Soft-delete a category; raises NotFound."""
    return archive_object(actor, Category, category_id)


def restore_category(actor: Actor, category_id: str) -> bool:
    """Bring a deleted category back; returns whether it was gone. Raises NotFound."""
    return restore_object(actor, Category, category_id)


def hold_category(work: UnitOfWork, category_id: str, decide: Decide) -> list[str]:
    """Hold a category, or let it go; raises NotFound."""
    return hold_object(work, Category, category_id, decide)


def create_subcategory(actor: Actor, *, category_id: str, **values: Any) -> Subcategory:
    """Create a subcategory of an active category; raises NotFound when there is none."""
    with unit_of_work(actor) as work:
        work.get(Category, category_id)
        subcategory = work.insert(Subcategory(category_id=category_id, **values))
        work.commit()
    return subcategory


def change_subcategory(actor: Actor, subcategory_id: str, **values: Any) -> Subcategory:
    """Change the given properties; a new category must be active. Raises NotFound."""
    with unit_of_work(actor) as work:
        if "category_id" in values:
            work.get(Category, values["category_id"])
        subcategory = change_object(actor, Subcategory, subcategory_id, **values)
        work.commit()
    return subcategory


def delete_subcategory(actor: Actor, subcategory_id: str) -> Subcategory:
    """Soft-delete a subcategory; raises NotFound."""
    return archive_object(actor, Subcategory, subcategory_id)
