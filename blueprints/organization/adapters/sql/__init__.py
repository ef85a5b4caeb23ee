"""The store on SQLAlchemy: one PostgreSQL database, or one SQLite file, per tenant, and a catalog beside them."""
