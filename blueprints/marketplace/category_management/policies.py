"""Who may call categoryManagement: everybody logged in reads, staff writes (rules-marketplace §3.2, decision 6)."""
from app.identity.access import Predicate, public_read, staff

POLICIES: dict[str, Predicate] = {
    "createCategory": staff,
    "createSubcategory": staff,
    "deleteCategory": staff,
    "deleteSubcategory": staff,
    "getCategory": public_read,
    "getSubcategory": public_read,
    "listCategories": public_read,
    "listSubcategories": public_read,
    "updateCategory": staff,
    "updateSubcategory": staff,
}
