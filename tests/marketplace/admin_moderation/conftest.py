"""What the tests of adminModeration may ask for besides the common fixtures."""
from typing import TYPE_CHECKING

import pytest

from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.marketplace.order_management.conftest import shop  # noqa: F401

if TYPE_CHECKING:
    from flask import Flask

    from tests.app.payments.stand_in import FlakyGateway
    from tests.clients import Callers
    from tests.marketplace.feedback.reviews import ReviewedShop


@pytest.fixture
def reviewed_shop(paying_app: "Flask", callers: "Callers", flaky: "FlakyGateway") -> "ReviewedShop":  # noqa: F811
    """A shop whose orders arrive and are reviewed."""
    from tests.marketplace.feedback.reviews import ReviewedShop

    return ReviewedShop(callers, flaky)
