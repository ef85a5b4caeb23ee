"""Where the two databases are spoken to differently, apart from JSON (search.py, checks.py)."""
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

UPSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
"""The INSERT that knows ON CONFLICT."""

READ_OPTIONS: dict[str, dict[str, Any]] = {"postgresql": {"isolation_level": "AUTOCOMMIT"}, "sqlite": {}}
"""Reads on PostgreSQL need no transaction: that saves two round trips."""
