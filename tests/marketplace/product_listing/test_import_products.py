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
from cli.products import import_products
from tests.clients import ApiClient
from tests.testbed import PRODUCTION

# Rows as in the public sample of amazon.co.uk that the command was written for.
CATALOGUE = """id,name,category_path,manufacturer,price_gbp,availability,reviews,answered_questions,rating
eac7efa5dbd3d667f26eb3d3ab504464,Hornby 2014 Catalogue,Hobbies > Model Trains > Rail,Hornby,3.42,5\u00a0new,15,1,4.9
b17540ef7e86e461d37f3ae58b7b72ac,"Train Set, with “smoke”",Hobbies > Model Trains,FunkyBuys,"1,016.99",,2,1,4.5
348f344247b0c1a935b1223072ef9d8a,Puppet,Puppets,,,,,,
{long},{long},,,,,,,
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


def prices() -> dict[str, int | None]:
    return {row.title: row.price for row in fetch(select(Product.title, Product.price))}


def report(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_products_are_listed_on_the_shelves_of_their_path(
        run: Callable[..., Result], file: Path, as_user: Callable[..., ApiClient]) -> None:
    done = report(run(file, "--yes", "--json"))
    assert done == {"products": 4, "auctions": 2, "categories": 3, "subcategories": 3, "alreadyThere": 0,
                    "refused": []}
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
    assert report(again) == {"products": 0, "auctions": 0, "categories": 0, "subcategories": 0, "alreadyThere": 4,
                             "refused": []}
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
    (b"id,name\n1,a\n", "no column category_path, price_gbp. Expected are id, name, category_path, price_gbp; "
                         "seen, with commas between them, are id, name."),
    (b"id^name^category_path^price_gbp\n", "--delimiter"), (b"", "id, name"), (b"id,name\n\x81", "no text in UTF-8"),
    (b"\xff\xfei", "UTF-16"), (b"id,name,category_path,price_gbp\n1,\"a,b,3\n2,c,d,4\n", "near line 3")])
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


def test_a_price_with_thousands_is_read(run: Callable[..., Result], file: Path) -> None:
    run(file, "--yes")
    assert prices() == {"Hornby 2014 Catalogue": 342, "Train Set, with “smoke”": 101_699, "Puppet": None,
                        "x" * 255: None}


SPREADSHEET = ("id;name;category_path;price_gbp\r\n1;Bücher;Books;12,50\r\n2;Globe;Books;1.234,00\r\n"
               "3;Atlas;Books;1.016\r\n")


@pytest.mark.parametrize("content", [
    SPREADSHEET.encode("utf-8-sig"), SPREADSHEET.encode(), SPREADSHEET.encode("utf-16"), SPREADSHEET.encode("cp1252"),
    ("sep=;\r\n" + SPREADSHEET).encode("utf-8-sig"), SPREADSHEET.replace(";", "\t").encode("utf-16"),
    SPREADSHEET.replace("id;name", "ID; Name").encode()],
    ids=["utf-8 with a mark", "utf-8", "utf-16", "windows-1252", "excel's hint", "tabs", "capitals"])
def test_the_csv_of_a_spreadsheet_is_read(run: Callable[..., Result], tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(content)
    assert report(run(path, "--yes", "--json"))["products"] == 3
    assert prices() == {"Bücher": 1250, "Globe": 123_400, "Atlas": 101_600}


def test_what_is_not_unicode_is_said(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(SPREADSHEET.encode("cp1252"))
    assert "sheet.csv is not in UTF-8: it is read as Windows-1252" in run(path, "--yes").stderr


@pytest.mark.parametrize(("delimiter", "given"), [("^", "^"), ("\t", "tab"), ("\t", "\\t")])
def test_the_delimiter_may_be_named(run: Callable[..., Result], tmp_path: Path, delimiter: str, given: str) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(SPREADSHEET.replace(";", delimiter), encoding="utf-8")
    assert report(run(path, "--delimiter", given, "--yes", "--json"))["products"] == 3


@pytest.mark.parametrize("given", ["", "ab", '"', "\n"])
def test_a_delimiter_is_one_character(run: Callable[..., Result], file: Path, given: str) -> None:
    assert run(file, "--delimiter", given, "--yes").exit_code == 2


def test_a_price_that_cannot_be_read_is_told_by_its_line_and_is_no_auction(
        run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("id,name,category_path,price_gbp\n1,Fine,Books,12.50\n2,\"Two\nlines\",Books,dear\n3,Free,Books,0\n"
                    "4,Cut,Books,12,50\n5,Fractions,Books,1.999\n,No id,Books,1\n1,Again,Books,2\n7, ,Books,1\n"
                    "8,Too dear,Books,9999999999999\n", encoding="utf-8")
    result = run(path, "--yes", "--json")
    assert result.exit_code == 1
    done = json.loads(result.stdout)
    assert (done["products"], done["auctions"]) == (1, 0)
    assert [line["line"] for line in done["refused"]] == [3, 5, 6, 7, 8, 9, 10, 11]
    for line in done["refused"]:
        assert f"line {line['line']} is not taken: {line['reason']}" in result.stderr
    assert "'dear' is no number" in result.stderr
    assert prices() == {"Fine": 1250}


def test_a_price_that_may_mean_two_things_is_not_guessed(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("id,name,category_path,price_gbp\n1,Globe,Books,1.016\n", encoding="utf-8")
    result = run(path, "--yes", "--json")
    assert (result.exit_code, json.loads(result.stdout)["products"]) == (1, 0)
    assert "line 2 is not taken" in result.stderr
    assert prices() == {}
    path.write_text("id,name,category_path,price_gbp\n1,Globe,Books,\x1b[31m7\n", encoding="utf-8")
    assert "\x1b" not in run(path, "--yes").output


def test_a_failure_on_the_way_says_how_many_were_taken(
        run: Callable[..., Result], file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli import products

    monkeypatch.setattr(products, "BATCH", 1)
    create, calls = products.create_products, []

    def failing(seller: Any, listings: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise OSError("the disk is full")
        create(seller, listings)

    monkeypatch.setattr(products, "create_products", failing)
    result = run(file, "--yes")
    assert result.exit_code == 1
    assert "stopped after 2 of 4 products" in result.stderr
    assert len(titles()) == 2
