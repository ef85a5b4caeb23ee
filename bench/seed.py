"""Fills a Guildhall home for the benchmark, inside the application's own environment; prints what the load needs.

`python -m bench.seed [BIDS [PRODUCTS]]`: PRODUCTS products (20,000), 200 auctions, 32 users with live sessions, BIDS
bids of history."""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, islice
from typing import Any

from flask import Flask
from sqlalchemy import insert

from app.actor import system_actor
from app.clock import now
from app.data.entity import Entity, db
from app.data.ids import uuid7
from app.data.sqlite_write_lock import sqlite_write_lock
from app.data.unit_of_work import unit_of_work
from app.factory import create_app
from app.identity.access_tokens import issue_access_token
from app.identity.authentication import identity
from app.identity.passwords import hash_password
from app.identity.sessions import open_session
from bench import catalogue
from blueprints.marketplace.auction_offer.models import Bid
from blueprints.marketplace.category_management.models import Category, Subcategory
from blueprints.marketplace.product_listing.models import Product
from blueprints.platform.auth.models import MarketplaceUser

REALM = "marketplace"
PASSWORD = "correct-horse-1"
AUCTIONS, BIDDERS = 200, 32
BATCH = 5_000

Values = dict[str, Any]


def seed(app: Flask, bids: int, count: int) -> Values:
    """Fill the database and return tokens and ids."""
    with app.app_context():
        users = fill(MarketplaceUser, _users(), BIDDERS + 500)
        categories = fill(Category, ({"title": f"Category {n}"} for n in range(100)), 100)
        shelves = fill(Subcategory, _subcategories(categories), 400)
        sellers = users[BIDDERS:]
        products = fill(Product, _products(sellers, categories, shelves), min(count, catalogue.PRODUCTS))
        _multiply(len(products), count)
        *auctions, quiet = fill(Product, _auctions(sellers, categories, shelves, bids), AUCTIONS + 1)
        fill(Bid, _bids(auctions, users, bids), bids)
        tokens = [token_of(user) for user in users[:BIDDERS]]
        if db.engine.dialect.name == "postgresql":
            _vacuum()
    return {
        "tokens": tokens,
        "products": products[:: len(products) // 500],
        "auctions": auctions,
        "quiet_auction": quiet,
        "emails": [_email(number) for number in range(BIDDERS)],
        "category": categories[0],
        "subcategory": shelves[0],
    }


def _common(owner: str | None = None) -> Values:
    moment = now()
    common = {"id": uuid7(), "is_active": True, "record_version": 1, "created_at": moment, "updated_at": moment}
    return common | {"owner": owner}


def fill(model: type[Entity], rows: Iterator[Values], count: int) -> list[str]:
    """Insert rows in batches, past the unit of work: it is the state that is wanted, not its events."""
    ids: list[str] = []
    while len(ids) < count:
        batch = [_common() | row for row in islice(rows, min(BATCH, count - len(ids)))]
        with sqlite_write_lock(), db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(insert(model), batch)
        ids += [row["id"] for row in batch]
    return ids


def _multiply(made: int, wanted: int) -> None:
    """Copy the products inside the database until there are `wanted`: each with an id of its own and a minute older."""
    table = Product.__table__
    older = {"sqlite": "strftime('%Y-%m-%dT%H:%M:%fZ', created_at, '-{n} minutes')",
             "postgresql": "created_at - interval '{n} minutes'"}[db.engine.dialect.name]
    for number in range(1, -(-wanted // made)):
        # Ids are times too; those of the first products begin with 01a.
        place = {"id": f"'{0x0100_0000 - number:08x}' || substr(id, 9)", "created_at": older.format(n=number)}
        chosen = ", ".join(place.get(column.name, f'"{column.name}"') for column in table.columns)
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        rows = min(made, wanted - number * made)
        with sqlite_write_lock(), db.engine.execution_options(writes=True).begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO {table.name} ({names}) SELECT {chosen} FROM (SELECT * FROM {table.name}"
                f" WHERE id > '01100000' LIMIT {rows}) AS one")


def _users() -> Iterator[Values]:
    password = hash_password(PASSWORD)
    for number in range(BIDDERS + 500):
        name = {"email": _email(number), "fullname": f"User {number}", "password": password}
        yield name | {"role_id": "user", "email_verified": True, "mobile_verified": False}


def _email(number: int) -> str:
    return f"user{number}@bench.test"


def _subcategories(categories: list[str]) -> Iterator[Values]:
    for number in range(400):
        yield {"category_id": categories[number % 100], "name": f"Subcategory {number}", "group": "MORE"}


def _products(sellers: list[str], categories: list[str], shelves: list[str]) -> Iterator[Values]:
    for number in count():
        amounts = {"price": 1000 + number % 900 * 10, "shipping": 350}
        yield _listing(number, sellers, categories, shelves) | amounts | {"type": "FIXED"}


def _auctions(sellers: list[str], categories: list[str], shelves: list[str], bids: int) -> Iterator[Values]:
    ends = now() + timedelta(days=7)
    for number in range(AUCTIONS + 1):
        auction = {"type": "AUCTION", "start_price": 100, "start_bid_date": now(), "end_bid_date": ends}
        state = {"effective_end": ends, "bid_count": bids // AUCTIONS, "shipping": 350}
        yield _listing(number, sellers, categories, shelves) | auction | state


def _listing(number: int, sellers: list[str], categories: list[str], shelves: list[str]) -> Values:
    seller = sellers[number % len(sellers)]
    return {
        "title": f"Model railway coach {number}",
        "description": catalogue.NEW_PRODUCT["description"],
        "condition": "USED",
        "currency": "GBP",
        "shipping_currency": "GBP",
        "shipping_method": "STANDARD",
        "seller_id": seller,
        "owner": seller,
        "category_id": categories[number % 100],
        "subcategory_id": shelves[number % 400],
        "media_asset_ids": [],
        "bidding_mode": "OPEN",
        "accept_offers": True,
        "reserved": 0,
        "sold": 0,
        "bid_count": 0,
    }


def _bids(auctions: list[str], users: list[str], bids: int) -> Iterator[Values]:
    placed = now()
    for number in range(bids):
        amount = 100 + number // AUCTIONS
        bid = {"product_id": auctions[number % AUCTIONS], "user_id": users[number % len(users)], "status": "LOST"}
        terms = {"bid_amount": amount, "maximum": amount, "currency": "GBP", "placed_at": placed}
        yield bid | terms | {"sequence": number // AUCTIONS + 1}


def token_of(user_id: str, realm: str = REALM) -> str:
    """Return an access token of a session that is opened for this person of the realm."""
    pair = identity().keys.current(realm)
    with unit_of_work(system_actor(realm)) as work:
        session = open_session(work, realm, user_id, 86_400)
        work.commit()
    return issue_access_token(
        pair,
        user_id=user_id,
        session_id=session.id,
        logged_in_at=session.logged_in_at,
        expires_at=session.expires_at,
    )


def _vacuum() -> None:
    with db.engine.execution_options(reads_only=True).connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


if __name__ == "__main__":
    bids, products = [*map(int, sys.argv[1:]), 0, catalogue.PRODUCTS][:2]
    print(json.dumps(seed(create_app(), bids, products)))
