"""`flask demo import-products`: a catalogue file becomes categories and listings, once."""
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from app.data.reads import fetch
from blueprints.marketplace.category_management.models import Category, Subcategory
from blueprints.marketplace.product_listing.models import Product
from cli.products import import_products, read_goods
from tests.clients import ApiClient
from tests.testbed import PRODUCTION

# Rows as in the public sample of amazon.co.uk that the command was written for; the last two are useless.
CATALOGUE = """id,name,category_path,manufacturer,price_gbp,availability,reviews,answered_questions,rating
eac7efa5dbd3d667f26eb3d3ab504464,Hornby 2014 Catalogue,Hobbies > Model Trains > Rail,Hornby,3.42,5\u00a0new,15,1,4.9
b17540ef7e86e461d37f3ae58b7b72ac,"Train Set, with “smoke”",Hobbies > Model Trains,FunkyBuys,"1,016.99",,2,1,4.5
348f344247b0c1a935b1223072ef9d8a,Puppet,Puppets,,,,,,
{long},{long},,,0,,,,
,No id,Hobbies,,1,,,,
348f344247b0c1a935b1223072ef9d8b,  ,Hobbies,,1,,,,
""".format(long="x" * 300)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.csv"
    path.write_text(CATALOGUE, encoding="utf-8")
    return path


@pytest.fixture
def run(app: Flask, as_user: Callable[..., ApiClient]) -> Callable[..., Result]:
    seller = as_user("sally")
    return lambda *arguments: app.test_cli_runner().invoke(
        import_products, [*map(str, arguments), "--seller", seller.email])


def titles() -> set[str]:
    return {row.title for row in fetch(select(Product.title))}


def report(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_products_are_listed_on_the_shelves_of_their_path(
        run: Callable[..., Result], file: Path, as_user: Callable[..., ApiClient]) -> None:
    done = report(run(file, "--yes", "--json"))
    assert done == {"products": 4, "categories": 3, "subcategories": 3, "alreadyThere": 0, "skipped": 2}
    [product] = fetch(select(Product.__table__).where(Product.title == "Hornby 2014 Catalogue"))
    assert (product.type, product.price, product.currency, product.quantity) == ("FIXED", 342, "GBP", 5)
    assert product.seller_id == as_user("sally").user_id
    [shelf] = fetch(select(Category.title, Subcategory.name).join(Subcategory, Subcategory.category_id == Category.id)
                    .where(Subcategory.id == product.subcategory_id, Category.id == product.category_id))
    assert tuple(shelf) == ("Hobbies", "Model Trains")


def test_a_product_without_a_price_becomes_an_auction(run: Callable[..., Result], file: Path) -> None:
    run(file, "--yes")
    rows = fetch(select(Product.title, Product.start_price, Product.end_bid_date).where(Product.type == "AUCTION"))
    assert {row.title for row in rows} == {"Puppet", "x" * 255}
    assert {row.start_price for row in rows} == {99}
    assert all(row.end_bid_date for row in rows)


def test_importing_twice_adds_nothing(run: Callable[..., Result], file: Path) -> None:
    run(file, "--yes")
    again = run(file, "--json")
    assert report(again) == {"products": 0, "categories": 0, "subcategories": 0, "alreadyThere": 4, "skipped": 2}
    assert "nothing to do" in again.stderr
    assert len(titles()) == 4


def test_an_interrupted_import_goes_on_where_it_stopped(run: Callable[..., Result], file: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.csv"
    part.write_text("\n".join(CATALOGUE.splitlines()[:2]), encoding="utf-8")
    run(part, "--yes")
    assert report(run(file, "--yes", "--json"))["products"] == 3


def test_a_dry_run_adds_nothing(run: Callable[..., Result], file: Path) -> None:
    assert report(run(file, "--dry-run", "--json"))["products"] == 4
    assert titles() == set()


def test_without_a_yes_nothing_is_added(run: Callable[..., Result], file: Path) -> None:
    assert run(file).exit_code == 1
    assert titles() == set()


@pytest.mark.parametrize(("content", "said"), [
    (b"id,name\n1,a\n", "category_path, price_gbp"), (b"", "id, name"), (b"id,name\n\xff\xfe", "UTF-8")])
def test_a_file_of_something_else_is_refused(
        run: Callable[..., Result], tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "else.csv"
    path.write_bytes(content)
    result = run(path, "--yes")
    assert result.exit_code == 1
    assert said in result.output


def test_a_seller_who_does_not_exist_is_refused(app: Flask, file: Path) -> None:
    result = app.test_cli_runner().invoke(import_products, [str(file), "--yes", "--seller", "nobody@guildhall.test"])
    assert result.exit_code == 1
    assert "nobody@guildhall.test" in result.output


def test_production_is_refused(make_app: Callable[..., Flask], file: Path) -> None:
    production = make_app(**PRODUCTION)
    with production.app_context():
        result = production.test_cli_runner().invoke(import_products, [str(file), "--yes"])
    assert result.exit_code == 1
    assert "production" in result.output


def test_a_price_with_thousands_is_read(file: Path) -> None:
    goods, _ = read_goods(file)
    assert [str(good.price) for good in goods[:2]] == ["3.42", "1016.99"]
