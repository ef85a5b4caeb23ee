"""`flask demo import-products`: a real catalogue from a CSV file, through the same commands as the API.

Columns: id, name, category_path ("Hobbies > Trains > …"), price_gbp; manufacturer, availability, reviews, rating are
written into the description. Ids follow from the file's ids, so that importing twice adds nothing."""
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.actor import Actor, system_actor
from app.clock import now
from app.errors import ApiError
from blueprints.marketplace.category_management.commands import create_category, create_subcategory
from blueprints.marketplace.category_management.queries import categories_by_id, subcategories_by_id
from blueprints.marketplace.product_listing.commands import create_products
from blueprints.marketplace.product_listing.queries import known_product_ids
from blueprints.platform.auth.queries import find_active_account
from cli import completing
from cli.csv_file import CsvLine, decimal_sign, delimiter_option, read_csv, read_decimal
from cli.demo_factories import PEOPLE, auction_values, demo_id, fixed_listing_values
from cli.terminal import acts, agreed, print_facts, print_sentence, refuse_production

REALM, CURRENCY = "marketplace", "GBP"
COLUMNS = ("id", "name", "category_path", "price_gbp")
KINDS = ("products", "categories", "subcategories")
BATCH = 250
PENNY = Decimal("0.01")
NOWHERE = "Everything else"


@dataclass(frozen=True, slots=True)
class Good:
    """One line of the file: on which shelf it belongs, and what it costs in major units (None: the cell is empty)."""

    line: int
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


@dataclass(frozen=True, slots=True)
class Refused:
    """A line of the file that is not taken, and why."""

    line: int
    reason: str


@click.command("import-products")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seller", "seller_email", metavar="E-MAIL", default=PEOPLE[0].email, show_default=True,
              shell_complete=completing.named(person.email for person in PEOPLE), help="Whose listings they are.")
@delimiter_option
@acts
@with_appcontext
def import_products(file: Path, seller_email: str, delimiter: str | None, dry_run: bool, yes: bool,
                    as_json: bool) -> None:
    """List the products of the CSV FILE with their categories; what was imported before is left alone.

    Its columns are id, name, category_path (`Tools > Soldering`), price_gbp and, if wanted, manufacturer, rating,
    reviews, availability.

    The file may come from a spreadsheet: commas, semicolons or tabs, UTF-8, UTF-16 or Windows-1252, `12.50` or `12,50`.
    A product whose price is empty becomes an auction from 0.99. A line that is not taken is told with its number and
    makes the exit code 1.

    Example: flask demo import-products products.csv --yes
    """
    refuse_production()
    seller = _seller(seller_email)
    goods, refused = read_goods(file, delimiter)
    known = _known(goods)
    fresh = [good for good in goods if good.product_id not in known]
    _say_refused(refused)
    plan = {"products": len(fresh), "auctions": sum(good.price is None for good in fresh), **_missing_shelves(goods),
            "alreadyThere": len(goods) - len(fresh)}
    if not any(plan[kind] for kind in KINDS):
        click.echo("nothing to do", err=True)
        _report(plan, refused, as_json=as_json)
        return
    touched = ", ".join(f"{plan[kind]} {kind}" for kind in KINDS)
    question = (f"{touched} of {file.name} are added for {seller_email}; "
                f"{plan['auctions']} have no price and become auctions; {len(refused)} lines are not taken")
    if agreed(question, dry_run=dry_run, yes=yes, reports=True):
        _put_up_shelves(goods)
        late = _list_all(seller, fresh)
        _say_refused(late)
        taken = {good.line: good for good in fresh}
        for one in late:
            del taken[one.line]
        plan |= {"products": len(taken), "auctions": sum(good.price is None for good in taken.values())}
        refused += late
    _report(plan, refused, as_json=as_json)


def _report(facts: dict[str, int], refused: Sequence[Refused], *, as_json: bool) -> None:
    """Print what was done, or would be; lines that are not taken make the exit code 1."""
    lines = [{"line": one.line, "reason": one.reason} for one in sorted(refused, key=lambda one: one.line)]
    print_facts({**facts, "refused": lines if as_json else len(lines)}, as_json=as_json)
    if refused:
        raise click.exceptions.Exit(1)


def _say_refused(refused: Iterable[Refused]) -> None:
    for one in refused:
        print_sentence(f"line {one.line} is not taken: {one.reason}", err=True)


def read_goods(file: Path, delimiter: str | None) -> tuple[list[Good], list[Refused]]:
    """Return the goods of the file, each once, and the lines that are none.

    Raises ClickException for what is no CSV, and when a column is missing."""
    lines = read_csv(file, COLUMNS, delimiter)
    mark = decimal_sign(_bare_price(line.cells["price_gbp"]) for line in lines)
    goods: dict[str, Good] = {}
    refused = []
    for line in lines:
        try:
            good = _good(line, mark)
            if good.source_id in goods:
                raise ValueError(f"the id {good.source_id} stands in line {goods[good.source_id].line} already")
        except ValueError as error:
            refused.append(Refused(line.number, str(error)))
        else:
            goods[good.source_id] = good
    return list(goods.values()), refused


def _good(line: CsvLine, mark: str | None) -> Good:
    """Return what the line offers; raises ValueError that says what is wrong with it."""
    cells = line.cells
    if line.fault:
        raise ValueError(line.fault)
    name = " ".join(cells["name"].split())
    if not cells["id"] or not name:
        raise ValueError("id or name is empty")
    path = [part.strip()[:255] for part in cells["category_path"].split(">") if part.strip()] or [NOWHERE]
    facts = (("By", cells.get("manufacturer")), ("Rated", cells.get("rating")), ("Reviews:", cells.get("reviews")))
    description = ". ".join([name, *(f"{word} {value}" for word, value in facts if value)])
    return Good(line.number, cells["id"], name[:255], path[0], path[1] if len(path) > 1 else path[0],
                _price(cells["price_gbp"], mark), _units(cells.get("availability")), description[:65_536])


def _price(text: str, mark: str | None) -> Decimal | None:
    """Return the price, None for an empty cell; raises ValueError for what is no price in pounds."""
    bare = _bare_price(text)
    if not bare:
        return None
    price = read_decimal(bare, mark)
    if price <= 0 or price != price.quantize(PENNY):
        raise ValueError(f"{text!r} is no price in pounds and pence")
    return price.quantize(PENNY)


def _bare_price(text: str) -> str:
    return text.strip().removeprefix("£").removesuffix("£").strip()


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


def _list_all(seller: Actor, goods: Sequence[Good]) -> list[Refused]:
    """List the goods in transactions of BATCH and return what the rules refuse; the others of its batch are listed.

    Interrupted, it says how far it came; the next import goes on there."""
    refused: list[Refused] = []
    done = 0
    try:
        with click.progressbar(length=len(goods), label="listing", file=sys.stderr) as bar:
            for batch in _batches(goods):
                refused += _list_batch(seller, batch)
                done += len(batch)
                bar.update(len(batch))
    finally:
        if done < len(goods):
            click.echo(f"stopped after {done - len(refused)} of {len(goods)} products; the same command goes on there",
                       err=True)
    return refused


def _list_batch(seller: Actor, batch: Sequence[Good]) -> list[Refused]:
    try:
        create_products(seller, map(_listing, batch))
    except ApiError as refusal:
        if len(batch) == 1:
            return [Refused(batch[0].line, refusal.message)]
        return [one for good in batch for one in _list_batch(seller, [good])]
    return []


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
