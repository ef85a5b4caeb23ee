"""Gives a home that `bench.seed` has filled as many rows of other objects that everybody reads.

`python -m bench.bff_seed ROWS`: subcategories and records of the marketplace's search; every third listing becomes an
auction that runs, and half of those have a bid. Listings get titles whose words are as unevenly common as in a
language, and their index of words is written."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from app.clock import now
from app.data.entity import db
from app.data.folded import searched_form
from app.data.reads import fetch
from app.data.sqlite_write_lock import sqlite_write_lock
from app.factory import create_app
from app.search.catalogue import rebuild_index
from bench.search import Market
from bench.seed import fill
from blueprints.marketplace.category_management.models import GROUPS, Category, Subcategory
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.search_indexing.models import SearchIndex

_IN_MINUTES = {"sqlite": "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+' || (price / 10) || ' minutes')",
               "postgresql": "date_trunc('milliseconds', now()) + price / 10 * interval '1 minute'"}
AUCTIONS = """UPDATE product_listing_product SET type = 'AUCTION', start_price = price, price = NULL,
    current_bid = CASE WHEN price / 10 % 2 = 0 THEN price + 100 END, effective_end = {end}, end_bid_date = {end}
    WHERE price / 10 % 3 = 0"""
TITLE_WORDS = 6
COMMON, SECOND, RARE = 0, 20, 10_000
"""Places in the order of how common words are of those that are looked for: about one title in twelve has the first,
one in thirty the second, five to ten of 100,000 the last."""


def seed(app: Flask, rows: int) -> dict[str, Any]:
    """Write everything; return how many rows of each there are more, and the words to look for, the commonest first."""
    with app.app_context():
        [category] = fetch(select(Category.id).limit(1))[0]
        fill(Subcategory, ({"name": f"Lenses {number}", "folded_name": f"lenses{number}", "category_id": category,
                            "group": GROUPS[0]}
                           for number in range(rows)), rows)
        fill(SearchIndex, _records(rows), rows)
        name = db.engine.dialect.name
        with sqlite_write_lock(), db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(text(AUCTIONS.format(end=_IN_MINUTES[name])))
        market = Market()
        _give_titles(market)
        rebuild_index("products")
        if name == "postgresql":
            with db.engine.execution_options(reads_only=True).connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
    return {"rows": rows, "words": [market.words[place] for place in (COMMON, SECOND, RARE)]}


def _give_titles(market: Market) -> None:
    titles = {row.id: market.some_words(TITLE_WORDS) for row in fetch(select(Product.id))}
    with sqlite_write_lock(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(
            text("UPDATE product_listing_product SET title = :title, folded_title = :folded WHERE id = :id"),
            [{"id": one, "title": title, "folded": searched_form(title)} for one, title in titles.items()])


def _records(rows: int) -> Iterator[dict[str, Any]]:
    for number in range(rows):
        title = f"Brass lamp {number}"
        yield {"document_type": "PRODUCT", "document": {"title": title}, "words": f" {title.lower()} ",
               "reference_id": f"00000000-0000-7000-8000-{number:012d}", "indexed_at": now()}


if __name__ == "__main__":
    print(json.dumps(seed(create_app(), int(sys.argv[1]))))
