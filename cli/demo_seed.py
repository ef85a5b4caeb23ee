"""Fills an empty demo through the same commands as the API; each row has its fixed id, so a second run adds nothing."""
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.actor import system_actor
from app.errors import ApiError
from app.identity.passwords import hash_password
from blueprints.marketplace.category_management.commands import create_category, create_subcategory
from blueprints.marketplace.product_listing.commands import create_product
from blueprints.platform.auth.commands import create_user, verify_email
from blueprints.platform.auth.queries import find_account
from cli import demo_network
from cli.demo_factories import (
    DEMO_PASSWORD,
    GOODS,
    OPERATOR,
    PEOPLE,
    REALM,
    SHELVES,
    Person,
    Values,
    auction_values,
    category_values,
    demo_id,
    fixed_listing_values,
    product_id,
    subcategory_values,
)
from cli.demo_story import STORY, actor_of

_STAFF = system_actor(REALM, operator=OPERATOR)


@dataclass(frozen=True)
class _Demo:
    """What is made in one realm: its people, and `make` all the rest, which returns how many rows of each kind."""

    people: Sequence[Person]
    make: Callable[[], dict[str, int]]


def is_seeded(realm: str) -> bool:
    """True when the demo of a realm was seeded whole: the last of its people is added last."""
    return find_account(realm, _DEMOS[realm].people[-1].email) is not None


def seed_demo(realm: str) -> dict[str, int]:
    """Create what is missing of the demo of a realm and return how many rows of each kind were added."""
    demo = _DEMOS[realm]
    *first, newcomer = demo.people
    password_hash = hash_password(DEMO_PASSWORD)  # one for all: it is slow on purpose, and everybody knows the password
    added = {"users": _count(_welcome, ((realm, person, password_hash) for person in first))} | demo.make()
    added["users"] += _count(_welcome, [(realm, newcomer, password_hash)])
    return added


def demo_people(realm: str) -> Sequence[Person]:
    """Return the people of the demo of a realm."""
    return _DEMOS[realm].people


def _make_market() -> dict[str, int]:
    return {
        "categories": _count(_make_category, ((shelf.title, shelf.subtitle) for shelf in SHELVES)),
        "subcategories": _count(_make_subcategory, (
            (shelf.title, name) for shelf in SHELVES for name in shelf.subcategories)),
        "products": _count(_list, GOODS),
        **{kind: _count(make_one, rows) for kind, (make_one, rows) in STORY.items()},
    }


def _make_network() -> dict[str, int]:
    return {kind: _count(make_one, rows) for kind, (make_one, rows) in demo_network.STORY.items()}


def _welcome(realm: str, person: Person, password_hash: str) -> None:
    staff = system_actor(realm, operator=OPERATOR)
    account = create_user(staff, id=demo_id(person.email), email=person.email, fullname=person.name,
                          password_hash=password_hash)
    verify_email(staff, account.id)


def _make_category(title: str, subtitle: str) -> None:
    create_category(_STAFF, **category_values(id=demo_id(title), title=title, subtitle=subtitle))


def _make_subcategory(category: str, name: str) -> None:
    create_subcategory(_STAFF, **subcategory_values(demo_id(category), id=demo_id(category, name), name=name))


def _list(seller: str, category: str, subcategory: str, days: float | None, values: Values) -> None:
    shelf = demo_id(category), demo_id(category, subcategory)
    given = {"id": product_id(str(values["title"])), **values}
    listing = fixed_listing_values(*shelf, **given) if days is None else auction_values(*shelf, days=days, **given)
    create_product(actor_of(seller), **listing)


def _count(make_one: Callable[..., None], rows: Iterable[tuple[Any, ...]]) -> int:
    return sum(_is_added(make_one, row) for row in rows)


def _is_added(make_one: Callable[..., None], row: tuple[Any, ...]) -> bool:
    """Return whether a row was made: refused is what is there, and what no longer fits what visitors did since."""
    try:
        make_one(*row)
    except ApiError:
        return False
    return True


_DEMOS = {
    REALM: _Demo(PEOPLE, _make_market),
    demo_network.REALM: _Demo([member.person for member in demo_network.MEMBERS], _make_network),
}
