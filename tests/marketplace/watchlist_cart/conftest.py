"""What the tests of watchlistCart may ask for besides the common fixtures."""
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from tests.clients import Callers
    from tests.marketplace.watchlist_cart.shelf import Shelf


@pytest.fixture
def shelf(app: "Flask", callers: "Callers") -> "Shelf":
    """Two shoppers and a seller."""
    from tests.marketplace.watchlist_cart.shelf import Shelf

    return Shelf(callers)
