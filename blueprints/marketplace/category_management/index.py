"""How categories are read: everybody sees them; what is held, staff alone, whoever made it."""
from app.data.held import viewer_of_role
from app.data.visibility import EVERYONE, ReadObject, Visibility
from app.identity.access import public_read
from blueprints.marketplace.category_management.models import Category, Subcategory
from blueprints.marketplace.category_management.queries import CATEGORY_FILTERS, SUBCATEGORY_FILTERS

READABLE = (
    ReadObject(Visibility(Category, EVERYONE, sees_held=viewer_of_role), who=public_read,
               words=("title", "subtitle"), searched=("title",), filters=CATEGORY_FILTERS),
    ReadObject(Visibility(Subcategory, EVERYONE), who=public_read, words=("name",),
               facets=("categoryId", "group"), filters=SUBCATEGORY_FILTERS),
)
