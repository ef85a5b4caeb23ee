"""Fills an empty demo through the same commands as the API; each row has its fixed id, so a second run adds nothing."""
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

from app.actor import system_actor
from app.errors import ApiError
from app.identity.bucket_tokens import user_bucket
from app.identity.passwords import hash_password
from blueprints.marketplace.category_management.commands import create_category, create_subcategory
from blueprints.marketplace.product_listing.commands import create_media, create_product, update_product
from blueprints.platform.auth.commands import enrol_user
from blueprints.platform.auth.queries import find_account
from blueprints.platform.bucket.commands import Upload, store_images
from cli import demo_network, demo_network_story
from cli.demo_factories import (
    DEMO_PASSWORD,
    GOODS,
    OPERATOR,
    PEOPLE,
    PICTURED,
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
    """True when the demo of a realm was seeded whole: the last of its people, who has done nothing, is added last."""
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
    return {kind: _count(make_one, rows) for kind, (make_one, rows) in demo_network_story.STORY.items()}


def _welcome(realm: str, person: Person, password_hash: str) -> None:
    staff = system_actor(realm, operator=OPERATOR)
    enrol_user(staff, id=demo_id(person.email), email=person.email, fullname=person.name, role_id=person.role,
               email_verified=True, password_hash=password_hash)


def _make_category(title: str, subtitle: str) -> None:
    create_category(_STAFF, **category_values(id=demo_id(title), title=title, subtitle=subtitle))


def _make_subcategory(category: str, name: str) -> None:
    create_subcategory(_STAFF, **subcategory_values(demo_id(category), id=demo_id(category, name), name=name))


def _list(seller: str, category: str, subcategory: str, days: float | None, values: Values) -> None:
    shelf = demo_id(category), demo_id(category, subcategory)
    given = {"id": product_id(str(values["title"])), **values}
    listing = fixed_listing_values(*shelf, **given) if days is None else auction_values(*shelf, days=days, **given)
    create_product(actor_of(seller), **listing)
    if listing["title"] in PICTURED:
        _show_picture(seller, str(listing["title"]))


def _show_picture(seller: str, title: str) -> None:
    """Upload a picture, grey rings that grow darker, and show it with the listing."""
    person, content = actor_of(seller), BytesIO()
    Image.radial_gradient("L").save(content, "PNG")
    [file] = store_images(person, user_bucket(demo_id(seller)), [Upload("picture.png", content.getvalue())])
    media = create_media(person, id=demo_id("picture", title), mime_type=file["mimeType"], url=file["downloadUrl"],
                         size=file["size"])
    update_product(person, product_id(title), media_asset_ids=[media.id])


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
