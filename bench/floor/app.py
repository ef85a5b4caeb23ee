"""Flask, the bare database driver and orjson: list, get, insert with an outbox row. No session, policy or envelope."""

import json
import os
import sqlite3
import threading
import uuid
from datetime import UTC, datetime

import orjson
import psycopg
from flask import Flask, Response, request
from psycopg.rows import tuple_row

from bench.catalogue import COLUMNS

DATABASE = os.environ["FLOOR_DATABASE"]
ON_POSTGRES = DATABASE.startswith("postgresql")
PLACE = "%s" if ON_POSTGRES else "?"
FIELDS = ", ".join(COLUMNS)
LIST = f"SELECT {FIELDS} FROM products WHERE is_active ORDER BY id LIMIT 25"
GET = f"SELECT {FIELDS} FROM products WHERE id = {PLACE} AND is_active"
INSERT = f"INSERT INTO products ({FIELDS}) VALUES ({', '.join([PLACE] * len(COLUMNS))})"
RECORD = f"INSERT INTO outbox VALUES ({', '.join([PLACE] * 4)})"
MEDIA = COLUMNS.index("media_asset_ids")

app = Flask(__name__)
local = threading.local()


def connection() -> sqlite3.Connection | psycopg.Connection:
    """This thread's connection, opened once."""
    if not hasattr(local, "connection"):
        local.connection = _connect()
    return local.connection


def _connect() -> sqlite3.Connection | psycopg.Connection:
    if ON_POSTGRES:
        return psycopg.connect(DATABASE, autocommit=True, row_factory=tuple_row)
    opened = sqlite3.connect(DATABASE, isolation_level=None, timeout=10)
    opened.execute("PRAGMA synchronous=FULL")  # as durable as Guildhall in production
    return opened


def _product(row: tuple) -> dict:
    product = dict(zip(COLUMNS, row, strict=True))
    product["media_asset_ids"] = orjson.loads(row[MEDIA])
    product["is_active"] = bool(product["is_active"])
    return product


def _json(body: dict, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status=status, mimetype="application/json")


@app.get("/products")
def list_products() -> Response:
    """The first 25 products by id."""
    rows = connection().execute(LIST).fetchall()
    return _json({"products": [_product(row) for row in rows]})


@app.get("/products/<product_id>")
def get_product(product_id: str) -> Response:
    """One product by id."""
    row = connection().execute(GET, (product_id,)).fetchone()
    return _json({"product": _product(row)}) if row else _json({"message": "not found"}, 404)


@app.post("/products")
def create_product() -> Response:
    """Inserts the product and its outbox row in one transaction."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    product = request.get_json()
    product |= {"id": str(uuid.uuid4()), "is_active": True, "record_version": 1, "created_at": now, "updated_at": now}
    row = [json.dumps(product[name]) if name == "media_asset_ids" else product[name] for name in COLUMNS]
    event = (str(uuid.uuid4()), "product-created", orjson.dumps(product).decode(), now)
    opened = connection()
    opened.execute("BEGIN" if ON_POSTGRES else "BEGIN IMMEDIATE")
    opened.execute(INSERT, row)
    opened.execute(RECORD, event)
    opened.execute("COMMIT")
    return _json({"product": product}, 201)
