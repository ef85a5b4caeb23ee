"""Gives a home that `bench.seed` has filled as many rows of other objects that everybody reads.

`python -m bench.bff_seed ROWS`: subcategories and records of the marketplace's search."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.clock import now
from app.data.entity import db
from app.data.reads import fetch
from app.factory import create_app
from bench.seed import fill
from blueprints.marketplace.category_management.models import GROUPS, Category, Subcategory
from blueprints.marketplace.search_indexing.models import SearchIndex


def seed(app: Flask, rows: int) -> dict[str, int]:
    """Write everything; return how many rows of each there are more."""
    with app.app_context():
        [category] = fetch(select(Category.id).limit(1))[0]
        fill(Subcategory, ({"name": f"Lenses {number}", "folded_name": f"lenses{number}", "category_id": category,
                            "group": GROUPS[0]}
                           for number in range(rows)), rows)
        fill(SearchIndex, _records(rows), rows)
        if db.engine.dialect.name == "postgresql":
            with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
    return {"rows": rows}


def _records(rows: int) -> Iterator[dict[str, Any]]:
    for number in range(rows):
        title = f"Brass lamp {number}"
        yield {"document_type": "PRODUCT", "document": {"title": title}, "words": f" {title.lower()} ",
               "reference_id": f"00000000-0000-7000-8000-{number:012d}", "indexed_at": now()}


if __name__ == "__main__":
    print(json.dumps(seed(create_app(), int(sys.argv[1]))))
