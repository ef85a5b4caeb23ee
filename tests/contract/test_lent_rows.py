"""What one service lends another of its rows is a view that nobody can write (docs/kernel.md, Commands)."""
import ast
import dataclasses
from collections.abc import Iterator
from importlib import import_module
from inspect import get_annotations, isfunction, ismodule, unwrap
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
    """Yield the functions of other services that the files of a service import, or call by a module they import."""
    own = f"blueprints.{service.parent.name}.{service.name}"
    for file in service.glob("*.py"):
        yield from borrowed_by(file.read_text(), own)


def borrowed_by(source: str, own: str) -> Iterator[Any]:
    """Yield those of one file of the service `own`."""
    nodes, modules = [*ast.walk(ast.parse(source))], dict[str, Any]()
    for node in nodes:
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if module.startswith("blueprints.") and not f"{module}.".startswith(f"{own}."):
            for alias in node.names:
                found = getattr(import_module(module), alias.name, None) or import_module(f"{module}.{alias.name}")
                modules |= {alias.asname or alias.name: found} if ismodule(found) else {}
                yield from [found] if isfunction(found) else []
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            called = getattr(modules[node.value.id], node.attr, None)
            yield from [called] if isfunction(called) else []


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


@pytest.mark.parametrize("source", [
    "from blueprints.marketplace.category_management.commands import create_category",
    "from blueprints.marketplace.category_management import commands\ncommands.create_category",
    "from blueprints.marketplace.category_management import commands as lent\nlent.create_category()"])
def test_a_row_is_found_however_its_function_is_imported(source: str) -> None:
    [found] = borrowed_by(source, "blueprints.marketplace.product_listing")
    assert any(_is_of_a_service(part) for part in types_in(returned_by(found)))
    assert [*borrowed_by(source, "blueprints.marketplace.category_management")] == []


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
