"""Gives a home that `bench.seed` has filled as many rows of other objects that everybody reads.

`python -m bench.bff_seed ROWS`: subcategories and records of the marketplace's search; every third listing becomes an
auction that runs, and half of those have a bid."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from app.clock import now
from app.data.entity import db
from app.data.reads import fetch
from app.data.sqlite_write_lock import sqlite_write_lock
from app.factory import create_app
from bench.seed import fill
from blueprints.marketplace.category_management.models import GROUPS, Category, Subcategory
from blueprints.marketplace.search_indexing.models import SearchIndex

_IN_MINUTES = {"sqlite": "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+' || (price / 10) || ' minutes')",
               "postgresql": "date_trunc('milliseconds', now()) + price / 10 * interval '1 minute'"}
AUCTIONS = """UPDATE product_listing_product SET type = 'AUCTION', start_price = price, price = NULL,
    current_bid = CASE WHEN price / 10 % 2 = 0 THEN price + 100 END, effective_end = {end}, end_bid_date = {end}
    WHERE price / 10 % 3 = 0"""


def seed(app: Flask, rows: int) -> dict[str, int]:
    """Write everything; return how many rows of each there are more."""
    with app.app_context():
        [category] = fetch(select(Category.id).limit(1))[0]
        fill(Subcategory, ({"name": f"Lenses {number}", "folded_name": f"lenses{number}", "category_id": category,
                            "group": GROUPS[0]}
                           for number in range(rows)), rows)
        fill(SearchIndex, _records(rows), rows)
        name = db.engine.dialect.name
        with sqlite_write_lock(), db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(text(AUCTIONS.format(end=_IN_MINUTES[name])))
        if name == "postgresql":
            with db.engine.execution_options(reads_only=True).connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
    return {"rows": rows}


def _records(rows: int) -> Iterator[dict[str, Any]]:
    for number in range(rows):
        title = f"Brass lamp {number}"
        yield {"document_type": "PRODUCT", "document": {"title": title}, "words": f" {title.lower()} ",
               "reference_id": f"00000000-0000-7000-8000-{number:012d}", "indexed_at": now()}


if __name__ == "__main__":
    print(json.dumps(seed(create_app(), int(sys.argv[1]))))
