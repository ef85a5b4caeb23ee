"""The reads of categoryManagement, for its routes and for the services that show categories."""
from collections.abc import Iterable, Sequence

from app.actor import Actor
from app.data.held import STRANGER, Viewer, viewer_of_role
from app.data.moderated_kinds import Subject
from app.data.reads import Listing, Page, find_any_row, get_row, list_rows, rows_by_id
from app.data.reads.filters import Condition, Filters, contains, equal
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


def list_categories(page: Page, where: Sequence[Condition] = (), looks: Viewer = STRANGER) -> Listing:
    """Return a page of active categories, oldest first."""
    return list_rows(Category, page, *where, order=_OLDEST_FIRST[Category], viewer=looks)


def list_categories_for(actor: Actor, asked: ReadRequest) -> Listing:
    """The same for whoever asks: to staff with those that are held, marked."""
    return list_categories(asked.page, asked.where, viewer_of_role(actor))


def categories_by_id(ids: Iterable[str | None]) -> dict[str, Wire]:
    """Return id → active category in one statement, for joins."""
    return rows_by_id(Category, ids)


def category_subject(actor: Actor, category_id: str) -> Subject | None:
    """Return a category as staff judge it; it concerns nobody. None where there is none."""
    row = find_any_row(Category, category_id)
    return row and Subject(row["title"], None, row, words=f"{row['title']}\n{row['subtitle'] or ''}", held=row["held"],
                           is_active=row["isActive"])


def get_subcategory(subcategory_id: str) -> Wire:
    """Return an active subcategory; raises NotFound."""
    return get_row(Subcategory, subcategory_id)


def list_subcategories(page: Page, where: Sequence[Condition] = ()) -> Listing:
    """Return a page of active subcategories, oldest first."""
    return list_rows(Subcategory, page, *where, order=_OLDEST_FIRST[Subcategory])


def subcategories_by_id(ids: Iterable[str | None]) -> dict[str, Wire]:
    """Return id → active subcategory in one statement, for joins."""
    return rows_by_id(Subcategory, ids)
