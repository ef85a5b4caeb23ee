"""A row of a URL map names what is called and says what it does; the call gets the path's values in their order."""
from typing import Any

import pytest

from app.http.declaration import Routes, ServiceBlueprint
from app.http.service import Service
from app.identity.access import public
from blueprints.marketplace.category_management.models import Category

PATH = "/v1/shelves/{shelfId}/books/{bookId}"
NAMES = ("createBook", "getBook", "listBooks", "updateBook", "deleteBook")


def called(*values: Any, **sent: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return values, sent


def written(verb: str, *row: Any) -> ServiceBlueprint:
    api = Routes(dict.fromkeys(NAMES, public), {})
    name = next(one for one in NAMES if one.startswith(verb))
    getattr(api, verb)(PATH, *row, name=name, returns=Category)
    return ServiceBlueprint(Service("marketplace", "library", "1.0.0", "Books."), api)


@pytest.mark.parametrize("verb", ["create", "get", "list", "update", "delete"])
def test_a_row_that_does_not_say_what_it_does_is_refused(verb: str) -> None:
    with pytest.raises(ValueError, match="say what the API does"):
        written(verb, called)


@pytest.mark.parametrize(("verb", "given", "wanted"), [
    ("create", {"title": "A"}, (("anna", "s", "b"), {"title": "A"})),
    ("update", {"title": "A"}, (("anna", "s", "b"), {"title": "A"})),
    ("delete", {}, (("anna", "s", "b"), {})),
    ("get", "asked", (("anna", "s", "b"), {})),
    ("list", "asked", (("anna", "asked", "s", "b"), {}))])
def test_what_a_row_names_is_called_with_the_path_in_order_and_what_is_sent(
        verb: str, given: Any, wanted: tuple[Any, Any]) -> None:
    [api] = written(verb, called, "Does it.").apis
    assert api.view("anna", given, shelf_id="s", book_id="b") == wanted
    assert api.view.__doc__ == "Does it."
