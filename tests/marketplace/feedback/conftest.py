"""What the tests of feedback may ask for besides the common fixtures: a shop whose orders arrive."""
from typing import TYPE_CHECKING

import pytest

from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here

if TYPE_CHECKING:
    from flask import Flask

    from tests.app.payments.stand_in import FlakyGateway
    from tests.clients import Callers
    from tests.marketplace.feedback.reviews import ReviewedShop


@pytest.fixture
def shop(paying_app: "Flask", callers: "Callers", flaky: "FlakyGateway") -> "ReviewedShop":  # noqa: F811
    """A shop with a seller S (sara), buyers B (ben) and B2 (cleo), and staff."""
    from tests.marketplace.feedback.reviews import ReviewedShop

    return ReviewedShop(callers, flaky)
