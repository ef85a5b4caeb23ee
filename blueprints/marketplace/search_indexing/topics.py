"""The topics of searchIndexing's own records, literal from the contract."""

INDEX_CREATED = "elastic-index-ebaycclone_searchindex-created"
INDEX_UPDATED = "elastic-index-ebaycclone_searchindex-updated"
INDEX_DELETED = "elastic-index-ebaycclone_searchindex-deleted"
