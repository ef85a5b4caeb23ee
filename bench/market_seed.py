"""Gives a home that `bench.seed` has filled a past: suspended sellers, messages, feedback, reports; says whom to ask.

`python -m bench.market_seed ROWS`: ROWS messages, feedbacks and (at most REPORTS) reports, made inside the database."""

import json
import sys
from typing import Any

from flask import Flask
from sqlalchemy import Connection

from app.data.entity import db
from app.data.sqlite_write_lock import sqlite_write_lock
from app.factory import create_app
from bench.seed import BIDDERS, fill, token_of
from blueprints.platform.auth.models import MarketplaceUser
from blueprints.platform.moderation.rules import NOBODY

SUSPENDED_SELLERS = 500
REPORTS, REPORTS_OF_A_CASE = 100_000, 5
LISTINGS_OF_ONE = 5_000
USERS = BIDDERS + 500
APART_SECONDS = 28  # a million feedbacks fill ten months
_MODERATOR = {"email": "moderator@bench.test", "fullname": "Moderator", "password": "none", "role_id": "admin",
              "email_verified": True, "mobile_verified": False}
# What the two databases write differently: an id of row `i`, a moment so many seconds ago, the month of a moment.
DIALECTS = {
    "sqlite": {"id": "printf('{kind}%06x-0000-7000-8000-%012x', i / 4096, i)",
               "ago": "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || ({n}) || ' seconds')",
               "month": "substr(sent, 1, 7)", "far": "'2100-01-01T00:00:00.000Z'"},
    "postgresql": {"id": "'{kind}' || lpad(to_hex(i / 4096), 6, '0') || '-0000-7000-8000-' || lpad(to_hex(i), 12, '0')",
                   "ago": "date_trunc('milliseconds', now()) - ({n}) * interval '1 second'",
                   "month": "to_char(sent AT TIME ZONE 'UTC', 'YYYY-MM')", "far": "timestamptz '2100-01-01 00:00Z'"},
}

# The suspended sellers are twins of the sellers, and have half of their listings.
TWINS = "INSERT INTO marketplace_user ({columns}) SELECT {copied} FROM marketplace_user WHERE id IN ({sellers})"
TWINS_LISTINGS = """UPDATE product_listing_product SET seller_id = 'f' || substr(seller_id, 2),
    owner = 'f' || substr(owner, 2) WHERE price / 100 % 2 = 0"""
# One seller has many of the others.
LISTINGS_TO_ONE = """UPDATE product_listing_product SET (seller_id, owner) =
    (SELECT max(id), max(id) FROM ({sellers}) AS one) WHERE id IN (
    SELECT id FROM product_listing_product WHERE price / 100 % 2 = 1 ORDER BY id LIMIT {listings})"""
SELLERS = f"SELECT id FROM marketplace_user WHERE email LIKE 'user%' ORDER BY id LIMIT 500 OFFSET {BIDDERS}"
NUMBERED = """WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {rows} - 1),
    person(id, place) AS (SELECT id, row_number() OVER (ORDER BY id) - 1 FROM marketplace_user
                          WHERE email LIKE 'user%'),
    listing(id, seller_id, place) AS (SELECT id, seller_id, row_number() OVER (ORDER BY id) - 1
                                      FROM product_listing_product)"""
# Each second message is of one long thread, between the first bidder and the first seller; the others are of 16,000.
MESSAGES = """INSERT INTO messaging_message (id, is_active, record_version, created_at, updated_at, from_user_id,
    to_user_id, content, is_read, sent_at, pair, sender_deleted, recipient_deleted)
{numbered},
    meets(i, one, other) AS (SELECT i, CASE WHEN i % 2 = 0 THEN 0 ELSE i / 2 % {bidders} END,
        CASE WHEN i % 2 = 0 THEN {bidders} ELSE {bidders} + 1 + i / 64 % 499 END FROM n),
    written(i, a, b, sent) AS (SELECT i, x.id, y.id, {ago} FROM meets
        JOIN person AS x ON x.place = one JOIN person AS y ON y.place = other)
SELECT {id}, true, 1, sent, sent, CASE WHEN i % 3 = 0 THEN b ELSE a END, CASE WHEN i % 3 = 0 THEN a ELSE b END,
    'Is it still there, and would you send it? ' || i, i % 10 <> 0, sent,
    CASE WHEN a < b THEN a || ' ' || b ELSE b || ' ' || a END, false, false FROM written"""
CONVERSATIONS = """INSERT INTO messaging_conversation (user_id, counterpart_id, messages, unread, last_at,
    last_message_id)
SELECT me, other, count(*), sum(unread), max(sent_at), max(id) FROM (
    SELECT from_user_id AS me, to_user_id AS other, 0 AS unread, sent_at, id FROM messaging_message UNION ALL
    SELECT to_user_id, from_user_id, CASE WHEN is_read THEN 0 ELSE 1 END, sent_at, id FROM messaging_message) AS seen
GROUP BY me, other"""
FEEDBACK = """INSERT INTO feedback (id, is_active, record_version, created_at, updated_at, owner, rating, order_id,
    buyer_id, order_item_id, seller_id, comment, product_id, month, delivered_at)
{numbered},
    said(i, buyer, seller, product, sent) AS (SELECT i, person.id, seller_id, listing.id, {ago} FROM n
        JOIN person ON person.place = i % {bidders} JOIN listing ON listing.place = i % {listings})
SELECT {id}, true, 1, sent, sent, buyer, i % 5 + 1, {order_id}, buyer, {order_id}, seller, 'As described. ' || i,
    product, {month}, sent FROM said"""
# Each case is of one listing, and waits; what it shows as its title is in the copy of the listing.
CASES = """INSERT INTO moderation_case (id, is_active, record_version, created_at, updated_at, realm, number, kind,
    entity_type, entity_id, person_id, state, is_pending, priority, urgency, worst, report_count, opened_at)
{numbered},
    seen(i, product, seller, worst, sent) AS (SELECT i, listing.id, seller_id, 10 + i % 91, {ago}
        FROM n JOIN listing ON listing.place = i)
SELECT {id}, true, 1, sent, sent, 'marketplace', i + 1, 'REPORT', 'PRODUCT', product, seller, 'OPEN', true, worst + 20,
    -worst - 20, worst, {each}, sent FROM seen"""
COPIES = """INSERT INTO moderation_evidence (id, realm, case_id, entity_type, entity_id, person_id, taken_at, title,
    digest)
SELECT '06' || substr(id, 3), realm, id, entity_type, entity_id, person_id, opened_at, 'Coach ' || number, 'none'
FROM moderation_case"""
REPORTED = """INSERT INTO moderation_report (id, is_active, record_version, created_at, updated_at, owner, realm,
    reporter_id, entity_type, entity_id, case_id, reason, text, state, is_open)
{numbered}
SELECT {id}, true, 1, opened_at, opened_at, '{nobody}', realm, person.id, entity_type, entity_id, one.id, 'FRAUD',
    'It is not what it says. ' || i, 'OPEN', true
FROM n JOIN moderation_case AS one ON one.number = i % {cases} + 1
    JOIN person ON person.place = (i / {cases} + i % {cases}) % {users}"""
COUNTED = "INSERT INTO moderation_counter (realm, name, value) VALUES ('marketplace', '{name}', {cases})"
STARS = """INSERT INTO feedback_star_count (seller_id, month, stars_1, stars_2, stars_3, stars_4, stars_5)
SELECT seller_id, {month}, {sums} FROM feedback GROUP BY {groups}"""


def seed(app: Flask, rows: int) -> dict[str, Any]:
    """Write everything; return who has the long thread, some sellers, one with many listings, a moderator's token."""
    with app.app_context():
        name = db.engine.dialect.name
        [moderator] = fill(MarketplaceUser, iter([_MODERATOR]), 1)
        with sqlite_write_lock(), db.engine.execution_options(writes=True).begin() as connection:
            for statement in _statements(connection, rows, DIALECTS[name]):
                connection.exec_driver_sql(statement.replace("%", "%%") if name == "postgresql" else statement)
            people = [row[0] for row in connection.exec_driver_sql(
                "SELECT id FROM marketplace_user WHERE email LIKE 'user%%' ORDER BY id" if name == "postgresql" else
                "SELECT id FROM marketplace_user WHERE email LIKE 'user%' ORDER BY id")]
        if name == "postgresql":
            with db.engine.execution_options(reads_only=True).connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        token = token_of(moderator)
    return {"counterpart": people[BIDDERS], "sellers": people[BIDDERS::10], "large_seller": people[-1],
            "moderator": token}


def _statements(connection: Connection, rows: int, says: dict[str, str]) -> list[str]:
    users = db.metadata.tables["marketplace_user"].columns
    changed = {"id": "'f' || substr(id, 2)", "owner": "'f' || substr(owner, 2)", "email": "'rest-' || email",
               "suspended_until": says["far"]}
    listings = connection.exec_driver_sql("SELECT count(*) FROM product_listing_product").scalar_one()
    numbered = NUMBERED.format(rows=rows)
    reports = min(rows, REPORTS)
    cases = min(reports // REPORTS_OF_A_CASE, listings)
    ago = says["ago"].format(n=f"({rows} - i) * {APART_SECONDS}")
    sums = ", ".join(f"sum(CASE WHEN rating = {stars} THEN 1 ELSE 0 END)" for stars in range(1, 6))
    return [
        TWINS.format(columns=", ".join(f'"{one.name}"' for one in users), sellers=SELLERS,
                     copied=", ".join(changed.get(one.name, f'"{one.name}"') for one in users)),
        TWINS_LISTINGS,
        LISTINGS_TO_ONE.format(sellers=SELLERS, listings=LISTINGS_OF_ONE),
        MESSAGES.format(numbered=numbered, bidders=BIDDERS, ago=ago, id=says["id"].format(kind="01")),
        CONVERSATIONS,
        FEEDBACK.format(numbered=numbered, bidders=BIDDERS, listings=listings, ago=ago, month=says["month"],
                        id=says["id"].format(kind="02"), order_id=says["id"].format(kind="03")),
        STARS.format(month="month", sums=sums, groups="seller_id, month"),
        STARS.format(month="''", sums=sums, groups="seller_id"),
        CASES.format(numbered=NUMBERED.format(rows=cases), id=says["id"].format(kind="04"), each=REPORTS_OF_A_CASE,
                     ago=says["ago"].format(n=f"({cases} - i) * {APART_SECONDS}")),
        COPIES,
        REPORTED.format(numbered=NUMBERED.format(rows=reports), id=says["id"].format(kind="05"), nobody=NOBODY,
                        cases=cases, users=USERS),
        *(COUNTED.format(name=name, cases=cases) for name in ("case", "pending")),
    ]


if __name__ == "__main__":
    print(json.dumps(seed(create_app(), int(sys.argv[1]))))
