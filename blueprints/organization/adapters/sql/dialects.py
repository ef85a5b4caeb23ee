"""Where the two databases are spoken to differently, apart from JSON (search.py, checks.py)."""
from typing import Any

READ_OPTIONS: dict[str, dict[str, Any]] = {"postgresql": {"isolation_level": "AUTOCOMMIT"}, "sqlite": {}}
"""Reads on PostgreSQL need no transaction: that saves two round trips."""
