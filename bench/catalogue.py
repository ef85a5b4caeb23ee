"""The 20,000 products that the floor and the peers serve: 18 fields, the same rows and the same two indexes for all."""

import json
import uuid
from collections.abc import Iterator

PRODUCTS = 20_000
COLUMNS = (
    "id", "title", "description", "type", "condition", "price", "currency", "category_id", "subcategory_id",
    "seller_id", "shipping", "shipping_currency", "shipping_method", "media_asset_ids", "is_active", "record_version",
    "created_at", "updated_at",
)  # fmt: skip
NEW_PRODUCT = {
    "title": "Hornby R4410A coach",
    "description": "BR Hawksworth Corridor third, boxed, run twice round the tree. " * 3,
    "type": "FIXED",
    "condition": "USED",
    "price": 39.99,
    "currency": "GBP",
    "category_id": "0192f000-0000-7000-8000-0000000000c1",
    "subcategory_id": "0192f000-0000-7000-8000-0000000000d1",
    "seller_id": "0192f000-0000-7000-8000-0000000000e1",
    "shipping": 3.5,
    "shipping_currency": "GBP",
    "shipping_method": "STANDARD",
    "media_asset_ids": [],
}
TABLES = """
CREATE TABLE products (
  id varchar(36) PRIMARY KEY, title varchar(255) NOT NULL, description text NOT NULL, type varchar(16) NOT NULL,
  condition varchar(16) NOT NULL, price double precision, currency varchar(3) NOT NULL,
  category_id varchar(36) NOT NULL, subcategory_id varchar(36) NOT NULL,
  seller_id varchar(36) NOT NULL, shipping double precision NOT NULL,
  shipping_currency varchar(3) NOT NULL, shipping_method varchar(16) NOT NULL, media_asset_ids text NOT NULL,
  is_active boolean NOT NULL, record_version integer NOT NULL, created_at varchar(24) NOT NULL,
  updated_at varchar(24) NOT NULL);
CREATE INDEX products_category ON products (category_id);
CREATE INDEX products_seller ON products (seller_id);
CREATE TABLE outbox (id varchar(36) PRIMARY KEY, topic varchar(255) NOT NULL, payload text NOT NULL,
  created_at varchar(24) NOT NULL)
"""


def product_id(number: int) -> str:
    """The id of the n-th product: ordered like the numbers, shaped like a UUIDv7."""
    return f"0192f000-{number >> 16:04x}-7000-8000-{number & 0xFFFF:012x}"


def products(count: int = PRODUCTS) -> Iterator[tuple[object, ...]]:
    """Rows in the order of COLUMNS, the same in every run."""
    for number in range(count):
        instant = f"2026-01-{number % 28 + 1:02d}T12:00:00.000Z"
        yield (
            product_id(number), f"Model railway coach {number}", NEW_PRODUCT["description"], "FIXED", "USED",
            10 + number % 900 / 10, "GBP", _group("c", number % 100), _group("d", number % 400),
            _group("e", number % 500), 3.5, "GBP", "STANDARD", json.dumps([_group("f", number)]), True, 1, instant,
            instant,
        )  # fmt: skip


def _group(letter: str, number: int) -> str:
    return str(uuid.UUID(f"0192f000-0000-7000-8000-{letter}{number:011x}"))
