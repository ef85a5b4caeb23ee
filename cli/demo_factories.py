"""Rows to show and to test with: who the demo's people are, what they sell; used by `flask demo seed` and by tests.

Values are what the commands take; each factory fills in everything and lets the caller change anything."""
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from app.clock import now
from app.identity.roles import ADMIN, USER

REALM = "marketplace"
OPERATOR = "demo seed"
DEMO_PASSWORD = "demo-pass-1"

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A demo user; the e-mail is the login."""

    name: str
    email: str
    does: str
    role: str = USER


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category with its subcategories."""

    title: str
    subtitle: str
    subcategories: tuple[str, ...]


# The examples in the help of `flask moderate` name Sara, and Ada as who acts.
PEOPLE = (
    Person("Anna Seller", "anna@demo.test", "sells; nobody has ordered yet"),
    Person("Ben Buyer", "ben@demo.test", "buys"),
    Person("Cleo Collector", "cleo@demo.test", "bids against Ben"),
    Person("Emil Everything", "emil@demo.test", "sells books and tools, and buys"),
    Person("Greta Glass", "greta@demo.test", "sells cameras, and is blocked by Cleo"),
    Person("Hugo Horner", "hugo@demo.test", "sells watches"),
    Person("Frida Newcomer", "frida@demo.test", "has done nothing yet"),
    Person("Jan Jumble", "jan@demo.test", "took money and sent nothing: suspended"),
    Person("Sara Stamp", "sara@example.com", "sells copies of watches, one like the other"),
    Person("Ada Lane", "ada@example.com", "moderates", ADMIN),
    Person("Bob Quay", "bob@example.com", "moderates, too", ADMIN),
)
ANNA, BEN, CLEO, EMIL, GRETA, HUGO, _, JAN, SARA, ADA, BOB = (person.email for person in PEOPLE)

SHELVES = (
    Shelf("Watches", "Wrist and pocket", ("Wristwatches", "Pocket watches", "Straps")),
    Shelf("Computers", "Old and new", ("Handhelds", "Laptops", "Keyboards")),
    Shelf("Cameras", "Film and digital", ("Film cameras", "Lenses")),
    Shelf("Books", "Read and unread", ("Novels", "Atlases")),
    Shelf("Garden", "For the other half of the day", ("Tools", "Seeds")),
)


def demo_id(*parts: str) -> str:
    """Return the id of a demo row: always the same for the same name, so that seeding twice adds nothing."""
    return str(uuid5(NAMESPACE_URL, "guildhall:demo:" + ":".join(parts)))


def product_id(title: str) -> str:
    """Return the id of a demo listing."""
    return demo_id("product", title)


def category_values(**changed: Any) -> Values:
    """Return what create_category takes."""
    return {"title": "Watches", "subtitle": "Wrist and pocket"} | changed


def subcategory_values(category_id: str, **changed: Any) -> Values:
    """Return what create_subcategory takes."""
    return {"category_id": category_id, "name": "Wristwatches", "group": "MOST_POPULAR"} | changed


def fixed_listing_values(category_id: str, subcategory_id: str, **changed: Any) -> Values:
    """Return what create_product takes for a thing at a fixed price."""
    return _listing_values(category_id, subcategory_id) | {
        "type": "FIXED", "title": "Leather strap, 20 mm", "price": Decimal("24.50")} | changed


def auction_values(category_id: str, subcategory_id: str, *, days: float = 7, **changed: Any) -> Values:
    """Return what create_product takes for an auction that runs `days` from now."""
    return _listing_values(category_id, subcategory_id) | {
        "type": "AUCTION", "title": "Cartier Tank, 1974", "start_price": Decimal("10.00"),
        "end_bid_date": now() + timedelta(days=days)} | changed


def _listing_values(category_id: str, subcategory_id: str) -> Values:
    return {"currency": "USD", "description": "Well kept, one owner, works as it should.", "condition": "USED",
            "shipping_currency": "USD", "shipping_method": "STANDARD", "shipping": Decimal("4.90"),
            "category_id": category_id, "subcategory_id": subcategory_id}


# Seller, category, subcategory, and what differs from the factory; with an end in days: an auction.
GOODS: tuple[tuple[str, str, str, float | None, Values], ...] = (
    (ANNA, "Watches", "Straps", None, {"title": "Leather strap, 20 mm", "price": Decimal("24.50")}),
    (ANNA, "Watches", "Pocket watches", None, {"title": "Railway pocket watch", "price": Decimal("180")}),
    (ANNA, "Computers", "Handhelds", None, {"title": "Palm Pilot Professional", "price": Decimal("49.99")}),
    (ANNA, "Computers", "Keyboards", None, {"title": "Model M keyboard", "price": Decimal("89")}),
    (ANNA, "Cameras", "Film cameras", None, {"title": "Rangefinder with 45 mm lens", "price": Decimal("120")}),
    (ANNA, "Books", "Atlases", None, {"title": "World atlas, 1938", "price": Decimal("35")}),
    (ANNA, "Garden", "Tools", None, {"title": "Pruning saw", "price": Decimal("18.20")}),
    (ANNA, "Watches", "Wristwatches", 7, {"title": "Cartier Tank, 1974", "start_price": Decimal("99")}),
    (ANNA, "Computers", "Handhelds", 3, {"title": "Palm m515 with cradle", "start_price": Decimal("1"),
                                         "bidding_mode": "PROXY"}),
    (ANNA, "Cameras", "Lenses", 5, {"title": "50 mm lens, clean glass", "start_price": Decimal("20"),
                                    "reserve_price": Decimal("60")}),
    (GRETA, "Cameras", "Film cameras", None, {"title": "Folding camera, 6 × 9", "price": Decimal("75")}),
    (GRETA, "Cameras", "Lenses", None, {"title": "Lens hood, 49 mm", "price": Decimal("8.90")}),
    (GRETA, "Watches", "Wristwatches", None, {"title": "Famous diver's watch, as new", "price": Decimal("59")}),
    (HUGO, "Watches", "Pocket watches", None, {"title": "Silver hunter, 1911", "price": Decimal("210")}),
    (HUGO, "Watches", "Straps", None, {"title": "Steel bracelet, 18 mm", "price": Decimal("32")}),
    (EMIL, "Books", "Novels", None, {"title": "A shelf of sea novels", "price": Decimal("42")}),
    (EMIL, "Garden", "Tools", None, {"title": "Digging fork", "price": Decimal("21.50")}),
    (EMIL, "Garden", "Tools", None, {"title": "Budding knife", "price": Decimal("16")}),
    (HUGO, "Watches", "Pocket watches", None, {"title": "Watchmaker's loupe", "price": Decimal("14")}),
    (JAN, "Computers", "Laptops", None, {"title": "Laptop, 12 inch", "price": Decimal("140")}),
    *((SARA, "Watches", "Wristwatches", None, {"title": f"Rolex copy, {metal}", "price": Decimal("45")})
      for metal in ("steel", "gold", "black", "two-tone")),
    (SARA, "Watches", "Straps", None, {"title": "Canvas strap, 20 mm", "price": Decimal("9")}),
)
PICTURED = ("Watchmaker's loupe",)
SELLERS = {str(values["title"]): seller for seller, _, _, _, values in GOODS}
