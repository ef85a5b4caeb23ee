"""searchIndexing: the denormalized documents of products, sellers, categories and subcategories, and their search."""
