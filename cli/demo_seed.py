"""Fills an empty demo through the same commands as the API; each row has its fixed id, so a second run adds nothing."""
from collections.abc import Callable

from app.actor import Actor, system_actor
from app.errors import DuplicateRecord
from app.identity.passwords import hash_password
from blueprints.marketplace.category_management.commands import create_category, create_subcategory
from blueprints.marketplace.product_listing.commands import create_product
from blueprints.platform.auth.commands import create_user, verify_email
from blueprints.platform.auth.queries import find_account
from cli.demo_factories import (
    DEMO_PASSWORD,
    GOODS,
    PEOPLE,
    SHELVES,
    auction_values,
    category_values,
    demo_id,
    fixed_listing_values,
    subcategory_values,
)

REALM = "marketplace"


def is_seeded() -> bool:
    """True when the demo's people are there: they come last."""
    return find_account(REALM, PEOPLE[-1].email) is not None


def seed_demo() -> dict[str, int]:
    """Create what is missing of the demo and return how many rows of each kind were added."""
    staff = system_actor(REALM, operator="demo seed")
    added = {
        "users": sum(_is_added(lambda person=person: _welcome(staff, person.name, person.email)) for person in PEOPLE),
        "categories": sum(_is_added(lambda shelf=shelf: create_category(staff, **category_values(
            id=demo_id(shelf.title), title=shelf.title, subtitle=shelf.subtitle))) for shelf in SHELVES),
        "subcategories": sum(_is_added(lambda shelf=shelf, name=name: create_subcategory(staff, **subcategory_values(
            demo_id(shelf.title), id=demo_id(shelf.title, name), name=name)))
            for shelf in SHELVES for name in shelf.subcategories),
        "products": sum(_is_added(lambda goods=goods: _list(*goods)) for goods in GOODS),
    }
    return added


def _list(category: str, subcategory: str, days: float | None, values: dict[str, object]) -> object:
    seller = Actor(REALM, demo_id(PEOPLE[0].email), role="user")
    shelf = demo_id(category), demo_id(category, subcategory)
    given = {"id": demo_id("product", str(values["title"])), **values}
    listing = fixed_listing_values(*shelf, **given) if days is None else auction_values(*shelf, days=days, **given)
    return create_product(seller, **listing)


def _welcome(staff: Actor, name: str, email: str) -> object:
    account = create_user(staff, id=demo_id(email), email=email, fullname=name,
                          password_hash=hash_password(DEMO_PASSWORD))
    return verify_email(staff, account.id)


def _is_added(create: Callable[[], object]) -> bool:
    try:
        create()
    except DuplicateRecord:
        return False
    return True
