"""`flask demo import-products`: a real catalogue from a CSV file, through the same commands as the API.

Columns: id, name, category_path ("Hobbies > Trains > …"), price_gbp; manufacturer, availability, reviews, rating are
written into the description. Ids follow from the file's ids, so that importing twice adds nothing."""
import csv
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.actor import Actor, system_actor
from app.clock import now
from app.runtime import runtime
from blueprints.marketplace.category_management.commands import create_category, create_subcategory
from blueprints.marketplace.category_management.queries import categories_by_id, subcategories_by_id
from blueprints.marketplace.product_listing.commands import create_products
from blueprints.marketplace.product_listing.queries import known_product_ids
from blueprints.platform.auth.queries import find_active_account
from cli.demo_factories import PEOPLE, auction_values, demo_id, fixed_listing_values
from cli.terminal import acts, agreed, print_facts

REALM, CURRENCY = "marketplace", "GBP"
COLUMNS = ("id", "name", "category_path", "price_gbp")
BATCH = 250
NOWHERE = "Everything else"


@dataclass(frozen=True, slots=True)
class Good:
    """One row of the file: on which shelf it belongs, and what it costs in major units (None: unknown)."""

    source_id: str
    name: str
    category: str
    subcategory: str
    price: Decimal | None
    quantity: int | None
    description: str

    @property
    def product_id(self) -> str:
        """Return the id of its listing, always the same."""
        return demo_id("import", "product", self.source_id)

    @property
    def category_id(self) -> str:
        """Return the id of its category."""
        return demo_id("import", self.category)

    @property
    def subcategory_id(self) -> str:
        """Return the id of its subcategory."""
        return demo_id("import", self.category, self.subcategory)


@click.command("import-products")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seller", "seller_email", default=PEOPLE[0].email, show_default=True, help="Whose listings they are.")
@acts
@with_appcontext
def import_products(file: Path, seller_email: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """List the products of the CSV FILE with their categories; what was imported before is left alone.

    A product without a price becomes an auction from 0.99. Rows without id or name are counted and skipped.

    Example: flask demo import-products products.csv --yes
    """
    if runtime().settings.is_production:
        raise click.ClickException("flask demo refuses GUILDHALL_ENV=production")
    seller = _seller(seller_email)
    goods, skipped = read_goods(file)
    known = _known(goods)
    fresh = [good for good in goods if good.product_id not in known]
    plan = {"products": len(fresh), **_missing_shelves(goods), "alreadyThere": len(goods) - len(fresh),
            "skipped": skipped}
    if not any(plan[kind] for kind in ("products", "categories", "subcategories")):
        click.echo("nothing to do", err=True)
        print_facts(plan, as_json=as_json)
        return
    touched = ", ".join(f"{plan[kind]} {kind}" for kind in ("products", "categories", "subcategories"))
    go = agreed(f"{touched} of {file.name} are added for {seller_email}", dry_run=dry_run, yes=yes, reports=True)
    if go:
        _put_up_shelves(goods)
        _list_all(seller, fresh)
    if go or dry_run:
        print_facts(plan, as_json=as_json)


def read_goods(file: Path) -> tuple[list[Good], int]:
    """Return the goods of the file, each once, and how many rows were useless.

    Raises ClickException when a column is missing or the file is no CSV in UTF-8."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            rows, columns = list(reader), reader.fieldnames or ()
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{file} is no CSV in UTF-8: {error}") from error
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        raise click.ClickException(f"{file} has no column {', '.join(missing)}")
    goods = {good.source_id: good for good in map(_good, rows) if good is not None}
    return list(goods.values()), len(rows) - len(goods)


def _good(row: dict[str, str]) -> Good | None:
    name = " ".join((row["name"] or "").split())
    if not row["id"] or not name:
        return None
    path = [part.strip()[:255] for part in (row["category_path"] or "").split(">") if part.strip()] or [NOWHERE]
    facts = (("By", row.get("manufacturer")), ("Rated", row.get("rating")), ("Reviews:", row.get("reviews")))
    description = ". ".join([name, *(f"{word} {value}" for word, value in facts if value)])
    return Good(row["id"], name[:255], path[0], path[1] if len(path) > 1 else path[0], _price(row["price_gbp"]),
                _units(row.get("availability")), description[:65_536])


def _price(text: str | None) -> Decimal | None:
    """Return the price in pence precision, None for what is none (the file has empty ones)."""
    try:
        price = Decimal((text or "").replace(",", "").strip().lstrip("£"))
    except InvalidOperation:
        return None
    return price.quantize(Decimal("0.01")) if price.is_finite() and price >= Decimal("0.01") else None


def _units(availability: str | None) -> int | None:
    found = re.match(r"\s*(\d{1,6})\b", availability or "")
    return max(1, int(found[1])) if found else None


def _seller(email: str) -> Actor:
    account = find_active_account(REALM, email)
    if account is None:
        raise click.ClickException(f"no user {email}; `flask demo seed` makes the demo's people")
    return Actor(REALM, account.id, role=account.role_id, email=account.email, fullname=account.fullname)


def _known(goods: Sequence[Good]) -> set[str]:
    return {known for batch in _batches(goods) for known in known_product_ids(good.product_id for good in batch)}


def _missing_shelves(goods: Sequence[Good]) -> dict[str, int]:
    categories, subcategories = {good.category_id for good in goods}, {good.subcategory_id for good in goods}
    return {"categories": len(categories - set(categories_by_id(categories))),
            "subcategories": len(subcategories - set(subcategories_by_id(subcategories)))}


def _put_up_shelves(goods: Sequence[Good]) -> None:
    """Create the categories and subcategories that are missing."""
    staff = system_actor(REALM, operator="demo import-products")
    categories = {good.category_id: good.category for good in goods}
    subcategories = {good.subcategory_id: good for good in goods}
    have, have_below = categories_by_id(categories), subcategories_by_id(subcategories)
    for category_id, title in categories.items():
        if category_id not in have:
            create_category(staff, id=category_id, title=title)
    for subcategory_id, good in subcategories.items():
        if subcategory_id not in have_below:
            create_subcategory(staff, id=subcategory_id, category_id=good.category_id, name=good.subcategory,
                               group="MORE")


def _list_all(seller: Actor, goods: Sequence[Good]) -> None:
    """List the goods in transactions of BATCH; interrupted, the next import goes on where this one stopped."""
    with click.progressbar(length=len(goods), label="listing", file=sys.stderr) as bar:
        for batch in _batches(goods):
            create_products(seller, map(_listing, batch))
            bar.update(len(batch))


def _listing(good: Good) -> dict[str, Any]:
    common: dict[str, Any] = {
        "id": good.product_id, "title": good.name, "description": good.description, "currency": CURRENCY,
        "shipping_currency": CURRENCY, "condition": "NEW"}
    shelf = good.category_id, good.subcategory_id
    if good.price is not None:
        return fixed_listing_values(*shelf, price=good.price, quantity=good.quantity, **common)
    # Ends are spread over three weeks, always the same for the same product.
    days = 7 + int(good.product_id[:4], 16) % 21
    return auction_values(*shelf, start_price=Decimal("0.99"), end_bid_date=now() + timedelta(days=days), **common)


def _batches(goods: Iterable[Good]) -> Iterator[list[Good]]:
    rest = iter(goods)
    while batch := list(islice(rest, BATCH)):
        yield batch
