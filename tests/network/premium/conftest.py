"""What the tests of premium may ask for besides: a club of people who pay at a real localstripe process."""
from typing import TYPE_CHECKING

import pytest

from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here

if TYPE_CHECKING:
    from flask import Flask

    from tests.app.payments.stand_in import FlakyGateway
    from tests.clients import Callers
    from tests.network.premium.club import Club


@pytest.fixture
def club(paying_app: "Flask", callers: "Callers", flaky: "FlakyGateway") -> "Club":  # noqa: F811
    """People of the network with profiles, and a gateway."""
    from tests.network.premium.club import Club

    return Club(callers, flaky)
