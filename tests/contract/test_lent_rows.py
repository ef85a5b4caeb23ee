"""What one service lends another of its rows is a view that nobody can write (docs/kernel.md, Commands)."""
import ast
import dataclasses
from collections.abc import Iterator
from importlib import import_module
from inspect import get_annotations, isfunction, unwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

import pytest

from app.data.entity import Base
from app.data.unit_of_work import UnitOfWork
from blueprints.marketplace.product_listing.lending import (
    AuctionListing,
    ListingView,
    OrderedListing,
    row_behind,
)
from blueprints.marketplace.product_listing.models import Product

BLUEPRINTS = Path(__file__).parents[2] / "blueprints"
SERVICES = sorted(file.parent for file in BLUEPRINTS.glob("*/*/__init__.py") if "organization" not in file.parts)


def borrowed(service: Path) -> Iterator[Any]:
    """Yield the functions of other services that the files of a service import."""
    own = f"blueprints.{service.parent.name}.{service.name}"
    for file in service.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if module.startswith("blueprints.") and not f"{module}.".startswith(f"{own}."):
                named = (getattr(import_module(module), alias.name, None) for alias in node.names)  # a module: None
                yield from (found for found in named if isfunction(found))


def returned_by(function: Any) -> Any:
    """Return the type hint of what a function returns; a unit of work is named where no module imports it.

    Types of parameters may be imported for mypy alone."""
    function = unwrap(function)
    returned = SimpleNamespace(__annotations__={
        name: hint for name, hint in function.__annotations__.items() if name == "return"})
    return get_type_hints(returned, function.__globals__, {"UnitOfWork": UnitOfWork}).get("return")


def types_in(hint: Any) -> Iterator[Any]:
    """Yield every class that a type hint is made of."""
    yield hint
    for part in get_args(hint):
        yield from types_in(part)


def _is_of_a_service(part: Any) -> bool:
    """Return whether it is a row; the kernel's own (a refund) every service may take there anyway."""
    return isinstance(part, type) and issubclass(part, Base) and not part.__module__.startswith("app.")


@pytest.mark.parametrize("service", SERVICES, ids=lambda folder: folder.name)
def test_no_service_is_lent_a_row_that_it_could_change(service: Path) -> None:
    lent = {f"{one.__module__}.{one.__name__}": returned_by(one) for one in borrowed(service)}
    rows = {name for name, hint in lent.items()
            if any(_is_of_a_service(part) for part in types_in(hint))}
    assert rows == set()


@pytest.mark.parametrize("service", SERVICES, ids=lambda folder: folder.name)
def test_what_a_service_is_lent_cannot_be_written(service: Path) -> None:
    parts = {part for one in borrowed(service) for part in types_in(returned_by(one))
             if isinstance(part, type) and part.__module__.startswith("blueprints.")}
    for part in parts:
        if dataclasses.is_dataclass(part):
            assert part.__dataclass_params__.frozen, part
        elif getattr(part, "_is_protocol", False):
            assert not any(get_annotations(base) for base in part.__mro__), part


@pytest.mark.parametrize("view", [AuctionListing, OrderedListing])
def test_a_listing_has_all_that_is_lent_of_it_and_gives_no_way_to_write_it(view: type[ListingView]) -> None:
    lent = {name: value for base in view.__mro__ for name, value in vars(base).items() if isinstance(value, property)}
    assert all(hasattr(Product, name) for name in lent)
    assert {value.fset for value in lent.values()} == {None}


def test_only_a_row_that_was_lent_can_be_changed_by_its_view() -> None:
    with pytest.raises(TypeError):
        row_behind(object())  # type: ignore[arg-type]
    product = Product()
    assert row_behind(product) is product
