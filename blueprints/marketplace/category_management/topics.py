"""Topics of categoryManagement, literal from the contract."""

CATEGORY_CREATED = "ebaycclone-categorymanagement-service-dbevent-category-created"
CATEGORY_UPDATED = "ebaycclone-categorymanagement-service-dbevent-category-updated"
CATEGORY_DELETED = "ebaycclone-categorymanagement-service-dbevent-category-deleted"
SUBCATEGORY_CREATED = "ebaycclone-categorymanagement-service-dbevent-subcategory-created"
SUBCATEGORY_UPDATED = "ebaycclone-categorymanagement-service-dbevent-subcategory-updated"
SUBCATEGORY_DELETED = "ebaycclone-categorymanagement-service-dbevent-subcategory-deleted"
