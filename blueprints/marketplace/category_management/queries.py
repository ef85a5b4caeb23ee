"""The reads of categoryManagement, for its routes and for the services that show categories."""
from collections.abc import Iterable

from app.actor import Actor
from app.data.held import viewer_of_role
from app.data.moderated_kinds import Subject
from app.data.reads import Listing, find_any_row, get_row, list_rows, rows_by_id
from app.data.reads.filters import Filters, contains, equal
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from blueprints.marketplace.category_management.models import Category, Subcategory

CATEGORY_FILTERS = Filters((contains(Category.title),))
SUBCATEGORY_FILTERS = Filters((equal(Subcategory.category_id), contains(Subcategory.name), equal(Subcategory.group)))
# By time and not by id: staff may choose the id (G7, decision 4).
_OLDEST_FIRST = {Category: (Category.created_at, Category.id), Subcategory: (Subcategory.created_at, Subcategory.id)}


def get_category(actor: Actor, category_id: str) -> Wire:
    """Return an active category; raises NotFound."""
    return get_row(Category, category_id, viewer=viewer_of_role(actor))


def list_categories(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of active categories, oldest first; to staff with those that are held, marked."""
    return list_rows(Category, asked.page, *asked.where, order=_OLDEST_FIRST[Category], viewer=viewer_of_role(actor))


def categories_by_id(ids: Iterable[str | None]) -> dict[str, Wire]:
    """Return id → active category in one statement, for joins."""
    return rows_by_id(Category, ids)


def category_subject(actor: Actor, category_id: str) -> Subject | None:
    """Return a category as staff judge it; it concerns nobody. None where there is none."""
    row = find_any_row(Category, category_id)
    return row and Subject(row["title"], None, row, words=f"{row['title']}\n{row['subtitle'] or ''}", held=row["held"],
                           is_active=row["isActive"])


def get_subcategory(actor: Actor, subcategory_id: str) -> Wire:
    """Return an active subcategory; raises NotFound."""
    return get_row(Subcategory, subcategory_id)


def list_subcategories(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of active subcategories, oldest first."""
    return list_rows(Subcategory, asked.page, *asked.where, order=_OLDEST_FIRST[Subcategory])


def subcategories_by_id(ids: Iterable[str | None]) -> dict[str, Wire]:
    """Return id → active subcategory in one statement, for joins."""
    return rows_by_id(Subcategory, ids)
